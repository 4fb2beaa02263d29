"""A figure with its error."""

from typing import NamedTuple


class Estimate(NamedTuple):
    """A figure that was estimated from a sample, and how far it may be off.

    Attributes:
        value: the figure.
        error: its standard error, in the same unit; 0 where nothing can be said of it.
    """

    value: float
    error: float

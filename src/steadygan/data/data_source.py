"""The interface of a data source, through which the cache can be filled from any of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from steadygan.arrays import Array
from steadygan.data.prepared import Skipped
from steadygan.settings import DataSettings

Progress = Callable[[int, int], None]


class Sink(Protocol):
    """Receives the items that a source reads, block by block."""

    def start(self, shape: tuple[int, ...], dtype: type[np.generic]) -> None:
        """Sets the shape and the type of one item; a second call discards all items and starts again."""

    def append(self, block: Array) -> None:
        """Adds items, [n, *shape]."""


@dataclass(frozen=True)
class Outcome:
    """What a source reports after all its items have been read.

    Args:
        labels: int64 [N], -1 where an item is unlabelled; None if there are no labels.
        class_names: the name of every class; empty if there are no labels.
        skipped: the files that were left out.
        notes: sentences for the user.
        single_colour: the names of the images whose pixels are all the same, which are kept.
    """

    labels: Array | None = None
    class_names: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = field(default=())
    single_colour: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataSource:
    """Data that can be prepared.

    Args:
        name: the name that the user gave.
        identity: a text that changes when the content may have changed; the content of files is not read for it.
        read: a function that reads all items into a sink.
    """

    name: str
    identity: str
    read: Callable[[DataSettings, Sink, int, Progress], Outcome]


def no_progress(done: int, total: int) -> None:
    """Reports nothing."""

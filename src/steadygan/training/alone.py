"""One training at a time in a process: random numbers and settings of PyTorch belong to all threads together."""

import functools
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from steadygan.errors import SteadyganError

P = ParamSpec("P")
R = TypeVar("R")

_TRAINING = threading.RLock()


def alone(function: Callable[P, R]) -> Callable[P, R]:
    """A function that trains, and that is refused while another thread of this process runs one.

    Two trainings would draw from the same random numbers, so that neither could be repeated or resumed.

    Args:
        function: prepares, trains and saves.

    Returns:
        The same function; it raises a :class:`SteadyganError` when another thread trains.
    """

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not _TRAINING.acquire(blocking=False):
            raise SteadyganError(
                "Another thread of this program is training, and both would draw from the same random numbers; "
                "wait for it, or train in a process of its own (multiprocessing, or the command line)"
            )
        try:
            return function(*args, **kwargs)
        finally:
            _TRAINING.release()

    return guarded

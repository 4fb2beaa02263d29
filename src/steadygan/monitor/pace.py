"""When to look, so that a training loop pays no more than a share of its time."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Pace:
    """Measures the time of looks against the time of the loop, and lets looks wait that would cost too much.

    Args:
        share: of the loop's own time that all looks together may take; None for no limit.
        clock: gives seconds.
    """

    def __init__(self, share: float | None, clock: Callable[[], float] = time.perf_counter) -> None:
        self._share, self._clock = share, clock
        self._costs: dict[str, float] = {}
        self._left: float | None = None
        self.outside = self.inside = 0.0

    @contextmanager
    def visit(self) -> Iterator[None]:
        """Count the time within the block as the doctor's, and that since the last block as the loop's."""
        begun = self._clock()
        if self._left is not None:
            self.outside += begun - self._left
        try:
            yield
        finally:
            self._left = self._clock()
            self.inside += self._left - begun

    @contextmanager
    def piece(self, kind: str) -> Iterator[None]:
        """Remember the time of the block as what a piece of work of this kind costs, unless another one cost less.

        On a busy machine some pieces take many times what they cost, because other programs ran meanwhile.
        """
        begun = self._clock()
        yield
        self._costs[kind] = min(self._clock() - begun, self._costs.get(kind, math.inf))

    def allows(self, kind: str) -> bool:
        """Whether a piece of work of this kind, at what it costs, stays within the share.

        The first one of a kind is always allowed, because its cost is not known; later ones wait until it is paid.
        """
        if self._share is None or kind not in self._costs:
            return True
        return self.inside + self._costs[kind] <= self._share * self.outside

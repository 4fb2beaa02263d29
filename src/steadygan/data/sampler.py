"""The order in which images are seen: shuffled, without loss, and resumable."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from steadygan.errors import SteadyganError


class Sampler:
    """Walks through a fresh random permutation of all indices in every epoch.

    A batch may span two epochs, so no index is dropped whatever the batch size. The state is three numbers: the
    permutation of an epoch follows from the seed and the epoch alone.

    Args:
        count: how many items there are, at least 1.
        seed: any whole number from 0 on.
    """

    def __init__(self, count: int, seed: int) -> None:
        if count < 1:
            raise ValueError(f"a sampler needs at least one item, not {count}")
        self._count = count
        self._seed = seed
        self._start(epoch=0, position=0)

    def next(self, batch: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The indices of the next ``batch`` items.

        Args:
            batch: how many, at least 1; it may change from call to call and exceed the number of items.

        Returns:
            int64 [batch], each from 0 to count - 1.
        """
        if batch < 1:
            raise ValueError(f"a batch holds at least one item, not {batch}")
        indices = np.empty(batch, dtype=np.int64)
        filled = 0
        while filled < batch:
            if self._position == self._count:
                self._start(self._epoch + 1, position=0)
            part = self._order[self._position : self._position + batch - filled]
            indices[filled : filled + len(part)] = part
            filled += len(part)
            self._position += len(part)
        return indices

    def state(self) -> dict[str, int]:
        """Everything that ``load`` needs to go on exactly here."""
        return {"count": self._count, "seed": self._seed, "epoch": self._epoch, "position": self._position}

    def load(self, state: Mapping[str, int]) -> None:
        """Goes on where ``state`` was taken.

        Args:
            state: what ``state()`` gave, of a sampler over as many items.

        Raises:
            SteadyganError: the data holds another number of items now.
        """
        if state["count"] != self._count:
            raise SteadyganError(
                f"The data holds {self._count:,} items, but {state['count']:,} when this run was started: "
                "name the same data to go on."
            )
        self._seed = state["seed"]
        self._start(state["epoch"], state["position"])

    def _start(self, epoch: int, position: int) -> None:
        self._epoch = epoch
        self._position = position
        # seed and epoch are mixed by SeedSequence, so that (1, 0) and (0, 1) share nothing
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([self._seed, epoch])))
        self._order = generator.permutation(self._count)

"""Prefetching: the operating system reads the next batch from the disk while the last one is trained on."""

import os
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from steadygan.arrays import Array, Indices
from steadygan.data import Order
from steadygan.errors import SteadyganError


class TruncatedDataError(SteadyganError):
    """The file of prepared data became shorter while it was read."""


class RowReader:
    """Reads rows of prepared data, in memory or on the disk, and prefetches those on the disk.

    A memory map alone fetches the rows of a batch one after the other, each when it is read and with its surroundings,
    which can be megabytes for an image of a few kilobytes. Prefetched rows are read side by side, nothing around them,
    and nobody waits for them. This takes no thread: prefetching costs a microsecond a row.

    A map of a file that was truncated ends the process without a word, so the length of the file is looked at before
    every read, which costs another microsecond. A file that was replaced by another stays what it was for its map.

    Args:
        items: [N, ...], in memory or a memory map.

    Raises:
        TruncatedDataError: when the file is shorter than its map.
    """

    def __init__(self, items: Array) -> None:
        self._items = items
        self._file: int | None = None
        self._can_prefetch = False
        if isinstance(items, np.memmap):
            self._file = _open_mapped_file(items)
        if isinstance(items, np.memmap) and self._file is not None:
            weakref.finalize(self, os.close, self._file)
            self._name, self._begin, self._length = items.filename, items.offset, items.strides[0]
            self._end = items.offset + items.nbytes
            self._refuse_truncated()
            whole = items.flags.c_contiguous and os.fstat(self._file).st_size == self._end
            self._can_prefetch = whole and hasattr(os, "posix_fadvise")

    def prefetch(self, indices: Indices) -> None:
        """Tell the operating system that these rows will be read soon; for rows in memory nothing happens.

        Args:
            indices: int64 [n], each from 0 to N - 1.
        """
        if self._file is not None and self._can_prefetch:
            for begin in (indices * self._length + self._begin).tolist():
                os.posix_fadvise(self._file, begin, self._length, os.POSIX_FADV_WILLNEED)

    def read(self, indices: Indices) -> Array:
        """Copy rows into memory.

        Args:
            indices: int64 [n], each from 0 to N - 1.

        Returns:
            [n, ...], in the dtype of the items.

        Raises:
            TruncatedDataError: when the file is shorter than its map.
        """
        self._refuse_truncated()
        rows: Array = self._items[indices]
        return rows

    def _refuse_truncated(self) -> None:
        if self._file is not None and os.fstat(self._file).st_size < self._end:
            raise TruncatedDataError(
                f"The prepared data '{self._name}' were truncated by another program while they were read; start "
                "again, and they are prepared anew"
            )


def _open_mapped_file(items: "np.memmap[Any, Any]") -> int | None:
    """Open the file behind a memory map, if it still has its name."""
    try:
        return os.open(items.filename, os.O_RDONLY | os.O_CLOEXEC) if items.filename else None
    except OSError:
        return None  # the map outlives its name


class Prefetcher:
    """Draws each batch of an order one batch early and prefetches it, as if all batches had the same size.

    Its state is that of the batches that were handed out: a batch that was only prefetched is drawn again after
    loading.

    Args:
        order: draws the indices of the items.
        prefetch: called with the indices of the batch after the one that is handed out.
    """

    def __init__(self, order: Order, prefetch: Callable[[Indices], None]) -> None:
        self._order, self._prefetch = order, prefetch
        self._drawn: tuple[dict[str, int], Indices] | None = None

    def next(self, batch: int) -> Indices:
        """Hand out the indices of the next batch.

        Args:
            batch: how many items.

        Returns:
            int64 [batch].
        """
        if self._drawn is not None and len(self._drawn[1]) != batch:
            self.load_state_dict(self.state_dict())
        indices = self._order.next(batch) if self._drawn is None else self._drawn[1]
        self._drawn = self._order.state_dict(), self._order.next(batch)
        self._prefetch(self._drawn[1])
        return indices

    def state_dict(self) -> dict[str, int]:
        """Where the order is after the batches that :meth:`next` handed out."""
        return self._order.state_dict() if self._drawn is None else self._drawn[0]

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from :meth:`state_dict`."""
        self._drawn = None
        self._order.load_state_dict(state)

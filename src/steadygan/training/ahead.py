"""The next batch of the data, asked of the disk while the last one is trained on, so that the loop does not wait."""

import os
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from steadygan.data import Order

Array = np.ndarray[Any, Any]
Places = np.ndarray[Any, np.dtype[np.int64]]


class Rows:
    """Rows of prepared data, wherever they lie.

    A memory map alone fetches the rows of a batch one after the other, each when it is read and with its surroundings,
    which can be megabytes for an image of a few kilobytes. Rows that were asked for come side by side, nothing around
    them, and nobody waits for them. It takes no thread: asking costs a microsecond a row.

    Args:
        items: [N, ...], in memory or a memory map.
    """

    def __init__(self, items: Array) -> None:
        self._items = items
        self._file: int | None = None
        if isinstance(items, np.memmap) and hasattr(os, "posix_fadvise"):
            self._file = _whole_file(items)
            self._begin, self._length = items.offset, items.strides[0]
        if self._file is not None:
            weakref.finalize(self, os.close, self._file)

    def ask(self, places: Places) -> None:
        """Say that these rows will be read soon; those in memory need no asking.

        Args:
            places: int64 [n], each from 0 to N - 1.
        """
        if self._file is not None:
            for begin in (places * self._length + self._begin).tolist():
                os.posix_fadvise(self._file, begin, self._length, os.POSIX_FADV_WILLNEED)

    def read(self, places: Places) -> Array:
        """These rows, copied into memory.

        Args:
            places: int64 [n], each from 0 to N - 1.
        """
        rows: Array = self._items[places]
        return rows


def _whole_file(items: "np.memmap[Any, Any]") -> int | None:
    """The file of a memory map that is all of it, row after row; None for anything else."""
    if not items.filename or not items.flags.c_contiguous:
        return None
    try:
        file = os.open(items.filename, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None  # the map outlives its name
    if os.fstat(file).st_size == items.offset + items.nbytes:
        return file
    os.close(file)
    return None


class Ahead:
    """An order that says early which items come next, in the hope that the next batch is as large as the last one.

    Its state is that of the batches that were given out: what was only said early is drawn again after it.

    Args:
        order: of which items come when.
        say: told the items that come next.
    """

    def __init__(self, order: Order, say: Callable[[Places], None]) -> None:
        self._order, self._say = order, say
        self._drawn: tuple[dict[str, int], Places] | None = None

    def next(self, batch: int) -> Places:
        """The next ``batch`` items, int64 [batch]."""
        if self._drawn is not None and len(self._drawn[1]) != batch:
            self.load_state_dict(self.state_dict())
        given = self._order.next(batch) if self._drawn is None else self._drawn[1]
        self._drawn = self._order.state_dict(), self._order.next(batch)
        self._say(self._drawn[1])
        return given

    def state_dict(self) -> dict[str, int]:
        """Where the order is, for who has got what :meth:`next` gave out."""
        return self._order.state_dict() if self._drawn is None else self._drawn[0]

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from :meth:`state_dict`."""
        self._drawn = None
        self._order.load_state_dict(state)

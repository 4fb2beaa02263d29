"""What preparing gives: arrays that the training loop reads without any work per image."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np


@dataclass(frozen=True)
class Skipped:
    """A file that was left out.

    Args:
        path: where it lies, relative to the source, with unprintable characters escaped.
        reason: why, in a few words.
    """

    path: str
    reason: str


@dataclass(frozen=True, eq=False)
class Prepared:
    """Prepared data, ready for training.

    Args:
        images: uint8 [N, H, W, C], 0..255, a read-only memory map with H = W and C 1 or 3; float32 [N, D] for vectors.
        labels: int64 [N], each an index into ``class_names``, or -1 where an item is unlabelled; None without labels.
        class_names: the name of every class, empty without labels.
        skipped: the files that were left out, each with its reason.
        source: what the user named.
        fingerprint: hexadecimal digest of the prepared content, wherever the data lay.
        seconds: how long this call took.
        from_cache: whether the content had been prepared before.
        notes: sentences for the user about choices that were made on the way.
    """

    images: np.ndarray[Any, Any]
    labels: np.ndarray[Any, Any] | None
    class_names: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    source: str
    fingerprint: str
    seconds: float
    from_cache: bool
    notes: tuple[str, ...] = field(default=())

    @property
    def kind(self) -> Literal["images", "vectors"]:
        """Whether the items are images or vectors."""
        return "images" if self.images.ndim == 4 else "vectors"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one item: (H, W, C) or (D,)."""
        return tuple(int(length) for length in self.images.shape[1:])

    @property
    def unlabelled(self) -> int:
        """How many items have no label where there are labels at all; 0 where there are none."""
        return 0 if self.labels is None else int((self.labels < 0).sum())

    def __len__(self) -> int:
        return int(self.images.shape[0])


def printable(path: str) -> str:
    """A path that any terminal and any file can hold: control characters and broken bytes are escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in path)

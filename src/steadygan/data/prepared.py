"""Prepared data: arrays that the training loop reads without any further work on single images."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np


@dataclass(frozen=True)
class Skipped:
    """A file that was left out.

    Args:
        path: its path relative to the source, with unprintable characters escaped.
        reason: why it was left out, in a few words.
    """

    path: str
    reason: str


@dataclass(frozen=True, eq=False)
class Prepared:
    """Prepared data, ready for training.

    Args:
        images: uint8 [N, H, W, C], 0..255, with H = W and C 1 or 3, or for vectors float32 [N, D]; a read-only memory
            map.
        labels: int64 [N]; each is an index into ``class_names``, or -1 where an item is unlabelled. None if the data
            have no labels.
        class_names: the name of every class; empty if the data have no labels.
        skipped: the files that were left out, each with its reason.
        source: the name of the data, as the user gave it.
        fingerprint: a hexadecimal digest of the prepared content, which does not depend on where the data are.
        seconds: how long this call took.
        from_cache: whether the content had been prepared before.
        notes: sentences for the user about choices that were made during preparation.
        single_colour: the paths of the images whose pixels are all the same. They are among the images, but may be
            there by mistake.
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
    single_colour: tuple[str, ...] = ()

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
        """How many items are unlabelled; 0 if the data have no labels at all."""
        return 0 if self.labels is None else int((self.labels < 0).sum())

    def __len__(self) -> int:
        return int(self.images.shape[0])

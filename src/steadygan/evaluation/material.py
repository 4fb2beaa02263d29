"""One set of items in every form that a metric may need, each made once."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from steadygan.arrays import Array, Indices
from steadygan.metrics.gaussian import Gaussian
from steadygan.metrics.memorisation import Nearest
from steadygan.metrics.metric import LabelledImages, Needs
from steadygan.metrics.sliced import small_images
from steadygan.metrics.stored import channels_first, floats

IMAGE_BYTES = 400_000_000
"""Images of which a metric is given at most so many bytes at a time."""
_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class Material:
    """A set of items: samples, the reference, or the held-out items.

    Args:
        items: uint8 [N, H, W, C] or float32 [N, D], in random order; perhaps a memory map.
        order: which of ``items`` are meant, int64 [n]; all of them when None.
        labels: int64 [n], -1 where unknown; None where none are known.
        features: float32 [n, D]; for vectors they are the items.
        probabilities: float32 [n, K]; None where the features know no classes.
        own_classes: whether these are the classes of the data.
        known: mean and covariance of the features, if they are known already.
        nearest: the nearest item of the reference by features, of each item.
        nearest_pixels: the same by pixels of 16 x 16.
    """

    items: Array
    order: Indices | None = None
    labels: Indices | None = None
    features: Array | None = None
    probabilities: Array | None = None
    own_classes: bool = False
    known: Gaussian | None = None
    nearest: Nearest | None = None
    nearest_pixels: Nearest | None = None

    def __len__(self) -> int:
        return len(self.items if self.order is None else self.order)

    def part(self, low: int, high: int) -> "Material":
        """The items from ``low`` to before ``high``."""
        if low == 0 and high >= len(self):
            return self
        some = slice(low, high)
        labels, features, probabilities = (
            None if each is None else each[some] for each in (self.labels, self.features, self.probabilities)
        )
        order = np.arange(len(self))[some] if self.order is None else self.order[some]
        nearest, pixels = (
            None if each is None else Nearest(each.distances[some], each.indices[some])
            for each in (self.nearest, self.nearest_pixels)
        )
        return Material(self.items, order, labels, features, probabilities, self.own_classes, None, nearest, pixels)

    def with_statistics(self, known: Gaussian) -> "Material":
        """The same items, of which mean and covariance are known already."""
        return replace(self, known=known)

    def without_labels(self) -> "Material":
        """The same items as if nobody knew their labels."""
        return replace(self, labels=None)

    def with_nearest(self, nearest: Nearest, pixels: Nearest) -> "Material":
        """The same items, of which the nearest ones of the reference are known, by features and by pixels."""
        return replace(self, nearest=nearest, nearest_pixels=pixels)

    @property
    def is_images(self) -> bool:
        """Whether the items are images."""
        return self.items.ndim == 4

    def fits(self, needs: Needs) -> bool:
        """Whether the items can be given in the form that a metric needs."""
        if ("images" if self.is_images else "vectors") not in needs.kinds:
            return False
        if needs.of == "probabilities":
            return self.probabilities is not None
        if needs.of == "classes":
            return self.probabilities is not None and self.own_classes
        if needs.of == "labelled images":
            return self.classes is not None
        return needs.of not in ("distances", "pixel distances") or self.nearest is not None

    def most(self, needs: Needs) -> int:
        """How many items a metric can be given at most, so that they fit into memory."""
        if needs.of in ("images", "labelled images") and len(self):
            size = self.items[:1].nbytes * (4 if needs.images == "float" and self.is_images else 1)
            return min(len(self), max(1, IMAGE_BYTES // size))
        return len(self)

    def given(self, needs: Needs) -> object:
        """The items in the form that a metric needs."""
        match needs.of:
            case "images":
                images = self.images()
                return floats(channels_first(images)) if needs.images == "float" and self.is_images else images
            case "labelled images":
                assert self.classes is not None  # fits() has looked
                return LabelledImages(self.images(), self.classes)
            case "features":
                return self.points()
            case "statistics":
                return self.statistics
            case "distances":
                return None if self.nearest is None else self.nearest.distances
            case "pixel distances":
                return None if self.nearest_pixels is None else self.nearest_pixels.distances
            case _:
                assert self.probabilities is not None  # fits() has looked
                found = torch.from_numpy(np.array(self.probabilities, np.float64))
                return found / found.sum(1, keepdim=True)

    def images(self) -> Tensor:
        """The items as they are stored."""
        return torch.from_numpy(np.array(self.items if self.order is None else self.items[self.order]))

    def rows(self, places: Indices) -> Array:
        """Some of the items as they are stored, in the order of ``places``."""
        return np.array(self.items[places if self.order is None else self.order[places]])

    @cached_property
    def classes(self) -> Tensor | None:
        """The class of each item: its label, or what the features take it for; None where neither is known."""
        if self.labels is not None and (self.labels >= 0).all():
            return torch.from_numpy(np.array(self.labels))
        if self.probabilities is None or not self.own_classes:
            return None
        return torch.from_numpy(self.probabilities.argmax(1))

    @cached_property
    def pixels(self) -> Tensor:
        """Images of 16 x 16, float32 [n, C · 256] in [-1, 1]."""
        starts = range(0, len(self), _AT_ONCE)
        some = (self.part(low, low + _AT_ONCE).images() for low in starts)
        return torch.cat([small_images(channels_first(images)) for images in some])

    def points(self) -> Tensor:
        """Features, or vectors themselves, float32 [n, D]."""
        return self.images() if self.features is None else torch.from_numpy(np.array(self.features))

    @property
    def dimensions(self) -> int:
        """How many numbers the features of an item are."""
        return int(self.items.shape[1] if self.features is None else self.features.shape[1])

    @cached_property
    def digest(self) -> str:
        """A text that changes with the choice of items."""
        return "" if self.order is None else hashlib.blake2b(self.order.tobytes(), digest_size=16).hexdigest()

    @cached_property
    def statistics(self) -> Gaussian:
        """Mean and covariance of the features."""
        return self.known or Gaussian.of(self.points())

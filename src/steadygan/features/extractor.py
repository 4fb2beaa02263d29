"""What a feature extractor is, and how all features of many images are taken with one."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from steadygan.amounts import things
from steadygan.arrays import Array
from steadygan.errors import SteadyganError

BATCH = 250
"""Images that are looked at at a time."""


class Features(NamedTuple):
    """What an extractor sees in N images.

    Attributes:
        features: float32 [N, D].
        probabilities: float32 [N, K], of K classes, each row summing to 1; None where the extractor has no classes.
    """

    features: Tensor
    probabilities: Tensor | None


class Extractor(Protocol):
    """Turns images into features.

    Attributes:
        name: the exact protocol: which weights, which layer, which size. Two that differ never share a name.
        classes: K, the number of classes; 0 without.
    """

    @property
    def name(self) -> str:
        """The exact protocol."""
        ...

    @property
    def classes(self) -> int:
        """How many classes it knows; 0 without."""
        ...

    def __call__(self, images: Tensor) -> Features:
        """The features of a few hundred images at most.

        Args:
            images: uint8 [N, H, W, C], with C 1 or 3.
        """
        ...


def extract(extractor: Extractor, images: Array | Iterable[Tensor], batch: int = BATCH) -> Features:
    """The features of any number of images; memory is used for a batch of images only.

    Args:
        extractor: any.
        images: uint8 [N, H, W, C], which may be a memory map; or such tensors of any lengths, one after another.
        batch: images at a time. Features do not depend on it, but for rounding.

    Returns:
        The features of all images, in their order, on the CPU.

    Raises:
        SteadyganError: when there are no images, or a feature is not finite.
    """
    taken = [extractor(chunk) for chunk in _batches(_chunks(images, batch), batch)]
    if not taken:
        raise SteadyganError("There are no images to take features of; give at least one.")
    features = torch.cat([each.features.float().cpu() for each in taken])
    bad = int((~torch.isfinite(features).all(1)).sum())
    if bad:
        raise SteadyganError(
            f"The features '{extractor.name}' of {things(bad, 'image')} are not finite; use other features."
        )
    probabilities = [each.probabilities.float().cpu() for each in taken if each.probabilities is not None]
    return Features(features, torch.cat(probabilities) if probabilities else None)


def _chunks(images: Array | Iterable[Tensor], batch: int) -> Iterator[Tensor]:
    if isinstance(images, np.ndarray):
        for low in range(0, len(images), batch):
            yield torch.from_numpy(np.array(images[low : low + batch]))  # a copy: a memory map may be read-only
    else:
        yield from images


def _batches(chunks: Iterable[Tensor], batch: int) -> Iterator[Tensor]:
    """The same images in batches of one length; the last may be shorter."""
    if batch < 1:
        raise ValueError(f"a batch must hold at least one image, not {batch}")
    waiting: list[Tensor] = []
    count = 0
    for chunk in chunks:
        check_images(chunk)
        for part in torch.split(chunk, batch):
            waiting.append(part)
            count += len(part)
            if count >= batch:
                joined = torch.cat(waiting)
                yield joined[:batch]
                waiting, count = [joined[batch:]], count - batch
    if count:
        yield torch.cat(waiting)


def check_images(images: Tensor) -> None:
    """Refuse what is not uint8 [N, H, W, C] with C 1 or 3."""
    if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[-1] not in (1, 3):
        shape = list(images.shape)
        raise SteadyganError(
            f"Features are of images, uint8 [N, H, W, C] with one or three channels, not {images.dtype} {shape}; "
            "for vectors use measures that need no features."
        )

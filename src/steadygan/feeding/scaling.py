"""Scaling between stored data (8-bit images, vectors) and what networks see."""

from collections.abc import Callable

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from steadygan.arrays import Array
from steadygan.data import Prepared
from steadygan.feeding.transfer import to_device
from steadygan.heuristics.architecture import scale_images, unscale_images

_BLOCK_NUMBERS = 2_000_000


class Scaling(BaseModel):
    """How data become network inputs, and back.

    Attributes:
        image_range: range of images in the networks; None for vectors.
        mean: of each number of a vector; () for images.
        std: of each number of a vector; () for images.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_range: tuple[float, float] | None
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    def to_network(self, stored: Tensor) -> Tensor:
        """Scale a batch.

        Args:
            stored: uint8 [N, H, W, C], or float32 [N, D].

        Returns:
            float32 [N, C, H, W] in ``image_range``, laid out channels last; or float32 [N, D] with mean 0, std 1.
        """
        if self.image_range is None:
            mean, std = (to_device(torch.tensor(each), stored.device) for each in (self.mean, self.std))
            return (stored - mean) / std
        return scale_images(stored.permute(0, 3, 1, 2), *self.image_range)

    def to_storage(self, made: Tensor) -> Tensor:
        """Undo :meth:`to_network`: uint8 [N, H, W, C], or float32 [N, D]."""
        if self.image_range is None:
            mean, std = (to_device(torch.tensor(each), made.device) for each in (self.mean, self.std))
            return made.float() * std + mean
        return unscale_images(made, *self.image_range).permute(0, 2, 3, 1).contiguous()

    def to_unit(self, made: Tensor) -> Tensor:
        """What networks see, brought to [-1, 1]; vectors as they are."""
        if self.image_range is None:
            return made.float()
        low, high = self.image_range
        return (made.float() - low) * (2 / (high - low)) - 1


def scaling_for(data: Prepared, image_range: tuple[float, float]) -> Scaling:
    """The scaling that fits the data: images into the networks' range, vectors to mean 0 and std 1."""
    if data.kind == "images":
        return Scaling(image_range=image_range)
    mean = _mean(data.images, lambda block: block)
    std = np.sqrt(_mean(data.images, lambda block: (block - mean) ** 2))
    return Scaling(image_range=None, mean=_numbers(mean), std=_numbers(np.where(std > 0, std, 1.0)))


def _mean(vectors: Array, function: Callable[[Array], Array]) -> Array:
    """The mean of a function of the vectors, block by block, because data may be larger than memory."""
    total = np.zeros(vectors.shape[1:], dtype=np.float64)
    rows = max(1, _BLOCK_NUMBERS // max(1, total.size))
    for low in range(0, len(vectors), rows):
        total += function(vectors[low : low + rows].astype(np.float64)).sum(0)
    return total / len(vectors)


def _numbers(values: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in torch.from_numpy(values).float())

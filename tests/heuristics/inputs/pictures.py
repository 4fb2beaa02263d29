"""Images to be altered."""

import torch
from torch import Tensor

from ..truth import seeded


def distinct(count: int, channels: int, height: int, width: int) -> Tensor:
    """Images in which no two pixels are equal and none is 0."""
    return torch.arange(1.0, count * channels * height * width + 1).reshape(count, channels, height, width)


def pictures(count: int, size: int = 4) -> Tensor:
    """Random images in [-1, 1]."""
    return torch.rand(count, 3, size, size, generator=seeded()) * 2 - 1

"""Stored images as an extractor wants them: its number of channels, its size, floats."""

import torch
import torch.nn.functional as F
from torch import Tensor

from steadygan.features.extractor import check_images


def with_channels(images: Tensor, channels: int) -> Tensor:
    """Grey as colour, or the mean of the colours as grey.

    Args:
        images: float [N, C, H, W], with C 1 or 3.
        channels: 1 or 3.

    Returns:
        float [N, channels, H, W].
    """
    if images.shape[1] == channels:
        return images
    return images.mean(1, keepdim=True) if channels == 1 else images.expand(-1, 3, -1, -1)


def pixels(images: Tensor, channels: int | None = None, size: int | None = None, mode: str = "bilinear") -> Tensor:
    """Stored images as floats, resized with antialiasing where they are of another size.

    Args:
        images: uint8 [N, H, W, C].
        channels: 1 or 3; the images' own when None.
        size: height and width; the images' own when None.
        mode: ``bilinear`` or ``bicubic``.

    Returns:
        float32 [N, channels, size, size] in [0, 255].
    """
    check_images(images)
    found = images.permute(0, 3, 1, 2).to(torch.float32)
    found = with_channels(found, channels or found.shape[1])
    if size is not None and tuple(found.shape[2:]) != (size, size):
        found = F.interpolate(found, size=(size, size), mode=mode, antialias=True, align_corners=False).clamp(0, 255)
    return found.contiguous()

"""Convolutions of kernel 4 and stride 2 by other ways, where these are quicker on a CPU: the same sums of products."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

KERNEL, STRIDE, PADDING = 4, 2, 1

THIN = 8
"""Channels of the large maps, such as colours, up to which a convolution back to them is slow by itself."""


def thin(operand: Tensor, kernel: torch.Size) -> bool:
    """Whether maps are to be doubled by :func:`doubled_thin`.

    Args:
        operand: one of those that are multiplied.
        kernel: shape [O, C, 4, 4] of the weight.
    """
    return operand.device.type == "cpu" and kernel[1] <= THIN


def slight(operand: Tensor, kernel: torch.Size, most: int) -> bool:
    """Whether the derivative by a weight is to be computed in float32.

    Args:
        operand: one of those that are multiplied.
        kernel: shape [O, C, 4, 4] of the weight.
        most: numbers in such a weight; see :class:`steadygan.layers.tuning.Ratios`.
    """
    return (
        operand.device.type == "cpu" and operand.dtype is torch.bfloat16 and kernel[1] > THIN and kernel.numel() <= most
    )


def quicker(operand: Tensor, maps: torch.Size, kernel: torch.Size, ratios: Mapping[torch.dtype, int]) -> bool:
    """Whether an operation is to be computed by the functions below.

    Args:
        operand: one of those that are multiplied.
        maps: shape [N, C, 2H, 2W] of the large maps.
        kernel: shape [O, C, 4, 4] of the weight.
        ratios: weights for each position of the small maps from which on it is quicker; see
            :class:`steadygan.layers.tuning.Ratios`.
    """
    if operand.device.type != "cpu" or operand.dtype not in ratios:
        return False
    positions = maps[0] * (maps[2] // STRIDE) * (maps[3] // STRIDE)
    return kernel.numel() >= ratios[operand.dtype] * positions


def halved(x: Tensor, weight: Tensor) -> Tensor:
    """The convolution [N, O, H, W] of maps [N, C, 2H, 2W] with a weight [O, C, 4, 4]."""
    count, _, height, width = x.shape
    rows = _windows(x) @ weight.permute(2, 3, 1, 0).reshape(-1, weight.shape[0])
    return rows.view(count, height // 2, width // 2, -1).permute(0, 3, 1, 2)


def doubled(small: Tensor, weight: Tensor) -> Tensor:
    """The transposed convolution [N, C, 2H, 2W] of maps [N, O, H, W], the derivative of :func:`halved` by its maps.

    Each of the four places of a pixel in a square of 2x2 is met by 2x2 of the 16 numbers of a kernel, so that each is a
    convolution of its own with a kernel of 2.
    """
    count, outputs, height, width = small.shape
    inputs = weight.shape[1]
    padded = F.pad(small.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
    image, line, pixel, _ = padded.stride()
    shape = (2, 2, count, height, width, 2, 2 * outputs)
    windows = padded.as_strided(shape, (line, pixel, image, line, pixel, line, 1))
    # Rows 3, 1 of a kernel reach the upper pixel of a square and rows 2, 0 the lower one; columns likewise.
    taps = weight.flip(2, 3).reshape(outputs, inputs, 2, 2, 2, 2).permute(3, 5, 2, 4, 0, 1)
    squares = torch.bmm(windows.reshape(4, -1, 4 * outputs), taps.reshape(4, 4 * outputs, inputs))
    by_place = squares.view(2, 2, count, height, width, inputs).permute(2, 3, 0, 4, 1, 5)
    return by_place.reshape(count, 2 * height, 2 * width, inputs).permute(0, 3, 1, 2)


def doubled_thin(small: Tensor, weight: Tensor) -> Tensor:
    """What :func:`doubled` computes, for maps [N, C, 2H, 2W] of few channels.

    A zero is put around the large maps. Their squares of 2x2 then lie at (H + 1) x (W + 1) places, each met by 2x2 of
    the small maps, so that all squares are one convolution with a kernel of 2 and 4C channels.
    """
    count, outputs, height, width = small.shape
    inputs = weight.shape[1]
    # Row 2a + b of a kernel reaches row b of the squares that lie a below; a convolution counts a from the other end.
    taps = weight.reshape(outputs, inputs, 2, 2, 2, 2).flip(2, 4).permute(3, 5, 1, 2, 4, 0)
    kernel = taps.reshape(4 * inputs, 2, 2, outputs).permute(0, 3, 1, 2)
    squares = F.conv2d(small, kernel, padding=1).permute(0, 2, 3, 1).view(count, height + 1, width + 1, 2, 2, inputs)
    maps = squares.permute(0, 1, 3, 2, 4, 5).reshape(count, 2 * height + 2, 2 * width + 2, inputs)
    return maps[:, 1:-1, 1:-1].contiguous().permute(0, 3, 1, 2)


def weight_derivative(small: Tensor, x: Tensor) -> Tensor:
    """The derivative [O, C, 4, 4] of the sum of small * halved(x, weight) by the weight."""
    rows = small.permute(0, 2, 3, 1).reshape(-1, small.shape[1])
    taps = rows.t() @ _windows(x)
    return taps.view(small.shape[1], KERNEL, KERNEL, x.shape[1]).permute(0, 3, 1, 2)


def _windows(x: Tensor) -> Tensor:
    """The 4x4 windows of maps [N, C, 2H, 2W] as rows [N * H * W, 16 * C], channels last in each."""
    count, channels, height, width = x.shape
    padded = F.pad(x.permute(0, 2, 3, 1), (0, 0, PADDING, PADDING, PADDING, PADDING))
    image, line, pixel, _ = padded.stride()
    shape = (count, height // 2, width // 2, KERNEL, KERNEL * channels)
    return padded.as_strided(shape, (image, 2 * line, 2 * pixel, line, 1)).reshape(-1, KERNEL * KERNEL * channels)

"""Convolutions of kernel 4 and stride 2 as products of matrices (im2col), which is quicker for small maps on a CPU.

The functions compute the sums of products that a convolution computes; shapes are those of a convolution from large
maps [N, C, 2H, 2W] to small maps [N, O, H, W] with a weight [O, C, 4, 4].
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

KERNEL, STRIDE, PADDING = 4, 2, 1

FEW_CHANNELS = 8
"""Channels of the large maps, such as colours, up to which the library's own convolution back to them is slow."""


def has_few_channels(operand: Tensor, weight_shape: torch.Size) -> bool:
    """Tell whether :func:`transposed_convolution_to_few_channels` is the quicker way to the large maps.

    Args:
        operand: one of the factors; its device decides.
        weight_shape: [O, C, 4, 4].
    """
    return operand.device.type == "cpu" and weight_shape[1] <= FEW_CHANNELS


def is_faster_in_float32(operand: Tensor, weight_shape: torch.Size, largest: int) -> bool:
    """Tell whether the gradient of a weight in bf16 is computed sooner in float32.

    Args:
        operand: one of the factors; its device and type decide.
        weight_shape: [O, C, 4, 4].
        largest: numbers in a weight up to which that holds; see
            :class:`steadygan.layers.kernels.tuning.Thresholds`.
    """
    few = weight_shape[1] > FEW_CHANNELS and weight_shape.numel() <= largest
    return operand.device.type == "cpu" and operand.dtype is torch.bfloat16 and few


def is_faster(
    operand: Tensor, large_shape: torch.Size, weight_shape: torch.Size, thresholds: Mapping[torch.dtype, int]
) -> bool:
    """Tell whether the matrix products below are quicker than the library's convolution.

    Args:
        operand: one of the factors; its device and type decide.
        large_shape: [N, C, 2H, 2W].
        weight_shape: [O, C, 4, 4].
        thresholds: for each type, the numbers in a weight for each position of the small maps from which on they are
            quicker; see :class:`steadygan.layers.kernels.tuning.Thresholds`.
    """
    if operand.device.type != "cpu" or operand.dtype not in thresholds:
        return False
    positions = large_shape[0] * (large_shape[2] // STRIDE) * (large_shape[3] // STRIDE)
    return weight_shape.numel() >= thresholds[operand.dtype] * positions


def strided_convolution(x: Tensor, weight: Tensor) -> Tensor:
    """Convolve large maps [N, C, 2H, 2W] to small maps [N, O, H, W]."""
    count, _, height, width = x.shape
    rows = _im2col(x) @ weight.permute(2, 3, 1, 0).reshape(-1, weight.shape[0])
    return rows.view(count, height // 2, width // 2, -1).permute(0, 3, 1, 2)


def transposed_convolution(small: Tensor, weight: Tensor) -> Tensor:
    """Compute the transposed convolution [N, C, 2H, 2W] of small maps [N, O, H, W].

    It is the gradient of :func:`strided_convolution` with respect to its maps. Each of the four pixels of a square of
    2x2 is reached by 2x2 of the 16 numbers of a kernel, so that each is a convolution of its own with a kernel of 2.
    """
    count, outputs, height, width = small.shape
    inputs = weight.shape[1]
    padded = F.pad(small.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
    image, line, pixel, _ = padded.stride()
    shape = (2, 2, count, height, width, 2, 2 * outputs)
    columns = padded.as_strided(shape, (line, pixel, image, line, pixel, line, 1))
    # Rows 3, 1 of a kernel reach the upper pixel of a square and rows 2, 0 the lower one; columns likewise.
    taps = weight.flip(2, 3).reshape(outputs, inputs, 2, 2, 2, 2).permute(3, 5, 2, 4, 0, 1)
    squares = torch.bmm(columns.reshape(4, -1, 4 * outputs), taps.reshape(4, 4 * outputs, inputs))
    pixels = squares.view(2, 2, count, height, width, inputs).permute(2, 3, 0, 4, 1, 5)
    return pixels.reshape(count, 2 * height, 2 * width, inputs).permute(0, 3, 1, 2)


def transposed_convolution_to_few_channels(small: Tensor, weight: Tensor) -> Tensor:
    """Compute what :func:`transposed_convolution` computes, where the large maps have few channels.

    The large maps are padded by one pixel on every side. Their (H + 1) x (W + 1) squares of 2x2 are each reached by 2x2
    of the small maps, so that all squares are one convolution with a kernel of 2 and 4C channels.
    """
    count, outputs, height, width = small.shape
    inputs = weight.shape[1]
    # Row 2a + b of a kernel reaches row b of the squares that lie a below; a convolution counts a from the other end.
    taps = weight.reshape(outputs, inputs, 2, 2, 2, 2).flip(2, 4).permute(3, 5, 1, 2, 4, 0)
    kernel = taps.reshape(4 * inputs, 2, 2, outputs).permute(0, 3, 1, 2)
    squares = F.conv2d(small, kernel, padding=1).permute(0, 2, 3, 1).view(count, height + 1, width + 1, 2, 2, inputs)
    maps = squares.permute(0, 1, 3, 2, 4, 5).reshape(count, 2 * height + 2, 2 * width + 2, inputs)
    return maps[:, 1:-1, 1:-1].contiguous().permute(0, 3, 1, 2)


def weight_gradient(small: Tensor, x: Tensor) -> Tensor:
    """Compute the gradient [O, C, 4, 4] of the sum of small * strided_convolution(x, weight) by the weight."""
    rows = small.permute(0, 2, 3, 1).reshape(-1, small.shape[1])
    taps = rows.t() @ _im2col(x)
    return taps.view(small.shape[1], KERNEL, KERNEL, x.shape[1]).permute(0, 3, 1, 2)


def _im2col(x: Tensor) -> Tensor:
    """The 4x4 windows of maps [N, C, 2H, 2W] as rows [N * H * W, 16 * C], channels last in each."""
    count, channels, height, width = x.shape
    padded = F.pad(x.permute(0, 2, 3, 1), (0, 0, PADDING, PADDING, PADDING, PADDING))
    image, line, pixel, _ = padded.stride()
    shape = (count, height // 2, width // 2, KERNEL, KERNEL * channels)
    return padded.as_strided(shape, (image, 2 * line, 2 * pixel, line, 1)).reshape(-1, KERNEL * KERNEL * channels)

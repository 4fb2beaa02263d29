"""Convolutions whose second derivatives cost no more than first ones, and which choose the quickest of several ways."""

import mmap
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function

from steadygan.layers.kernels import im2col
from steadygan.layers.kernels.tuning import thresholds

# PyTorch derives the derivative of a convolution by convolutions with kernels as large as the maps, one for each group,
# which costs more than ten times a convolution. The sum of g * convolution(x, weight) is linear in g, in x and in
# weight, so that its three derivatives, and theirs, are again convolutions and their ordinary derivatives.


class _Geometry(NamedTuple):
    stride: int
    padding: int
    groups: int


_IM2COL = _Geometry(im2col.STRIDE, im2col.PADDING, 1)


def _by_matrices(
    operand: Tensor, large: torch.Size, weight: torch.Size, geometry: _Geometry, thresholds: Mapping[torch.dtype, int]
) -> bool:
    """Whether a convolution of these shapes is computed as a product of matrices."""
    return _fits(large, weight, geometry) and im2col.is_faster(operand, large, weight, thresholds)


def _fits(large: torch.Size, weight: torch.Size, geometry: _Geometry) -> bool:
    """Whether :mod:`steadygan.layers.kernels.im2col` can compute such a convolution."""
    even = large[2] % 2 == 0 and large[3] % 2 == 0
    return geometry == _IM2COL and weight[2:] == (im2col.KERNEL, im2col.KERNEL) and even


def channels_last(x: Tensor) -> Tensor:
    """Lay maps [N, C, H, W] out with channels last, even where a single channel leaves the layout open.

    On a CPU one operand in the other layout makes an operation ten times as slow.
    """
    count, channels, height, width = x.shape
    if channels > 1 and x.is_contiguous(memory_format=torch.channels_last):
        return x
    lines = x.permute(0, 2, 3, 1).reshape(count, height, width * channels)
    return lines.view(count, height, width, channels).permute(0, 3, 1, 2)


def _like(g: Tensor, shape: torch.Size) -> Tensor:
    """A tensor of which only the shape and the layout matter, because nobody reads its numbers."""
    if g.device.type != "cpu" or torch.compiler.is_compiling():
        return torch.empty(shape, dtype=g.dtype, device=g.device, memory_format=torch.channels_last)
    # The system never gives out memory that nobody touches, while a new tensor would be allocated.
    _, channels, height, width = shape
    bits = (shape.numel() * g.element_size() - 1).bit_length()
    lines = (height * width * channels, 1, width * channels, channels)
    return _untouched(max(bits, _FEWEST_BITS)).view(g.dtype).as_strided(shape, lines)


_FEWEST_BITS = 16


@cache
def _untouched(bits: int) -> Tensor:
    """2^bits bytes of address space."""
    return torch.frombuffer(mmap.mmap(-1, 2**bits), dtype=torch.uint8)


def _library_gradient(g: Tensor, x: Tensor, weight: Tensor, geometry: _Geometry, operand: int) -> Tensor:
    """PyTorch's gradient of a convolution, with respect to x (operand 0) or to the weight (operand 1)."""
    stride, padding = [geometry.stride] * 2, [geometry.padding] * 2
    wanted = [operand == 0, operand == 1, False]
    gradients = torch.ops.aten.convolution_backward(
        channels_last(g), x, weight, None, stride, padding, [1, 1], False, [0, 0], geometry.groups, wanted
    )
    gradient: Tensor = gradients[operand]
    return gradient


def _output(x: Tensor, weight: Tensor, bias: Tensor | None, geometry: _Geometry) -> Tensor:
    """The convolution itself, which is also the derivative of the sum with respect to g."""
    x = channels_last(x)
    if bias is None and _by_matrices(x, x.shape, weight.shape, geometry, thresholds().maps):
        return im2col.strided_convolution(x, weight)
    return F.conv2d(x, weight, bias, geometry.stride, geometry.padding, 1, geometry.groups)


def _input_gradient(g: Tensor, weight: Tensor, shape: torch.Size, geometry: _Geometry) -> Tensor:
    """The gradient with respect to x."""
    if _by_matrices(g, shape, weight.shape, geometry, thresholds().maps):
        return im2col.transposed_convolution(g, weight)
    if _fits(shape, weight.shape, geometry) and im2col.has_few_channels(g, weight.shape):
        return im2col.transposed_convolution_to_few_channels(channels_last(g), weight)
    return _library_gradient(g, _like(g, shape), weight, geometry, 0)


def _weight_gradient(g: Tensor, x: Tensor, shape: torch.Size, geometry: _Geometry) -> Tensor:
    """The gradient with respect to the weight."""
    if _by_matrices(g, x.shape, shape, geometry, thresholds().weight_gradient):
        return im2col.weight_gradient(g, x)
    if _fits(x.shape, shape, geometry) and im2col.is_faster_in_float32(g, shape, thresholds().float32_weights):
        g, x = g.float(), x.float()
        return _library_gradient(g, channels_last(x), _like(g, shape), geometry, 1).bfloat16()
    return _library_gradient(g, channels_last(x), _like(g, shape), geometry, 1)


# Each of the three is differentiated by means of the two others. Where no gradient is recorded they are called
# directly, because a Function would cost small networks more time than the mathematics.


class _Output(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, geometry: _Geometry) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.geometry = geometry
        return _output(x, weight, bias, geometry)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        by_x, by_weight, by_bias, _ = ctx.needs_input_grad
        return (
            _input_gradient_function()(g, weight, x.shape, ctx.geometry) if by_x else None,
            _weight_gradient_function()(g, x, weight.shape, ctx.geometry) if by_weight else None,
            g.sum((0, 2, 3)) if by_bias else None,
            None,
        )


class _InputGradient(Function):
    @staticmethod
    def forward(ctx: Any, g: Tensor, weight: Tensor, shape: torch.Size, geometry: _Geometry) -> Tensor:
        ctx.save_for_backward(g, weight)
        ctx.geometry = geometry
        return _input_gradient(g, weight, shape, geometry)

    @staticmethod
    def backward(ctx: Any, x: Tensor) -> tuple[Tensor | None, ...]:
        g, weight = ctx.saved_tensors
        by_g, by_weight, _, _ = ctx.needs_input_grad
        return (
            _output_function()(x, weight, None, ctx.geometry) if by_g else None,
            _weight_gradient_function()(g, x, weight.shape, ctx.geometry) if by_weight else None,
            None,
            None,
        )


class _WeightGradient(Function):
    @staticmethod
    def forward(ctx: Any, g: Tensor, x: Tensor, shape: torch.Size, geometry: _Geometry) -> Tensor:
        ctx.save_for_backward(g, x)
        ctx.geometry = geometry
        return _weight_gradient(g, x, shape, geometry)

    @staticmethod
    def backward(ctx: Any, weight: Tensor) -> tuple[Tensor | None, ...]:
        g, x = ctx.saved_tensors
        by_g, by_x, _, _ = ctx.needs_input_grad
        return (
            _output_function()(x, weight, None, ctx.geometry) if by_g else None,
            _input_gradient_function()(g, weight, x.shape, ctx.geometry) if by_x else None,
            None,
            None,
        )


# Functions with the types that PyTorch's stubs leave out.


def _output_function() -> Callable[[Tensor, Tensor, Tensor | None, _Geometry], Tensor]:
    return _Output.apply if torch.is_grad_enabled() else _output


def _input_gradient_function() -> Callable[[Tensor, Tensor, torch.Size, _Geometry], Tensor]:
    return _InputGradient.apply if torch.is_grad_enabled() else _input_gradient


def _weight_gradient_function() -> Callable[[Tensor, Tensor, torch.Size, _Geometry], Tensor]:
    return _WeightGradient.apply if torch.is_grad_enabled() else _weight_gradient


def convolve(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0, groups: int = 1
) -> Tensor:
    """Compute :func:`torch.nn.functional.conv2d`, with derivatives of every order that are quick convolutions too.

    Args:
        x: [N, C, H, W], of any float type; autocast applies.
        weight: [O, C / groups, K, K].
        bias: [O].
        stride: at least 1.
        padding: zeros around the maps.
        groups: divides C and O.

    Returns:
        [N, O, H', W'].
    """
    x, weight, bias = _in_autocast(x), _in_autocast(weight), None if bias is None else _in_autocast(bias)
    return _output_function()(x, weight, bias, _Geometry(stride, padding, groups))


def convolve_transposed(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0, output_padding: int = 0
) -> Tensor:
    """Compute :func:`torch.nn.functional.conv_transpose2d`, with derivatives like those of :func:`convolve`.

    Args:
        x: [N, C, H, W], of any float type; autocast applies.
        weight: [C, O, K, K].
        bias: [O].
        stride: at least 1.
        padding: as in PyTorch, the padding of the convolution whose gradient this is.
        output_padding: rows and columns added at the end, fewer than the stride.

    Returns:
        [N, O, H', W'], H' = (H - 1) * stride - 2 * padding + K + output_padding.
    """
    x, weight = _in_autocast(x), _in_autocast(weight)
    grown = (weight.shape[2] - 2 * padding + output_padding - stride + stride * size for size in x.shape[2:])
    maps = _input_gradient_function()(
        x, weight, torch.Size((x.shape[0], weight.shape[1], *grown)), _Geometry(stride, padding, 1)
    )
    return maps if bias is None else maps + bias.to(maps.dtype)[:, None, None]


def _in_autocast(tensor: Tensor) -> Tensor:
    """The tensor in autocast's type; converted here, because autocast would convert it again for each derivative."""
    kind = tensor.device.type
    if tensor.dtype == torch.float64 or not torch.amp.is_autocast_available(kind):
        return tensor
    return tensor.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else tensor


class Convolution(nn.Conv2d):
    """A :class:`torch.nn.Conv2d` that computes by :func:`convolve`.

    Args:
        inputs: channels in.
        outputs: channels out.
        kernel: height and width of the kernel; with stride 1 it must be odd, and maps keep their size.
        groups: divides both numbers of channels.
        bias: whether it has one.
        stride: by which factor maps become smaller.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, groups: int = 1, bias: bool = True, stride: int = 1
    ) -> None:
        padding = (kernel - 1) // 2
        super().__init__(inputs, outputs, kernel, stride, padding, groups=groups, bias=bias)
        self._geometry = (stride, padding, groups)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # as the base class calls it
        """Convolve."""
        return convolve(input, self.weight, self.bias, *self._geometry)


class TransposedConvolution(nn.ConvTranspose2d):
    """A :class:`torch.nn.ConvTranspose2d` that doubles maps and computes by :func:`convolve_transposed`.

    Args:
        inputs: channels in.
        outputs: channels out.
        kernel: height and width of the kernel.
        bias: whether it has one.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, bias: bool = True) -> None:
        padding, rest = (kernel - 1) // 2, kernel % 2
        super().__init__(inputs, outputs, kernel, 2, padding, rest, bias=bias)
        self._geometry = (2, padding, rest)

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:  # noqa: A002
        """Double maps; ``output_size`` comes from the base class and is ignored."""
        return convolve_transposed(input, self.weight, self.bias, *self._geometry)

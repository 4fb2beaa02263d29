"""Convolutions whose second derivatives cost no more than first ones, and which take the quickest of several ways."""

import mmap
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function

from steadygan.layers import windows
from steadygan.layers.tuning import ratios

# PyTorch derives the derivative of a convolution by convolutions with kernels as large as the maps, one for each group,
# which costs more than ten times a convolution. The sum of g * convolution(x, weight) is linear in g, in x and in
# weight, so that its three derivatives, and theirs, are again convolutions and their ordinary derivatives.


class _Geometry(NamedTuple):
    stride: int
    padding: int
    groups: int


_WINDOWED = _Geometry(windows.STRIDE, windows.PADDING, 1)


def _windowed(
    operand: Tensor, maps: torch.Size, kernel: torch.Size, geometry: _Geometry, least: Mapping[torch.dtype, int]
) -> bool:
    """Whether maps of this shape and this kernel are multiplied by windows of 4x4."""
    return _fits(maps, kernel, geometry) and windows.quicker(operand, maps, kernel, least)


def _fits(maps: torch.Size, kernel: torch.Size, geometry: _Geometry) -> bool:
    """Whether :mod:`steadygan.layers.windows` knows such a convolution."""
    even = maps[2] % 2 == 0 and maps[3] % 2 == 0
    return geometry == _WINDOWED and kernel[2:] == (windows.KERNEL, windows.KERNEL) and even


def channels_last(x: Tensor) -> Tensor:
    """The same maps [N, C, H, W], laid out with channels last even where one channel leaves the layout open.

    On a CPU one operand in the other layout makes an operation ten times as slow.
    """
    count, channels, height, width = x.shape
    if channels > 1 and x.is_contiguous(memory_format=torch.channels_last):
        return x
    lines = x.permute(0, 2, 3, 1).reshape(count, height, width * channels)
    return lines.view(count, height, width, channels).permute(0, 3, 1, 2)


def _like(g: Tensor, shape: torch.Size) -> Tensor:
    """A tensor that stands for its shape and layout alone, and whose numbers nobody reads."""
    if g.device.type != "cpu" or torch.compiler.is_compiling():
        return torch.empty(shape, dtype=g.dtype, device=g.device, memory_format=torch.channels_last)
    # Memory that nobody touches is never given out by the system; as a new tensor it would take the place of one.
    _, channels, height, width = shape
    bits = (shape.numel() * g.element_size() - 1).bit_length()
    lines = (height * width * channels, 1, width * channels, channels)
    return _untouched(max(bits, _FEWEST_BITS)).view(g.dtype).as_strided(shape, lines)


_FEWEST_BITS = 16


@cache
def _untouched(bits: int) -> Tensor:
    """2^bits bytes of addresses."""
    return torch.frombuffer(mmap.mmap(-1, 2**bits), dtype=torch.uint8)


def _derivative(g: Tensor, x: Tensor, weight: Tensor, geometry: _Geometry, place: int) -> Tensor:
    """PyTorch's derivative of a convolution, by x (place 0) or by the weight (place 1)."""
    stride, padding = [geometry.stride] * 2, [geometry.padding] * 2
    wanted = [place == 0, place == 1, False]
    derivatives = torch.ops.aten.convolution_backward(
        channels_last(g), x, weight, None, stride, padding, [1, 1], False, [0, 0], geometry.groups, wanted
    )
    derivative: Tensor = derivatives[place]
    return derivative


def _maps(x: Tensor, weight: Tensor, bias: Tensor | None, geometry: _Geometry) -> Tensor:
    """The convolution: the derivative with respect to g."""
    x = channels_last(x)
    if bias is None and _windowed(x, x.shape, weight.shape, geometry, ratios().by_maps):
        return windows.halved(x, weight)
    return F.conv2d(x, weight, bias, geometry.stride, geometry.padding, 1, geometry.groups)


def _inputs(g: Tensor, weight: Tensor, shape: torch.Size, geometry: _Geometry) -> Tensor:
    """The derivative with respect to x."""
    if _windowed(g, shape, weight.shape, geometry, ratios().by_maps):
        return windows.doubled(g, weight)
    if _fits(shape, weight.shape, geometry) and windows.thin(g, weight.shape):
        return windows.doubled_thin(channels_last(g), weight)
    return _derivative(g, _like(g, shape), weight, geometry, 0)


def _weights(g: Tensor, x: Tensor, shape: torch.Size, geometry: _Geometry) -> Tensor:
    """The derivative with respect to the weight."""
    if _windowed(g, x.shape, shape, geometry, ratios().by_weight):
        return windows.weight_derivative(g, x)
    if _fits(x.shape, shape, geometry) and windows.slight(g, shape, ratios().widened):
        g, x = g.float(), x.float()
        return _derivative(g, channels_last(x), _like(g, shape), geometry, 1).bfloat16()
    return _derivative(g, channels_last(x), _like(g, shape), geometry, 1)


# Each of the three is differentiated by the two others. Where nobody differentiates a derivative, these are computed
# as they are: to go by way of a Function would cost small networks more time than the mathematics.


class _Convolved(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, geometry: _Geometry) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.geometry = geometry
        return _maps(x, weight, bias, geometry)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        by_x, by_weight, by_bias, _ = ctx.needs_input_grad
        return (
            _by_input()(g, weight, x.shape, ctx.geometry) if by_x else None,
            _by_weight()(g, x, weight.shape, ctx.geometry) if by_weight else None,
            g.sum((0, 2, 3)) if by_bias else None,
            None,
        )


class _ByInput(Function):
    @staticmethod
    def forward(ctx: Any, g: Tensor, weight: Tensor, shape: torch.Size, geometry: _Geometry) -> Tensor:
        ctx.save_for_backward(g, weight)
        ctx.geometry = geometry
        return _inputs(g, weight, shape, geometry)

    @staticmethod
    def backward(ctx: Any, x: Tensor) -> tuple[Tensor | None, ...]:
        g, weight = ctx.saved_tensors
        by_g, by_weight, _, _ = ctx.needs_input_grad
        return (
            _convolved()(x, weight, None, ctx.geometry) if by_g else None,
            _by_weight()(g, x, weight.shape, ctx.geometry) if by_weight else None,
            None,
            None,
        )


class _ByWeight(Function):
    @staticmethod
    def forward(ctx: Any, g: Tensor, x: Tensor, shape: torch.Size, geometry: _Geometry) -> Tensor:
        ctx.save_for_backward(g, x)
        ctx.geometry = geometry
        return _weights(g, x, shape, geometry)

    @staticmethod
    def backward(ctx: Any, weight: Tensor) -> tuple[Tensor | None, ...]:
        g, x = ctx.saved_tensors
        by_g, by_x, _, _ = ctx.needs_input_grad
        return (
            _convolved()(x, weight, None, ctx.geometry) if by_g else None,
            _by_input()(g, weight, x.shape, ctx.geometry) if by_x else None,
            None,
            None,
        )


# The types are those that PyTorch's stubs leave out.


def _convolved() -> Callable[[Tensor, Tensor, Tensor | None, _Geometry], Tensor]:
    return _Convolved.apply if torch.is_grad_enabled() else _maps


def _by_input() -> Callable[[Tensor, Tensor, torch.Size, _Geometry], Tensor]:
    return _ByInput.apply if torch.is_grad_enabled() else _inputs


def _by_weight() -> Callable[[Tensor, Tensor, torch.Size, _Geometry], Tensor]:
    return _ByWeight.apply if torch.is_grad_enabled() else _weights


def convolve(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0, groups: int = 1
) -> Tensor:
    """What :func:`torch.nn.functional.conv2d` computes, with derivatives of every order made of quick convolutions.

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
    return _convolved()(x, weight, bias, _Geometry(stride, padding, groups))


def convolve_transposed(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0, output_padding: int = 0
) -> Tensor:
    """What :func:`torch.nn.functional.conv_transpose2d` computes, with derivatives as of :func:`convolve`.

    Args:
        x: [N, C, H, W], of any float type; autocast applies.
        weight: [C, O, K, K].
        bias: [O].
        stride: at least 1.
        padding: what a convolution back would have around its maps.
        output_padding: rows and columns more, less than the stride.

    Returns:
        [N, O, H', W'], H' = (H - 1) * stride - 2 * padding + K + output_padding.
    """
    x, weight = _in_autocast(x), _in_autocast(weight)
    grown = (weight.shape[2] - 2 * padding + output_padding - stride + stride * size for size in x.shape[2:])
    maps = _by_input()(x, weight, torch.Size((x.shape[0], weight.shape[1], *grown)), _Geometry(stride, padding, 1))
    return maps if bias is None else maps + bias.to(maps.dtype)[:, None, None]


def _in_autocast(tensor: Tensor) -> Tensor:
    """The tensor as autocast wants it: here rather than by autocast, which would convert again for derivatives."""
    kind = tensor.device.type
    if tensor.dtype == torch.float64 or not torch.amp.is_autocast_available(kind):
        return tensor
    return tensor.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else tensor


class Convolution(nn.Conv2d):
    """An :class:`torch.nn.Conv2d` by way of :func:`convolve`.

    Args:
        inputs: channels in.
        outputs: channels out.
        kernel: height and width of the kernel; with stride 1 it is odd, and maps stay as large.
        groups: divides both numbers of channels.
        bias: whether it has one.
        stride: how much smaller maps become.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, groups: int = 1, bias: bool = True, stride: int = 1
    ) -> None:
        padding = (kernel - 1) // 2
        super().__init__(inputs, outputs, kernel, stride, padding, groups=groups, bias=bias)
        self._by = (stride, padding, groups)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # as the base class calls it
        """Convolve."""
        return convolve(input, self.weight, self.bias, *self._by)


class TransposedConvolution(nn.ConvTranspose2d):
    """An :class:`torch.nn.ConvTranspose2d` that doubles maps, by way of :func:`convolve_transposed`.

    Args:
        inputs: channels in.
        outputs: channels out.
        kernel: height and width of the kernel.
        bias: whether it has one.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, bias: bool = True) -> None:
        padding, rest = (kernel - 1) // 2, kernel % 2
        super().__init__(inputs, outputs, kernel, 2, padding, rest, bias=bias)
        self._by = (2, padding, rest)

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:  # noqa: A002
        """Double maps; ``output_size`` is the base class's and of no use here."""
        return convolve_transposed(input, self.weight, self.bias, *self._by)

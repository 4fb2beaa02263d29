"""Convolutions whose second derivatives cost no more than first ones."""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import grad

# PyTorch derives the derivative of a convolution by convolutions with kernels as large as the maps, one for each group,
# which costs more than ten times a convolution. The sum of g * convolution(x, weight) is linear in g, in x and in
# weight, so that its three derivatives, and theirs, are again convolutions and their ordinary derivatives.


class _Geometry(NamedTuple):
    stride: int
    padding: int
    groups: int


class _Convolved(Function):
    """The derivative with respect to g: the convolution itself."""

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor | None, geometry: _Geometry) -> Tensor:
        return F.conv2d(x, weight, bias, geometry.stride, geometry.padding, 1, geometry.groups)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        x, weight, _, ctx.geometry = inputs
        ctx.save_for_backward(x, weight)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        x, weight = ctx.saved_tensors
        by_x, by_weight, by_bias, _ = ctx.needs_input_grad
        return (
            _ByInput.apply(g, weight, x.shape, ctx.geometry) if by_x else None,
            _ByWeight.apply(g, x, weight.shape, ctx.geometry) if by_weight else None,
            g.sum((0, 2, 3)) if by_bias else None,
            None,
        )


class _ByInput(Function):
    """The derivative with respect to x."""

    @staticmethod
    def forward(g: Tensor, weight: Tensor, shape: torch.Size, geometry: _Geometry) -> Tensor:
        return grad.conv2d_input(shape, weight, g, geometry.stride, geometry.padding, 1, geometry.groups)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        g, weight, _, ctx.geometry = inputs
        ctx.save_for_backward(g, weight)

    @staticmethod
    def backward(ctx: Any, x: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        g, weight = ctx.saved_tensors
        by_g, by_weight, _, _ = ctx.needs_input_grad
        return (
            _Convolved.apply(x, weight, None, ctx.geometry) if by_g else None,
            _ByWeight.apply(g, x, weight.shape, ctx.geometry) if by_weight else None,
            None,
            None,
        )


class _ByWeight(Function):
    """The derivative with respect to the weight."""

    @staticmethod
    def forward(g: Tensor, x: Tensor, shape: torch.Size, geometry: _Geometry) -> Tensor:
        return grad.conv2d_weight(x, shape, g, geometry.stride, geometry.padding, 1, geometry.groups)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        g, x, _, ctx.geometry = inputs
        ctx.save_for_backward(g, x)

    @staticmethod
    def backward(ctx: Any, weight: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        g, x = ctx.saved_tensors
        by_g, by_x, _, _ = ctx.needs_input_grad
        return (
            _Convolved.apply(x, weight, None, ctx.geometry) if by_g else None,
            _ByInput.apply(g, weight, x.shape, ctx.geometry) if by_x else None,
            None,
            None,
        )


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
    kind = x.device.type
    if torch.is_autocast_enabled(kind):
        # Here rather than by autocast, which would convert again where derivatives are computed.
        dtype = torch.get_autocast_dtype(kind)
        x, weight = _converted(x, dtype), _converted(weight, dtype)
        bias = None if bias is None else _converted(bias, dtype)
    convolved: Tensor = _Convolved.apply(x, weight, bias, _Geometry(stride, padding, groups))  # type: ignore[no-untyped-call]
    return convolved


def _converted(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    return tensor if tensor.dtype == torch.float64 else tensor.to(dtype)


class Convolution(nn.Conv2d):
    """An :class:`torch.nn.Conv2d` by way of :func:`convolve`, for networks whose gradients are penalised.

    Args:
        inputs: channels in.
        outputs: channels out.
        kernel: height and width of the kernel, odd; maps stay as large.
        groups: divides both numbers of channels.
        bias: whether it has one.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, groups: int = 1, bias: bool = True) -> None:
        super().__init__(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=bias)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # as the base class calls it
        """Convolve."""
        return convolve(input, self.weight, self.bias, padding=self.kernel_size[0] // 2, groups=self.groups)

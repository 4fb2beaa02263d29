"""A leaky rectifier whose second derivatives cost one operation."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function

# PyTorch's has a second derivative too, though it is 0 everywhere: maps of zeros are filled and added.


class _Rectified(Function):
    @staticmethod
    def forward(x: Tensor, slope: float) -> Tensor:
        return F.leaky_relu_(x, slope)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        x, ctx.slope = inputs
        ctx.mark_dirty(x)
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        (rectified,) = ctx.saved_tensors
        return _masked(g, rectified.detach(), ctx.slope), None


class _Masked(Function):
    @staticmethod
    def forward(g: Tensor, rectified: Tensor, slope: float) -> Tensor:
        # With slopes above 0 what came out has the sign of what came in.
        masked: Tensor = torch.ops.aten.leaky_relu_backward(g, rectified, slope, True)
        return masked

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        _, rectified, ctx.slope = inputs
        ctx.save_for_backward(rectified)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        (rectified,) = ctx.saved_tensors
        return _masked(g, rectified, ctx.slope), None, None


# The same with types, which PyTorch's stubs leave out.
_rectified: Callable[[Tensor, float], Tensor] = _Rectified.apply
_masked: Callable[[Tensor, Tensor, float], Tensor] = _Masked.apply


class LeakyRectifier(nn.Module):
    """x where it is above 0, otherwise slope times x; in the place of x, which nobody else may need.

    Args:
        slope: above 0.
    """

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        """Rectify."""
        if torch.compiler.is_compiling():  # a compiled call is never differentiated twice, nor short of memory
            return F.leaky_relu(x, self.slope)
        return _rectified(x, self.slope)

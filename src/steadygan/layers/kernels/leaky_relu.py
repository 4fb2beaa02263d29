"""A leaky ReLU whose second derivatives cost one operation."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function

# PyTorch's leaky ReLU computes its second derivative, which is 0 everywhere, and adds these maps of zeros.


class _LeakyReLU(Function):
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
        (output,) = ctx.saved_tensors
        return _leaky_relu_gradient(g, output.detach(), ctx.slope), None


class _LeakyReLUGradient(Function):
    @staticmethod
    def forward(g: Tensor, output: Tensor, slope: float) -> Tensor:
        # With a slope above 0 the output has the sign of the input.
        gradient: Tensor = torch.ops.aten.leaky_relu_backward(g, output, slope, True)
        return gradient

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        _, leaky, ctx.slope = inputs
        ctx.save_for_backward(leaky)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        (output,) = ctx.saved_tensors
        return _leaky_relu_gradient(g, output, ctx.slope), None, None


# The same with types, which PyTorch's stubs leave out.
_leaky_relu: Callable[[Tensor, float], Tensor] = _LeakyReLU.apply
_leaky_relu_gradient: Callable[[Tensor, Tensor, float], Tensor] = _LeakyReLUGradient.apply


class InplaceLeakyReLU(nn.Module):
    """x where it is above 0, otherwise slope times x; overwrites x, which no other operation may need.

    Args:
        slope: above 0.
    """

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        """Apply it to a tensor of any shape."""
        if torch.compiler.is_compiling():  # compiled calls are never differentiated twice
            return F.leaky_relu(x, self.slope)
        return _leaky_relu(x, self.slope)

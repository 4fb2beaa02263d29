"""Arithmetic on images seen, the clock of a run: a plain number, or a scalar tensor where a compiled step counts."""

from typing import Any

import torch
from torch import Tensor

Number = float | Tensor
"""A plain number or a scalar tensor."""


def clipped(value: Number, low: float | None = None, high: float | None = None) -> Number:
    """A number between two bounds.

    Args:
        value: plain, or a scalar tensor.
        low: the smallest result; None for no bound.
        high: the largest result; None for no bound.
    """
    if not isinstance(value, int | float):
        return value.clamp(min=low, max=high)
    value = value if low is None else max(value, low)
    return value if high is None else min(value, high)


def choose(condition: bool | Tensor, then: Any, otherwise: Any) -> Any:
    """One of two numbers or tensors.

    Args:
        condition: plain, or a scalar bool tensor.
        then: what is returned where it is true.
        otherwise: what is returned where it is false, of the same shape.
    """
    if isinstance(condition, bool):
        return then if condition else otherwise
    return torch.where(condition, then, otherwise)

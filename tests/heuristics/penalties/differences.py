"""Slopes by central differences, in float64."""

from collections.abc import Callable

import torch
from torch import Tensor


def random(*shape: int, seed: int = 0) -> Tensor:
    """Normal numbers, float64."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def slopes(function: Callable[[Tensor], float], point: Tensor, step: float = 1e-6) -> Tensor:
    """The gradient of ``function`` at ``point``, one number at a time."""
    result = torch.zeros(point.numel(), dtype=torch.float64)
    for place in range(point.numel()):
        nudge = torch.zeros(point.numel(), dtype=torch.float64)
        nudge[place] = step
        nudge = nudge.reshape(point.shape)
        result[place] = (function(point + nudge) - function(point - nudge)) / (2 * step)
    return result.reshape(point.shape)

"""Functions from their definitions, and slopes."""

import math

import torch
from torch import Tensor


def log_sigmoid(logit: float) -> float:
    """The logarithm of 1 / (1 + exp(-logit)), from its definition."""
    return math.log(1 / (1 + math.exp(-logit)))


def slope(loss: Tensor, logits: Tensor) -> Tensor:
    """Derivative of each loss in its own logit."""
    (gradient,) = torch.autograd.grad(loss.sum(), logits)
    return gradient

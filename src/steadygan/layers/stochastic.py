"""Layers that stay random when the generator is used, not only while it is trained."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class GeneratorDropout(nn.Module):
    """Dropout that stays on in evaluation mode, so that it is a source of variety.

    Args:
        probability: share of activations that become 0, in [0, 1).

    Shapes: any, and the same comes out.

    Source: ganhacks, item 17; Isola et al. 2016, section 2.1.
    """

    def __init__(self, probability: float = 0.5) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, x: Tensor) -> Tensor:
        """Drop activations, in training and evaluation alike."""
        return F.dropout(x, self.probability, training=True)


class GeneratorNoise(nn.Module):
    """Gaussian noise on hidden activations that stays on in evaluation mode.

    Args:
        std: standard deviation of the noise, at least 0.

    Shapes: any, and the same comes out.

    Source: ganhacks, item 13.
    """

    def __init__(self, std: float = 0.1) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        """Add the noise, in training and evaluation alike."""
        return x + self.std * torch.randn_like(x)

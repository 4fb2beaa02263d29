"""What stands between two convolutions or dense layers: normalisation, activation, dropout."""

import torch.nn.functional as F
from torch import Tensor, nn

from steadygan.heuristics.blueprint import BatchNorm


class Dropout(nn.Module):
    """Dropout that stays on when images are made.

    Args:
        probability: share of activations that become 0.

    Source: ganhacks, item 17; Isola et al. 2016, section 2.1.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, x: Tensor) -> Tensor:
        """Drop, in training and evaluation alike."""
        return F.dropout(x, self.probability, training=True)


def between(features: int, norm: BatchNorm | None, slope: float, dropout: float, maps: bool) -> nn.Sequential:
    """Normalisation, activation and dropout, as far as they are wanted.

    Args:
        features: channels, or features of a vector.
        norm: batch normalisation; None for none.
        slope: of the activation below 0; 0 is ReLU.
        dropout: share of activations that become 0.
        maps: whether the features are maps [N, C, H, W] rather than vectors [N, D].
    """
    layers: list[nn.Module] = []
    if norm is not None:
        kind = nn.BatchNorm2d if maps else nn.BatchNorm1d
        layers.append(kind(features, eps=norm.eps, momentum=norm.momentum))
    layers.append(nn.LeakyReLU(slope, inplace=True) if slope > 0 else nn.ReLU(inplace=True))
    if dropout > 0:
        layers.append(Dropout(dropout))
    return nn.Sequential(*layers)

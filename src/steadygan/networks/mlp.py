"""Dense networks for vectors, built from a blueprint."""

from itertools import pairwise

from torch import Tensor, nn

from steadygan.heuristics.blueprint import BatchNorm, Blueprint
from steadygan.layers.block import between

HIDDEN_LAYERS = 3
HIDDEN = 2
"""Hidden layers have this many times the recipe's width."""


def _dense(sizes: list[int], norm: BatchNorm | None, slope: float, dropout: float, norm_first: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for level, (inputs, outputs) in enumerate(pairwise(sizes)):
        own_norm = norm if norm_first or level > 0 else None
        layers += [
            nn.Linear(inputs, outputs, bias=own_norm is None),
            between(outputs, own_norm, slope, dropout, maps=False),
        ]
    return nn.Sequential(*layers)


class MlpGenerator(nn.Module):
    """From a latent [N, D] to vectors [N, F] of any range.

    Args:
        blueprint: how it is built.
        features: length of a vector.
        latent: length of a latent.
        width: half the width of hidden layers.
    """

    def __init__(self, blueprint: Blueprint, features: int, latent: int, width: int) -> None:
        super().__init__()
        hidden = [latent] + [HIDDEN * width] * HIDDEN_LAYERS
        norm, slope, dropout = blueprint.generator_norm, blueprint.generator_slope, blueprint.generator_dropout
        self.blocks = _dense(hidden, norm, slope, dropout, norm_first=True)
        self.output = nn.Linear(hidden[-1], features)

    def forward(self, z: Tensor) -> Tensor:
        """Vectors from latents."""
        vectors: Tensor = self.output(self.blocks(z))
        return vectors


class MlpDiscriminator(nn.Module):
    """From vectors [N, F] to logits [N].

    Args:
        blueprint: how it is built.
        features: length of a vector.
        width: half the width of hidden layers, before the blueprint's factor.
    """

    def __init__(self, blueprint: Blueprint, features: int, width: int) -> None:
        super().__init__()
        hidden = [features] + [HIDDEN * round(width * blueprint.discriminator_width)] * HIDDEN_LAYERS
        norm, slope = blueprint.discriminator_norm, blueprint.discriminator_slope
        self.blocks = _dense(hidden, norm, slope, 0.0, norm_first=False)
        self.judge = nn.Linear(hidden[-1], 1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of vectors."""
        logits: Tensor = self.judge(self.blocks(x)).squeeze(1)
        return logits

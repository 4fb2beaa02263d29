"""What stands between two convolutions or dense layers: normalisation, activation, noise, dropout."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from steadygan.blueprint import Norm
from steadygan.layers.norms import make_norm


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


class Noise(nn.Module):
    """Gaussian noise that stays on when images are made.

    Args:
        std: standard deviation.

    Source: ganhacks, item 13.
    """

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        """Add the noise, in training and evaluation alike."""
        return x + self.std * torch.randn_like(x)


class Chain(nn.Sequential):
    """Modules one after the other, of which those with ``takes_labels`` get the labels too.

    Args:
        modules: in order.
    """

    def __init__(self, *modules: nn.Module) -> None:
        super().__init__(*modules)

    @property
    def takes_labels(self) -> bool:
        """Whether labels make a difference."""
        return any(_takes_labels(module) for module in self)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Run them; ``labels`` is int64 [N], or None."""
        for module in self:
            x = module(x, labels) if _takes_labels(module) else module(x)
        return x


class Between(Chain):
    """Normalisation, activation, noise and dropout, as far as they are wanted.

    Args:
        features: channels, or features of a vector.
        norm: normalisation before the activation; None for none.
        slope: of the activation below 0; 0 is ReLU.
        dropout: share of activations that become 0.
        noise: standard deviation of the noise that is added.
        maps: whether the features are maps [N, C, H, W] rather than vectors [N, D].
        classes: how many there are, for a conditional normalisation.
        alone: whether nobody else reads what comes in, which then need not be kept.
    """

    def __init__(
        self,
        features: int,
        norm: Norm | None,
        slope: float,
        dropout: float,
        noise: float,
        maps: bool,
        classes: int,
        alone: bool = False,
    ) -> None:
        # What comes out of a normalisation belongs to nobody else; what came in may go round the layer too.
        own = norm is not None or alone
        layers = [] if norm is None else [make_norm(features, norm, maps, classes)]
        layers.append(nn.LeakyReLU(slope, inplace=own) if slope > 0 else nn.ReLU(inplace=own))
        if noise > 0:
            layers.append(Noise(noise))
        if dropout > 0:
            layers.append(Dropout(dropout))
        super().__init__(*layers)


def _takes_labels(module: nn.Module) -> bool:
    return bool(getattr(module, "takes_labels", False))

"""How labels and several images enter a network."""

import torch
from torch import Tensor, nn

from steadygan.blueprint import Blueprint
from steadygan.layers.embedding import LabelChannel, LabelVector
from steadygan.layers.minibatch import pack


def _or_unknown(labels: Tensor | None, beside: Tensor) -> Tensor:
    return torch.full((len(beside),), -1, device=beside.device) if labels is None else labels


class LatentEntrance(nn.Module):
    """Latents [N, D], with a vector of their class beside them if the blueprint has an embedding for the generator.

    Args:
        blueprint: how the networks are built.
        latent: length D of a latent.

    Attributes:
        length: numbers that come out for each latent.
    """

    def __init__(self, blueprint: Blueprint, latent: int) -> None:
        super().__init__()
        dimension = blueprint.generator_embedding
        self.embed = LabelVector(blueprint.classes, dimension) if dimension > 0 else None
        self.length = latent + dimension

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents with labels, int64 [N], -1 where unknown; None is unknown for all."""
        return z if self.embed is None else torch.cat([z, self.embed(_or_unknown(labels, z)).to(z.dtype)], 1)


class Entrance(nn.Module):
    """Images [N, C, H, W] or vectors [N, F] as a discriminator's first layer sees them.

    Each image has its own label as a channel (a vector has it as numbers beside its own) before images are packed.

    Args:
        blueprint: how the networks are built.
        channels: C, or F.
        size: H and W; 0 for vectors.

    Attributes:
        channels: channels, or numbers of a vector, that come out: packing times as many as one image has.
    """

    def __init__(self, blueprint: Blueprint, channels: int, size: int = 0) -> None:
        super().__init__()
        classes, dimension = blueprint.classes, blueprint.discriminator_embedding
        self.embed: LabelChannel | LabelVector | None = None
        own = channels
        if dimension > 0:
            self.embed = LabelChannel(classes, dimension, size) if size else LabelVector(classes, dimension)
            own = channels + (1 if size else dimension)
        self.packing = blueprint.packing
        self.channels = self.packing * own

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images with labels, int64 [N], -1 where unknown; None is unknown for all. Packs: [N / packing, ...]."""
        if self.embed is not None:
            x = torch.cat([x, self.embed(_or_unknown(labels, x)).to(x.dtype)], 1)
        return pack(x, self.packing)


def unconditional(blueprint: Blueprint) -> Blueprint:
    """The blueprint with a discriminator whose normalisation knows no classes: only generators have conditional ones.

    Args:
        blueprint: how the networks are built.
    """
    norm = blueprint.discriminator_norm
    if norm is None or not norm.conditional:
        return blueprint
    return blueprint.changed(discriminator_norm=norm.model_copy(update={"conditional": False}))

"""The first layer of each network: latents with labels, and images with labels, packed."""

import torch
from torch import Tensor, nn

from steadygan.blueprint import Blueprint
from steadygan.layers.embedding import LabelChannel, LabelEmbedding
from steadygan.layers.minibatch import pack


def _or_unknown(labels: Tensor | None, x: Tensor) -> Tensor:
    return torch.full((len(x),), -1, device=x.device) if labels is None else labels


class GeneratorInput(nn.Module):
    """Concatenate an embedding of the class to latents [N, D], if the blueprint has one for the generator.

    Args:
        blueprint: how the networks are built.
        latent: length D of a latent.

    Attributes:
        length: of what comes out, [N, length].
    """

    def __init__(self, blueprint: Blueprint, latent: int) -> None:
        super().__init__()
        dimension = blueprint.generator_embedding
        self.embed = LabelEmbedding(blueprint.classes, dimension) if dimension > 0 else None
        self.length = latent + dimension

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return latents with labels, int64 [N], -1 where unknown; None is unknown for all."""
        return z if self.embed is None else torch.cat([z, self.embed(_or_unknown(labels, z)).to(z.dtype)], 1)


class DiscriminatorInput(nn.Module):
    """Give images [N, C, H, W] or vectors [N, F] their labels, and pack them, as the blueprint has it.

    Each image has its label as one more channel (a vector as more features); images are packed afterwards.

    Args:
        blueprint: how the networks are built.
        channels: C, or F.
        size: H and W; 0 for vectors.

    Attributes:
        channels: of the output (for vectors: features), those of one image times the images in a pack.
    """

    def __init__(self, blueprint: Blueprint, channels: int, size: int = 0) -> None:
        super().__init__()
        classes, dimension = blueprint.classes, blueprint.discriminator_embedding
        self.embed: LabelChannel | LabelEmbedding | None = None
        own = channels
        if dimension > 0:
            self.embed = LabelChannel(classes, dimension, size) if size else LabelEmbedding(classes, dimension)
            own = channels + (1 if size else dimension)
        self.packing = blueprint.packing
        self.channels = self.packing * own

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return packs [N / packing, ...] of images with labels, int64 [N], -1 where unknown; None: all are unknown."""
        if self.embed is not None:
            x = torch.cat([x, self.embed(_or_unknown(labels, x)).to(x.dtype)], 1)
        return pack(x, self.packing)


def unconditional(blueprint: Blueprint) -> Blueprint:
    """Return the blueprint with an unconditional norm in the discriminator: only generators have conditional ones.

    Args:
        blueprint: how the networks are built.
    """
    norm = blueprint.discriminator_norm
    if norm is None or not norm.conditional:
        return blueprint
    return blueprint.changed(discriminator_norm=norm.model_copy(update={"conditional": False}))

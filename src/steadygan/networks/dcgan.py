"""The networks of DCGAN for images of any size from 8 to 256, built from a blueprint."""

import torch
from torch import Tensor, nn

from steadygan.heuristics.blueprint import Blueprint
from steadygan.layers.block import between
from steadygan.layers.resample import Double, Halve

SMALLEST, LARGEST = 8, 256
BASE = 4
"""Maps are halved until they are this small."""
MOST_DOUBLINGS = 3
"""Channels double at most so often: 64 to 512."""
HIDDEN = 16
"""Hidden dense layers of the naive networks have this many times the width."""


def sizes(resolution: int) -> tuple[int, ...]:
    """The sizes of the maps, from the image to the smallest: each is half of the one before, rounded up.

    Args:
        resolution: height and width of the images.

    Returns:
        For example (28, 14, 7, 4) or (64, 32, 16, 8, 4).
    """
    chain = [resolution]
    while chain[-1] > BASE:
        chain.append((chain[-1] + 1) // 2)
    return tuple(chain)


def channels(width: int, halvings: int) -> tuple[int, ...]:
    """Channels after each halving: the width, then twice as many each time, up to eight times the width."""
    return tuple(width * 2 ** min(level, MOST_DOUBLINGS) for level in range(halvings))


class DcganGenerator(nn.Module):
    """From a latent [N, D] to images [N, C, H, W] in the blueprint's range.

    Args:
        blueprint: how it is built.
        shape: (H, W, C) of the images, H = W.
        latent: length of a latent.
        width: channels of the largest hidden maps.

    Source: Radford et al. 2015, section 3 and figure 1.
    """

    def __init__(self, blueprint: Blueprint, shape: tuple[int, int, int], latent: int, width: int) -> None:
        super().__init__()
        chain, depth = sizes(shape[0]), channels(width, len(sizes(shape[0])) - 1)
        norm, slope, dropout = blueprint.generator_norm, blueprint.generator_slope, blueprint.generator_dropout
        self.base, self.deepest = chain[-1], depth[-1]
        self.hidden: nn.Sequential | None = None
        if blueprint.hidden_dense:
            self.hidden = nn.Sequential(nn.Linear(latent, HIDDEN * width), between(0, None, slope, dropout, maps=False))
            latent = HIDDEN * width
        self.project = nn.Linear(latent, self.deepest * self.base**2, bias=norm is None)
        self.first = between(self.deepest, norm, slope, dropout, maps=True)
        blocks: list[nn.Module] = []
        for level in range(len(depth) - 1, -1, -1):
            last = level == 0
            outputs = shape[2] if last else depth[level - 1]
            bias = last or norm is None
            blocks.append(
                Double(depth[level], outputs, chain[level], blueprint.upsampling, blueprint.strided_kernel, bias)
            )
            if not last:
                blocks.append(between(outputs, norm, slope, dropout, maps=True))
        self.blocks = nn.Sequential(*blocks)
        self.output = nn.Tanh() if blueprint.output == "tanh" else nn.Sigmoid()

    def forward(self, z: Tensor) -> Tensor:
        """Images from latents."""
        if self.hidden is not None:
            z = self.hidden(z)
        x = self.project(z).view(-1, self.base, self.base, self.deepest).permute(0, 3, 1, 2)
        images: Tensor = self.output(self.blocks(self.first(x)))
        return images


class DcganDiscriminator(nn.Module):
    """From images [N, C, H, W] to logits [N].

    Args:
        blueprint: how it is built.
        shape: (H, W, C) of the images, H = W.
        width: channels after the first halving, before the blueprint's factor.

    Source: Radford et al. 2015, section 3.
    """

    def __init__(self, blueprint: Blueprint, shape: tuple[int, int, int], width: int) -> None:
        super().__init__()
        width = round(width * blueprint.discriminator_width)
        chain, depth = sizes(shape[0]), channels(width, len(sizes(shape[0])) - 1)
        norm, slope = blueprint.discriminator_norm, blueprint.discriminator_slope
        blocks: list[nn.Module] = []
        inputs = shape[2]
        for level, outputs in enumerate(depth):
            own_norm = None if level == 0 else norm
            blocks.append(
                Halve(inputs, outputs, blueprint.downsampling, blueprint.strided_kernel, bias=own_norm is None)
            )
            blocks.append(between(outputs, own_norm, slope, 0.0, maps=True))
            inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        features = inputs * chain[-1] ** 2
        self.hidden: nn.Sequential | None = None
        if blueprint.hidden_dense:
            self.hidden = nn.Sequential(nn.Linear(features, HIDDEN * width), between(0, None, slope, 0.0, maps=False))
            features = HIDDEN * width
        self.judge = nn.Linear(features, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of images."""
        # Rows, columns, channels: the order in which channels-last maps lie in memory, so flattening copies nothing.
        x = torch.flatten(self.blocks(x).permute(0, 2, 3, 1), 1)
        if self.hidden is not None:
            x = self.hidden(x)
        logits: Tensor = self.judge(x).squeeze(1)
        return logits

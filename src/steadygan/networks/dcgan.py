"""The networks of DCGAN for images of any size from 8 to 256, built from a blueprint."""

import torch
from torch import Tensor, nn

from steadygan.blueprint import Blueprint
from steadygan.layers.attention import SelfAttention
from steadygan.layers.minibatch import MinibatchStddev
from steadygan.layers.reference_batch import with_reference
from steadygan.layers.resample import Downsample, Upsample
from steadygan.layers.sequential import ConditionalSequential
from steadygan.networks.discriminator import Discriminator
from steadygan.networks.head import Head
from steadygan.networks.hidden import NormActivation, reference_batch
from steadygan.networks.inputs import DiscriminatorInput, GeneratorInput, unconditional
from steadygan.networks.sizes import nearest_size, sizes

MOST_DOUBLINGS = 3
"""Channels double at most so often: 64 to 512."""
HIDDEN = 16
"""Hidden dense layers of the naive networks have this many times the width."""
IGNORED: frozenset[str] = frozenset()
"""Fields of the blueprint that change nothing here."""


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
        chain = sizes(shape[0])
        depth = channels(width, len(chain) - 1)
        norm = blueprint.generator_norm
        self.base, self.deepest = chain[-1], depth[-1]
        self.entrance = GeneratorInput(blueprint, latent)
        inputs = self.entrance.length
        self.hidden: ConditionalSequential | None = None
        if blueprint.hidden_dense:
            unnormalised = blueprint.changed(generator_norm=None)
            self.hidden = ConditionalSequential(
                nn.Linear(inputs, HIDDEN * width), _norm_activation(unnormalised, HIDDEN * width, maps=False)
            )
            inputs = HIDDEN * width
        self.project = nn.Linear(inputs, self.deepest * self.base**2, bias=norm is None)
        self.first = _norm_activation(blueprint, self.deepest)
        self.blocks = _doubling(blueprint, chain, (shape[2], *depth))
        self.output = nn.Tanh() if blueprint.output == "tanh" else nn.Sigmoid()
        self.reference = reference_batch(norm, (latent,), blueprint.generator_takes_labels)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images from latents, of the classes that labels name, int64 [N], -1 where unknown."""
        return with_reference(self, self.reference, self._images, z, labels)

    def _images(self, z: Tensor, labels: Tensor | None) -> Tensor:
        z = self.entrance(z, labels)
        if self.hidden is not None:
            z = self.hidden(z)
        x = self.project(z).view(-1, self.base, self.base, self.deepest).permute(0, 3, 1, 2)
        images: Tensor = self.output(self.blocks(self.first(x, labels), labels))
        return images


def _norm_activation(blueprint: Blueprint, features: int, maps: bool = True) -> NormActivation:
    return NormActivation(
        features,
        blueprint.generator_norm,
        blueprint.generator_slope,
        blueprint.generator_dropout,
        blueprint.generator_noise,
        maps,
        blueprint.classes,
    )


def _doubling(blueprint: Blueprint, chain: tuple[int, ...], depth: tuple[int, ...]) -> ConditionalSequential:
    """The generator's layers from the smallest maps to the image, whose channels are the first of ``depth``."""
    attended = nearest_size(chain[1:], blueprint.attention)
    blocks: list[nn.Module] = []
    for level in range(len(chain) - 2, -1, -1):
        inputs, outputs = depth[level + 1], depth[level]
        if chain[level + 1] == attended:
            blocks.append(SelfAttention(inputs))
        bias = level == 0 or blueprint.generator_norm is None
        mode, kernel, filtered = blueprint.upsampling, blueprint.strided_kernel, blueprint.generator_filtered
        blocks.append(Upsample(inputs, outputs, mode, kernel, bias, filtered, chain[level]))
        if level > 0:
            blocks.append(_norm_activation(blueprint, outputs))
    return ConditionalSequential(*blocks)


class DcganTrunk(nn.Module):
    """From images [N, C, H, W] to the last hidden layer [N, F]: the last maps, flattened, or a hidden dense layer.

    The minibatch standard deviation is one more channel for the convolution that makes the last maps.

    Args:
        blueprint: how the discriminator is built.
        size: height and width of the images.
        inputs: channels of the images.
        width: channels after the first halving.

    Attributes:
        features: F.
    """

    def __init__(self, blueprint: Blueprint, size: int, inputs: int, width: int) -> None:
        super().__init__()
        chain = sizes(size)
        attended = nearest_size(chain[1:], blueprint.attention)
        slope, classes = blueprint.discriminator_slope, blueprint.classes
        blocks: list[nn.Module] = []
        for level, outputs in enumerate(channels(width, len(chain) - 1)):
            norm = None if level == 0 else blueprint.discriminator_norm
            if level == len(chain) - 2 and blueprint.minibatch_stddev:
                blocks.append(MinibatchStddev(blueprint.minibatch_stddev))
                inputs += 1
            mode, kernel, filtered = blueprint.downsampling, blueprint.strided_kernel, blueprint.discriminator_filtered
            blocks.append(Downsample(inputs, outputs, mode, kernel, norm is None, filtered))
            blocks.append(NormActivation(outputs, norm, slope, 0.0, 0.0, True, classes, inplace=True))
            if chain[level + 1] == attended:
                blocks.append(SelfAttention(outputs))
            inputs = outputs
        self.blocks = ConditionalSequential(*blocks)
        self.features = inputs * chain[-1] ** 2
        self.hidden: ConditionalSequential | None = None
        if blueprint.hidden_dense:
            dense = nn.Linear(self.features, HIDDEN * width)
            self.hidden = ConditionalSequential(
                dense, NormActivation(HIDDEN * width, None, slope, 0.0, 0.0, False, classes)
            )
            self.features = HIDDEN * width

    def forward(self, x: Tensor) -> Tensor:
        """Features of images."""
        # Rows, columns, channels: the order in which channels-last maps lie in memory, so flattening copies nothing.
        x = torch.flatten(self.blocks(x).permute(0, 2, 3, 1), 1)
        return x if self.hidden is None else self.hidden(x)


class DcganDiscriminator(Discriminator):
    """From images [N, C, H, W] to logits [N / packing].

    Args:
        blueprint: how it is built; its normalisation is never conditional.
        shape: (H, W, C) of the images, H = W.
        width: channels after the first halving, before the blueprint's factor.

    Source: Radford et al. 2015, section 3.
    """

    def __init__(self, blueprint: Blueprint, shape: tuple[int, int, int], width: int) -> None:
        blueprint = unconditional(blueprint)
        entrance = DiscriminatorInput(blueprint, shape[2], shape[0])
        trunk = DcganTrunk(blueprint, shape[0], entrance.channels, max(1, round(width * blueprint.discriminator_width)))
        norm, labelled = blueprint.discriminator_norm, blueprint.discriminator_takes_labels
        super().__init__(
            entrance,
            trunk,
            Head(blueprint, trunk.features),
            reference_batch(norm, (shape[2], shape[0], shape[1]), labelled),
        )

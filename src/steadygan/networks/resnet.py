"""The residual networks of SNGAN for images of any size from 8 to 256, built from a blueprint."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from steadygan.blueprint import Blueprint, Norm
from steadygan.layers.attention import SelfAttention
from steadygan.layers.minibatch import MinibatchStddev
from steadygan.layers.reference_batch import with_reference
from steadygan.layers.sequential import ConditionalSequential
from steadygan.networks.discriminator import Discriminator
from steadygan.networks.head import Head
from steadygan.networks.hidden import NormActivation, reference_batch
from steadygan.networks.inputs import DiscriminatorInput, GeneratorInput, unconditional
from steadygan.networks.sizes import nearest_size, sizes

SMALL = 32
"""Up to this size networks have the same channels everywhere, as the paper's for CIFAR-10; beyond, channels double."""
GENERATOR_FACTOR = 2
"""For small images the generator has this many times the discriminator's channels: 256 and 128 in the paper."""
SMALL_BLOCKS, SMALL_HALVINGS = 4, 2
"""Blocks of the discriminator of small images, and how many of them halve the maps."""
MOST_DOUBLINGS = 4
"""Channels of large images double at most so often: 64 to 1024."""
IGNORED = frozenset(
    {
        "downsampling",
        "upsampling",
        "generator_filtered",
        "discriminator_filtered",
        "strided_kernel",
        "hidden_dense",
        "icnr_init",
    }
)
"""Fields of the blueprint that change nothing here: residual blocks resample in their own way."""


def _initialised(layer: nn.Conv2d | nn.Linear, gain: float = 1.0) -> None:
    nn.init.xavier_uniform_(layer.weight, gain)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def _convolution(inputs: int, outputs: int, kernel: int, gain: float) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    _initialised(layer, gain)
    return layer


class GeneratorBlock(nn.Module):
    """A residual block that doubles maps: two 3x3 convolutions with nearest neighbours, and a 1x1 shortcut.

    Args:
        blueprint: how it is built.
        inputs: channels in.
        outputs: channels out.
        size: height and width of the output: twice those of the input, or one less.

    Source: Miyato et al. 2018, appendix on network architectures, and their code.
    """

    takes_labels = True

    def __init__(self, blueprint: Blueprint, inputs: int, outputs: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.before1 = _before(blueprint, inputs, blueprint.generator_norm)
        self.convolution1 = _convolution(inputs, outputs, 3, math.sqrt(2))
        self.before2 = _before(blueprint, outputs, blueprint.generator_norm)
        self.convolution2 = _convolution(outputs, outputs, 3, math.sqrt(2))
        self.shortcut = _convolution(inputs, outputs, 1, 1.0)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Double the maps."""
        branch = self.convolution1(self._doubled(self.before1(x, labels)))
        branch = self.convolution2(self.before2(branch, labels))
        # A convolution of 1x1 before doubling gives what it gives after it, at a quarter of the work.
        summed: Tensor = branch + self._doubled(self.shortcut(x))
        return summed

    def _doubled(self, x: Tensor) -> Tensor:
        x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return x if x.shape[-1] == self.size else x[..., : self.size, : self.size]


def _before(blueprint: Blueprint, features: int, norm: Norm | None) -> NormActivation:
    slope, dropout, noise = blueprint.generator_slope, blueprint.generator_dropout, blueprint.generator_noise
    return NormActivation(features, norm, slope, dropout, noise, True, blueprint.classes)


class ResnetGenerator(nn.Module):
    """From a latent [N, D] to images [N, C, H, W] in the blueprint's range.

    Up to 32x32 every block has twice ``width`` channels; beyond, the block nearest to the image has ``width`` and each
    one before it twice as many, up to 16 times. The paper's sizes: width 128 for CIFAR-10, 64 for ImageNet at 128x128.

    The last normalisation is never conditional, as in the authors' code.

    Args:
        blueprint: how it is built.
        shape: (H, W, C) of the images, H = W.
        latent: length of a latent.
        width: see above.

    Source: Miyato et al. 2018, appendix on network architectures, and their code; conditional normalisation as in the
    code of Miyato & Koyama 2018.
    """

    def __init__(self, blueprint: Blueprint, shape: tuple[int, int, int], latent: int, width: int) -> None:
        super().__init__()
        chain = sizes(shape[0])
        depth = generator_channels(shape[0], width)
        self.base, self.deepest = chain[-1], depth[-1]
        self.entrance = GeneratorInput(blueprint, latent)
        self.project = nn.Linear(self.entrance.length, self.deepest * self.base**2)
        _initialised(self.project)
        attended = nearest_size(chain[:-1], blueprint.attention)
        blocks: list[nn.Module] = []
        for level in range(len(chain) - 2, -1, -1):
            blocks.append(GeneratorBlock(blueprint, depth[level + 1], depth[level], chain[level]))
            if chain[level] == attended:
                blocks.append(SelfAttention(depth[level]))
        self.blocks = ConditionalSequential(*blocks)
        norm = blueprint.generator_norm
        last = None if norm is None else norm.model_copy(update={"conditional": False})
        self.last = _before(blueprint, depth[0], last)
        self.image = _convolution(depth[0], shape[2], 3, 1.0)
        self.output = nn.Tanh() if blueprint.output == "tanh" else nn.Sigmoid()
        self.reference = reference_batch(norm, (latent,), blueprint.generator_takes_labels)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images from latents, of the classes that labels name, int64 [N], -1 where unknown."""
        return with_reference(self, self.reference, self._images, z, labels)

    def _images(self, z: Tensor, labels: Tensor | None) -> Tensor:
        x = self.project(self.entrance(z, labels)).view(-1, self.base, self.base, self.deepest).permute(0, 3, 1, 2)
        images: Tensor = self.output(self.image(self.last(self.blocks(x, labels))))
        return images


def generator_channels(resolution: int, width: int) -> tuple[int, ...]:
    """The generator's channels at each size from the image to the smallest maps.

    Args:
        resolution: height and width of the images.
        width: see :class:`ResnetGenerator`.

    Returns:
        As many as there are sizes; the last is what the dense layer makes.
    """
    halvings = len(sizes(resolution)) - 1
    if resolution <= SMALL:
        return (GENERATOR_FACTOR * width,) * (halvings + 1)
    return tuple(width * 2 ** min(level, MOST_DOUBLINGS) for level in range(halvings + 1))


class DiscriminatorBlock(nn.Module):
    """A residual block that may halve maps: two 3x3 convolutions with average pooling, and a shortcut.

    Args:
        blueprint: how it is built.
        inputs: channels in.
        outputs: channels out.
        halves: whether maps become half as large, rounded up.
        of_image: whether the input is the image itself: then no activation comes before the first convolution, and no
            normalisation before the second.

    Source: Miyato et al. 2018, appendix on network architectures; the first block is the authors' ``OptimizedBlock``.
    """

    def __init__(self, blueprint: Blueprint, inputs: int, outputs: int, halves: bool, of_image: bool) -> None:
        super().__init__()
        self.halves = halves
        hidden = outputs if of_image else inputs
        norm, slope = blueprint.discriminator_norm, blueprint.discriminator_slope
        self.before1 = None if of_image else NormActivation(inputs, norm, slope, 0.0, 0.0, True, 0)
        self.convolution1 = _convolution(inputs, hidden, 3, math.sqrt(2))
        self.before2 = NormActivation(hidden, None if of_image else norm, slope, 0.0, 0.0, True, 0)
        self.convolution2 = _convolution(hidden, outputs, 3, math.sqrt(2))
        self.shortcut = _convolution(inputs, outputs, 1, 1.0) if halves or inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        """Halve the maps, or leave them as large."""
        branch = self.convolution1(x if self.before1 is None else self.before1(x))
        branch = self._pooled(self.convolution2(self.before2(branch)))
        # Averages and a convolution of 1x1 may change places; this order is the cheaper one.
        x = self._pooled(x)
        summed: Tensor = branch + (x if self.shortcut is None else self.shortcut(x))
        return summed

    def _pooled(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 2, ceil_mode=True) if self.halves else x


class ResnetTrunk(nn.Module):
    """From images [N, C, H, W] to the last maps summed over their pixels [N, F].

    The minibatch standard deviation is one more channel for the last block.

    Args:
        blueprint: how the discriminator is built.
        size: height and width of the images.
        inputs: channels of the images.
        width: see :class:`ResnetDiscriminator`.

    Attributes:
        features: F.
    """

    def __init__(self, blueprint: Blueprint, size: int, inputs: int, width: int) -> None:
        super().__init__()
        plan = discriminator_plan(size, width)
        made = [sizes(size)[sum(halves for _, halves in plan[: index + 1])] for index in range(len(plan))]
        attended = made.index(nearest_size(made, blueprint.attention)) if blueprint.attention else -1
        blocks: list[nn.Module] = []
        for index, (outputs, halves) in enumerate(plan):
            if index == len(plan) - 1 and blueprint.minibatch_stddev:
                blocks.append(MinibatchStddev(blueprint.minibatch_stddev))
                inputs += 1
            blocks.append(DiscriminatorBlock(blueprint, inputs, outputs, halves, of_image=index == 0))
            if index == attended:
                blocks.append(SelfAttention(outputs))
            inputs = outputs
        self.blocks = ConditionalSequential(*blocks)
        self.last = NormActivation(inputs, None, blueprint.discriminator_slope, 0.0, 0.0, True, 0)
        self.features = inputs

    def forward(self, x: Tensor) -> Tensor:
        """Features of images."""
        return torch.sum(self.last(self.blocks(x)), (2, 3))


class ResnetDiscriminator(Discriminator):
    """From images [N, C, H, W] to logits [N / packing].

    Up to 32x32 it has four blocks of ``width`` channels, of which the first two halve the maps; beyond, maps are halved
    until they are 4x4 (or 3x3), the first time to ``width`` channels, then to twice as many each time, up to 16 times,
    and one block more follows. The paper's sizes: width 128 for CIFAR-10, 64 for ImageNet at 128x128.

    Args:
        blueprint: how it is built; its normalisation is never conditional.
        shape: (H, W, C) of the images, H = W.
        width: see above, before the blueprint's factor.

    Source: Miyato et al. 2018, appendix on network architectures; the pooling by sums is the authors' code's.
    Deviations from that code: images of 64x64 end at 4x4 instead of 2x2, and those of 256x256 reach 16 times the width
    one block earlier.
    """

    def __init__(self, blueprint: Blueprint, shape: tuple[int, int, int], width: int) -> None:
        blueprint = unconditional(blueprint)
        entrance = DiscriminatorInput(blueprint, shape[2], shape[0])
        width = max(1, round(width * blueprint.discriminator_width))
        trunk = ResnetTrunk(blueprint, shape[0], entrance.channels, width)
        # In the authors' code the logit has no bias at 32x32 and one at larger sizes.
        head = Head(blueprint, trunk.features, bias=shape[0] > SMALL)
        for layer in (head.judge, head.classify):
            if layer is not None:
                _initialised(layer)
        images = (shape[2], shape[0], shape[1])
        norm, labelled = blueprint.discriminator_norm, blueprint.discriminator_takes_labels
        super().__init__(entrance, trunk, head, reference_batch(norm, images, labelled))


def discriminator_plan(resolution: int, width: int) -> tuple[tuple[int, bool], ...]:
    """List the discriminator's blocks: their output channels, and whether they halve the maps.

    Args:
        resolution: height and width of the images.
        width: see :class:`ResnetDiscriminator`.
    """
    halvings = len(sizes(resolution)) - 1
    if resolution <= SMALL:
        return tuple((width, index < min(SMALL_HALVINGS, halvings)) for index in range(SMALL_BLOCKS))
    return tuple((width * 2 ** min(index, MOST_DOUBLINGS), index < halvings) for index in range(halvings + 1))

"""The networks of R3GAN: residual blocks without any normalisation, for images of any size from 8 to 256."""

import math

import torch
from torch import Tensor, nn

from steadygan.blueprint import Blueprint
from steadygan.layers.attention import SelfAttention
from steadygan.layers.kernels.convolution import Convolution, channels_last
from steadygan.layers.kernels.leaky_relu import InplaceLeakyReLU
from steadygan.layers.minibatch import MinibatchStddev
from steadygan.layers.stochastic import GeneratorDropout, GeneratorNoise
from steadygan.networks.discriminator import Discriminator
from steadygan.networks.head import Head
from steadygan.networks.inputs import DiscriminatorInput, GeneratorInput
from steadygan.networks.sizes import nearest_size, sizes

SLOPE = 0.2
GAIN = math.sqrt(2 / (1 + SLOPE**2))
"""He's gain of the activation, with which weights keep the variance of activations."""
EXPANSION = 2
"""Residual blocks have this many times the channels of their stage inside."""
KERNEL = 3
SMALL_STAGES = 32
"""Up to this size every stage has the full width; each doubling of the image beyond halves the channels once more."""
GROUP = 16
"""Channels in a group of the grouped convolutions, as in the paper: 1536 in 96 groups."""

IGNORED = frozenset(
    {
        "downsampling",
        "upsampling",
        "generator_filtered",
        "discriminator_filtered",
        "strided_kernel",
        "hidden_dense",
        "generator_norm",
        "discriminator_norm",
        "generator_slope",
        "discriminator_slope",
        "init_std",
        "icnr_init",
        "generator_spectral",
        "discriminator_spectral",
        "equalised",
    }
)
"""Fields of the blueprint that change nothing here: blocks, resampling and initial weights depend on each other."""


def stage_widths(resolution: int, width: int) -> tuple[int, ...]:
    """Channels of the stages from the largest maps to the smallest.

    Args:
        resolution: height and width of the images.
        width: channels of the stages up to 32x32; 64x64 has half as many, 128x128 a quarter, 256x256 an eighth.

    Returns:
        As many as there are sizes, each at least 1.
    """
    halved = (max(0, math.ceil(math.log2(size / SMALL_STAGES))) for size in sizes(resolution))
    return tuple(max(1, width // 2**times) for times in halved)


def cardinality(channels: int) -> int:
    """Groups of a block's grouped convolution: the most that divide its channels, with 16 channels in each or more."""
    return next(groups for groups in range(max(1, channels // GROUP), 0, -1) if channels % groups == 0)


def _he(layer: nn.Linear | nn.Conv2d, gain: float = 1.0) -> None:
    fan_in = layer.weight[0].numel()
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(fan_in))


def _convolution(
    inputs: int, outputs: int, kernel: int = 1, groups: int = 1, gain: float = 1.0, bias: bool = False
) -> Convolution:
    layer = Convolution(inputs, outputs, kernel, groups, bias)
    _he(layer, gain)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


class Resample(nn.Module):
    """A convolution of 1x1 where channels change, and bilinear doubling or halving; sizes need not be even.

    Beyond the border is 0.

    Args:
        inputs: channels in.
        outputs: channels out; a convolution is needed only if they differ from those in.
        size: height and width of the output when maps are doubled; 0 for halving, to half the size rounded up.
    """

    def __init__(self, inputs: int, outputs: int, size: int = 0) -> None:
        super().__init__()
        self.size = size
        self.convolution = _convolution(inputs, outputs) if inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        """Resample; the convolution sees the smaller maps."""
        if not self.size:
            x = _times(_spread(x.shape[-1], x).T / 2, x)
        if self.convolution is not None:
            x = self.convolution(x)
        return _times(_spread(self.size, x), x) if self.size else x


def _spread(size: int, like: Tensor) -> Tensor:
    """The matrix that doubles a line of ceil(size / 2) pixels, [size, ceil(size / 2)].

    Each pixel spreads over four with the weights [1, 3, 3, 1] / 4, the filter [1, 2, 1] convolved with the box [1, 1];
    the transpose halves a line, with twice the weights.
    """
    large = torch.arange(size, device=like.device)
    small = torch.arange((size + 1) // 2, device=like.device)
    distance = (large[:, None] / 2 - 0.25 - small).abs()
    return (1 - distance).clamp_min(0).to(like.dtype)


def _times(matrix: Tensor, x: Tensor) -> Tensor:
    """Every column of every map times the matrix, then every row.

    Dense, because matrix products are quick everywhere, with derivatives of every order, while convolutions of single
    channels are not: a transposed one in bf16 takes a CPU fifty times as long.
    """
    count, channels, height, width = x.shape
    # Channels last, as networks are laid out in memory, so that nothing is copied.
    x = torch.matmul(matrix, x.permute(0, 2, 3, 1).reshape(count, height, width * channels))
    x = torch.matmul(matrix, x.view(-1, width, channels))
    return x.view(count, len(matrix), len(matrix), channels).permute(0, 3, 1, 2)


class ResidualBlock(nn.Module):
    """x + W3 f(W2 f(W1 x)), W2 a grouped convolution, f a bias and a leaky rectifier; begins as x, since W3 = 0.

    Args:
        channels: in and out; inside there are twice as many.
        depth: blocks in the whole network, with which the variance of the initial weights falls.
        dropout: share of activations that become 0.
        noise: standard deviation of the noise that is added to activations.

    Source: Huang et al. 2025, and their code; initial weights as in Zhang et al. 2019 (Fixup), section 3.
    """

    def __init__(self, channels: int, depth: int, dropout: float = 0.0, noise: float = 0.0) -> None:
        super().__init__()
        inside = channels * EXPANSION
        gain = GAIN * depth ** (-1 / 4)  # depth^(-1 / (2m - 2)) for branches of m = 3 layers
        self.branch = nn.Sequential(
            _convolution(channels, inside, gain=gain, bias=True),
            *_units(dropout, noise),
            _convolution(inside, inside, KERNEL, cardinality(inside), gain, bias=True),
            *_units(dropout, noise),
            _convolution(inside, channels, gain=0.0),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Add the branch."""
        summed: Tensor = x + self.branch(x)
        return summed


def _units(dropout: float, noise: float) -> list[nn.Module]:
    units: list[nn.Module] = [InplaceLeakyReLU(SLOPE)]
    if noise > 0:
        units.append(GeneratorNoise(noise))
    if dropout > 0:
        units.append(GeneratorDropout(dropout))
    return units


class R3ganGenerator(nn.Module):
    """From a latent [N, D] to images [N, C, H, W].

    The last layer is linear, as in the authors' code: the blueprint's output only says the range of real images.
    Labels enter as they do there, whatever asks for them: a vector of the blueprint's dimension (otherwise as long as
    the latent) beside z.

    Args:
        blueprint: how it is built; :data:`IGNORED` says which fields change nothing.
        shape: (H, W, C) of the images, H = W.
        latent: length of a latent; 64 in the paper.
        width: channels of the stages up to 32x32; 768 in the paper for CIFAR-10 and FFHQ.
        blocks: residual blocks in each stage; 2 in the paper.

    Source: Huang et al. 2025, and their code (R3GAN/Networks.py; sizes in train.py).
    """

    reference: None = None

    def __init__(self, blueprint: Blueprint, shape: tuple[int, int, int], latent: int, width: int, blocks: int) -> None:
        super().__init__()
        chain, widths = sizes(shape[0]), stage_widths(shape[0], width)
        if blueprint.generator_takes_labels and not blueprint.generator_embedding:
            blueprint = blueprint.changed(generator_embedding=latent)
        self.entrance = GeneratorInput(blueprint, latent)
        if self.entrance.embed is not None:
            nn.init.normal_(self.entrance.embed.table.weight, 0.0, blueprint.classes**-0.5)
        self.basis = nn.Parameter(torch.randn(widths[-1], chain[-1], chain[-1]))
        self.project = nn.Linear(self.entrance.length, widths[-1], bias=False)
        _he(self.project)
        attended = nearest_size(chain, blueprint.attention)
        dropout, noise = blueprint.generator_dropout, blueprint.generator_noise
        stages: list[nn.Module] = []
        for level in range(len(chain) - 1, -1, -1):
            if level < len(chain) - 1:
                stages.append(Resample(widths[level + 1], widths[level], chain[level]))
            stages += [ResidualBlock(widths[level], blocks * len(chain), dropout, noise) for _ in range(blocks)]
            if chain[level] == attended:
                stages.append(SelfAttention(widths[level]))
        self.stages = nn.Sequential(*stages)
        self.image = _convolution(widths[0], shape[2])

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images from latents, of the classes that labels name, int64 [N], -1 where unknown."""
        scales: Tensor = self.project(self.entrance(z, labels))
        images: Tensor = self.image(self.stages(channels_last(self.basis * scales[:, :, None, None])))
        return images


class R3ganTrunk(nn.Module):
    """From images [N, C, H, W] to features [N, F]: each map of the last stage weighted by a basis of its own, summed.

    The minibatch standard deviation is one more channel of the last halving, which then has a convolution.

    Args:
        blueprint: how the discriminator is built.
        size: height and width of the images.
        inputs: channels of the images.
        width: channels of the stages up to 32x32.
        blocks: residual blocks in each stage.
        mixed: length of the features, if a dense layer shall make them; 0 for none.

    Attributes:
        features: F.
    """

    def __init__(self, blueprint: Blueprint, size: int, inputs: int, width: int, blocks: int, mixed: int = 0) -> None:
        super().__init__()
        chain, widths = sizes(size), stage_widths(size, width)
        attended = nearest_size(chain, blueprint.attention)
        self.image = _convolution(inputs, widths[0])
        stages: list[nn.Module] = []
        for level, channels in enumerate(widths):
            stages += [ResidualBlock(channels, blocks * len(chain)) for _ in range(blocks)]
            if chain[level] == attended:
                stages.append(SelfAttention(channels))
            if level == len(chain) - 1:
                break
            if level == len(chain) - 2 and blueprint.minibatch_stddev:
                stages.append(MinibatchStddev(blueprint.minibatch_stddev))
                channels += 1
            stages.append(Resample(channels, widths[level + 1]))
        self.stages = nn.Sequential(*stages)
        self.basis = nn.Conv2d(widths[-1], widths[-1], chain[-1], groups=widths[-1], bias=False)
        _he(self.basis)
        self.mix: nn.Linear | None = None
        self.features = mixed or widths[-1]
        if mixed:
            self.mix = nn.Linear(widths[-1], mixed, bias=False)
            _he(self.mix)

    def forward(self, x: Tensor) -> Tensor:
        """Features of images."""
        features: Tensor = self.basis(self.stages(self.image(x))).flatten(1)
        return features if self.mix is None else self.mix(features)


class R3ganDiscriminator(Discriminator):
    """From images [N, C, H, W] to logits [N / packing].

    Labels enter as in the authors' code, whatever asks for them: the logit is the inner product of a dense layer's
    answer and the class's embedding, both of the blueprint's dimension (otherwise the width), and has no part that is
    the same for all classes. An image of unknown class so has the logit 0, unless other heuristics add to it.

    Args:
        blueprint: how it is built; :data:`IGNORED` says which fields change nothing.
        shape: (H, W, C) of the images, H = W.
        width: channels of the stages up to 32x32, before the blueprint's factor; 768 in the paper.
        blocks: residual blocks in each stage; 2 in the paper.

    Source: Huang et al. 2025, and their code (R3GAN/Networks.py; sizes in train.py).
    """

    def __init__(self, blueprint: Blueprint, shape: tuple[int, int, int], width: int, blocks: int) -> None:
        width = max(1, round(width * blueprint.discriminator_width))
        labelled = blueprint.discriminator_takes_labels
        mixed = (blueprint.discriminator_embedding or stage_widths(shape[0], width)[-1]) if labelled else 0
        blueprint = blueprint.changed(discriminator_embedding=0, projection=labelled)
        entrance = DiscriminatorInput(blueprint, shape[2], shape[0])
        trunk = R3ganTrunk(blueprint, shape[0], entrance.channels, width, blocks, mixed)
        head = Head(blueprint, trunk.features, bias=False, unconditional=not labelled)
        if head.judge is not None:
            _he(head.judge)
        if head.embed is not None:
            nn.init.normal_(head.embed.weight, 0.0, (blueprint.classes * mixed) ** -0.5)
        super().__init__(entrance, trunk, head, None)

"""R3GAN's networks: the published sizes, and layers by hand.

Numbers of parameters are those of the authors' code (brownvc/R3GAN, R3GAN/Networks.py) with the settings of train.py.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from steadygan.blueprint import Blueprint
from steadygan.networks import build
from steadygan.networks.r3gan import (
    GAIN,
    R3ganDiscriminator,
    R3ganGenerator,
    R3ganTrunk,
    Resample,
    ResidualBlock,
    cardinality,
    stage_widths,
)

pytestmark = pytest.mark.usefixtures("float64")


def _pair(
    blueprint: Blueprint, size: int = 16, latent: int = 5, width: int = 8
) -> tuple[R3ganGenerator, R3ganDiscriminator]:
    generator, discriminator, _ = build("r3gan", blueprint, (size, size, 3), latent, width)
    assert isinstance(generator, R3ganGenerator)
    assert isinstance(discriminator, R3ganDiscriminator)
    return generator, discriminator


@pytest.mark.parametrize(
    ("size", "classes", "generator", "discriminator"),
    [
        (32, 0, 20_732_160, 20_683_776),
        (32, 10, 20_781_952, 21_280_512),
        (64, 0, 22_429_824, 22_381_440),
        (256, 0, 23_057_952, 23_009_568),
    ],
)
def test_parameters_are_the_papers(size: int, classes: int, generator: int, discriminator: int) -> None:
    blueprint = Blueprint(classes=classes)
    if classes:
        blueprint = blueprint.changed(projection=True, generator_embedding=64)
    with torch.device("meta"):
        pair = _pair(blueprint, size, 64, 768)
    assert [sum(p.numel() for p in each.parameters()) for each in pair] == [generator, discriminator]


def test_stages_and_groups_are_the_papers() -> None:
    assert stage_widths(256, 768) == (96, 192, 384, 768, 768, 768, 768)
    assert stage_widths(28, 32) == (32,) * 4
    assert stage_widths(33, 5)[0] == 2
    assert stage_widths(256, 1) == (1,) * 7
    assert [cardinality(2 * width) for width in (768, 384, 192, 96)] == [96, 48, 24, 12]


@pytest.mark.parametrize("channels", [1, 2, 15, 16, 31, 33, 50, 194])
def test_groups_divide_their_channels(channels: int) -> None:
    groups = cardinality(channels)
    assert channels % groups == 0
    assert groups == 1 or channels // groups >= 16


def _spread(x: Tensor) -> Tensor:
    """Each pixel goes to 4x4 of the doubled map with weights [1, 3, 3, 1] / 4 in each direction."""
    size = x.shape[-1]
    weights = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 4
    large = torch.zeros(*x.shape[:2], 2 * size + 2, 2 * size + 2)
    for row in range(size):
        for column in range(size):
            patch = x[:, :, row, column, None, None] * weights[:, None] * weights
            large[:, :, 2 * row : 2 * row + 4, 2 * column : 2 * column + 4] += patch
    return large[..., 1:-1, 1:-1]


def _gathered(x: Tensor) -> Tensor:
    """Each pixel of the halved map is the mean of 4x4 with weights [1, 3, 3, 1]; beyond the border is 0."""
    half = math.ceil(x.shape[-1] / 2)
    padded = torch.zeros(*x.shape[:2], 2 * half + 2, 2 * half + 2)
    padded[..., 1 : 1 + x.shape[-1], 1 : 1 + x.shape[-1]] = x
    weights = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    patches = [
        [
            (padded[..., 2 * i : 2 * i + 4, 2 * j : 2 * j + 4] * weights[:, None] * weights).sum((2, 3))
            for j in range(half)
        ]
        for i in range(half)
    ]
    return torch.stack([torch.stack(row, 2) for row in patches], 2)


@pytest.mark.parametrize("size", [8, 7])
def test_doubling_by_hand(size: int) -> None:
    x = torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(Resample(3, 3, size)(x), _spread(x)[..., :size, :size])
    widening = Resample(3, 5, size)
    assert widening.convolution is not None
    torch.testing.assert_close(widening(x), _spread(widening.convolution(x))[..., :size, :size])


@pytest.mark.parametrize("size", [8, 7])
def test_halving_by_hand(size: int) -> None:
    x = torch.randn(2, 3, size, size)
    torch.testing.assert_close(Resample(3, 3)(x), _gathered(x))


def test_doubling_is_bilinear_inside() -> None:
    x = torch.randn(1, 2, 6, 6)
    bilinear = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
    torch.testing.assert_close(Resample(2, 2, 12)(x)[..., 1:-1, 1:-1], bilinear[..., 1:-1, 1:-1])


def test_blocks_begin_as_the_identity_and_add_a_branch() -> None:
    block, x = ResidualBlock(16, depth=4), torch.randn(2, 16, 4, 4)
    assert torch.equal(block(x), x)
    for parameter in block.parameters():
        nn.init.normal_(parameter, 0.0, 0.3)
    first, one, second, two, third = block.branch.parameters()

    def lifted(maps: Tensor, bias: Tensor) -> Tensor:
        shifted = maps + bias[:, None, None]
        return torch.maximum(shifted, 0.2 * shifted)

    inner = F.conv2d(lifted(F.conv2d(x, first), one), second, padding=1, groups=2)
    torch.testing.assert_close(block(x), x + F.conv2d(lifted(inner, two), third))


def test_initial_weights_shrink_with_the_depth() -> None:
    torch.manual_seed(0)
    for depth in (1, 16):
        first, _, second, _, _ = ResidualBlock(64, depth).branch.parameters()
        for weights, fan_in in ((first, 64), (second, 16 * 9)):
            expected = GAIN * depth**-0.25 / math.sqrt(fan_in)
            assert float(weights.detach().std()) == pytest.approx(expected, rel=0.05)
    assert pytest.approx(math.sqrt(2 / 1.04)) == GAIN


def test_images_begin_at_a_basis_weighted_by_the_latent() -> None:
    generator, _ = _pair(Blueprint(), size=8)
    z = torch.randn(2, 5)
    weights = z @ generator.project.weight.T
    basis = torch.stack([generator.basis * row[:, None, None] for row in weights])
    resample = next(module for module in generator.stages if isinstance(module, Resample))
    torch.testing.assert_close(generator(z), generator.image(resample(basis)))  # all blocks begin as the identity


def test_the_logit_is_the_inner_product_with_the_class() -> None:
    _, discriminator = _pair(Blueprint(classes=3, projection=True))
    x, labels = torch.randn(3, 3, 16, 16), torch.tensor([2, 0, -1])
    answer = discriminator.discriminate(x, labels)
    assert discriminator.head.embed is not None
    rows = discriminator.head.embed.weight
    expected = torch.stack([answer.features[0] @ rows[2], answer.features[1] @ rows[0], torch.zeros(())])
    torch.testing.assert_close(answer.logits, expected)
    trunk = discriminator.trunk
    assert isinstance(trunk, R3ganTrunk)
    assert trunk.mix is not None
    seen = (trunk.stages(trunk.image(x)) * trunk.basis.weight[:, 0]).sum((2, 3))
    torch.testing.assert_close(answer.features, seen @ trunk.mix.weight.T)


def test_the_logit_without_labels_has_no_bias() -> None:
    _, discriminator = _pair(Blueprint())
    answer = discriminator.discriminate(torch.randn(2, 3, 16, 16))
    assert discriminator.head.judge is not None
    torch.testing.assert_close(answer.logits, answer.features @ discriminator.head.judge.weight[0])


@pytest.mark.parametrize("blocks", [1, 3])
def test_the_number_of_blocks_is_each_stages(blocks: int) -> None:
    for network in build("r3gan", Blueprint(), (16, 16, 1), 5, 4, blocks=blocks)[:2]:
        assert sum(isinstance(module, ResidualBlock) for module in network.modules()) == 3 * blocks

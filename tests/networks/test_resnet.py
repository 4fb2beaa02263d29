"""SNGAN's residual networks: the published sizes, and blocks by hand."""

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from steadygan.blueprint import Blueprint, Norm
from steadygan.layers.attention import SelfAttention
from steadygan.layers.minibatch import MinibatchStddev
from steadygan.networks import build
from steadygan.networks.resnet import (
    DiscriminatorBlock,
    GeneratorBlock,
    ResnetDiscriminator,
    ResnetGenerator,
    ResnetTrunk,
    discriminator_plan,
    generator_channels,
)

pytestmark = pytest.mark.usefixtures("float64")

PAPER = Blueprint(generator_norm=Norm(), output="tanh")


def _count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _pair(blueprint: Blueprint, size: int, width: int = 4) -> tuple[ResnetGenerator, ResnetDiscriminator]:
    torch.manual_seed(0)
    generator, discriminator, _ = build("resnet", blueprint, (size, size, 3), 5, width)
    assert isinstance(generator, ResnetGenerator)
    assert isinstance(discriminator, ResnetDiscriminator)
    return generator, discriminator


def _block(inputs: int, hidden: int, outputs: int) -> int:
    """Parameters of two convolutions of 3x3 and a shortcut of 1x1, all with biases."""
    return 9 * inputs * hidden + hidden + 9 * hidden * outputs + outputs + inputs * outputs + outputs


def test_parameters_on_cifar_are_the_papers() -> None:
    """Counted from the layers of resnet_32.py and snresnet_32.py in pfnet-research/sngan_projection."""
    with torch.device("meta"):
        networks = build("resnet", PAPER, (32, 32, 3), 128, 128)
    dense, norms, image = 129 * 16 * 256, (3 * 2 + 1) * 2 * 256, 9 * 256 * 3 + 3
    assert _count(networks.generator) == dense + 3 * _block(256, 256, 256) + norms + image == 4_276_739
    flat = 2 * (9 * 128 * 128 + 128)
    expected = _block(3, 128, 128) + _block(128, 128, 128) + 2 * flat + 128
    assert _count(networks.discriminator) == expected == 1_053_824


def test_parameters_at_128_are_the_papers() -> None:
    """Counted from the layers of resnet.py and snresnet.py in pfnet-research/sngan_projection."""
    with torch.device("meta"):
        networks = build("resnet", PAPER, (128, 128, 3), 128, 64)
    widths = [1024, 1024, 512, 256, 128, 64]
    blocks = sum(_block(i, o, o) + 2 * (i + o) for i, o in pairwise(widths))
    assert _count(networks.generator) == 129 * 16 * 1024 + blocks + 2 * 64 + 9 * 64 * 3 + 3
    widths = [64, 128, 256, 512, 1024]
    blocks = sum(_block(i, i, o) for i, o in pairwise(widths))
    flat = 2 * (9 * 1024 * 1024 + 1024)
    assert _count(networks.discriminator) == _block(3, 64, 64) + blocks + flat + 1024 + 1


def test_channels_and_halvings() -> None:
    assert generator_channels(32, 128) == (256,) * 4
    assert generator_channels(8, 4) == (8, 8)
    assert generator_channels(64, 64) == (64, 128, 256, 512, 1024)
    assert generator_channels(256, 1) == (1, 2, 4, 8, 16, 16, 16)
    assert discriminator_plan(28, 3) == ((3, True), (3, True), (3, False), (3, False))
    assert discriminator_plan(8, 3) == ((3, True), (3, False), (3, False), (3, False))
    assert discriminator_plan(64, 1) == ((1, True), (2, True), (4, True), (8, True), (16, False))
    assert discriminator_plan(256, 1)[-3:] == ((16, True), (16, True), (16, False))


@pytest.mark.parametrize("size", [8, 7])
def test_a_generators_block_by_hand(size: int) -> None:
    block, x = GeneratorBlock(Blueprint(), 3, 5, size), torch.randn(2, 3, 4, 4)

    def doubled(maps: Tensor) -> Tensor:
        return maps.repeat_interleave(2, 2).repeat_interleave(2, 3)[..., :size, :size]

    branch = block.convolution2(block.convolution1(doubled(x.clamp(min=0))).clamp(min=0))
    torch.testing.assert_close(block(x), branch + block.shortcut(doubled(x)))


def _averages(x: Tensor) -> Tensor:
    sides = range(0, x.shape[-1], 2)
    rows = [torch.stack([x[..., i : i + 2, j : j + 2].mean((2, 3)) for j in sides], 2) for i in sides]
    return torch.stack(rows, 2)


@pytest.mark.parametrize("size", [6, 7])
@pytest.mark.parametrize("of_image", [True, False])
def test_a_halving_block_by_hand(size: int, of_image: bool) -> None:
    block = DiscriminatorBlock(Blueprint(discriminator_slope=0.2), 3, 5, halves=True, of_image=of_image)
    x = torch.randn(2, 3, size, size)
    branch = block.convolution1(x if of_image else F.leaky_relu(x, 0.2))
    branch = _averages(block.convolution2(F.leaky_relu(branch, 0.2)))
    assert block.shortcut is not None
    torch.testing.assert_close(block(x), branch + _averages(block.shortcut(x)))


def test_a_block_of_one_size_adds_its_input_as_it_is() -> None:
    block, x = DiscriminatorBlock(Blueprint(), 3, 3, halves=False, of_image=False), torch.randn(2, 3, 4, 4)
    before = x.clone()
    torch.testing.assert_close(block(x), block.convolution2(block.convolution1(x.relu()).relu()) + before)
    assert block.shortcut is None
    assert torch.equal(x, before)


def test_features_are_sums_over_the_last_maps() -> None:
    _, discriminator = _pair(Blueprint(), 8)
    x = torch.randn(2, 3, 8, 8)
    assert isinstance(discriminator.trunk, ResnetTrunk)
    features = discriminator.trunk.blocks(x).relu().sum((2, 3))
    torch.testing.assert_close(discriminator.discriminate(x).features, features)
    assert discriminator.head.judge is not None
    torch.testing.assert_close(discriminator(x), features @ discriminator.head.judge.weight[0])


def test_initial_weights_are_glorots_with_a_gain_inside_blocks() -> None:
    generator, _ = _pair(PAPER, 32, width=32)
    block = generator.blocks[0]
    assert isinstance(block, GeneratorBlock)
    for layer, gain in ((block.convolution1, 2**0.5), (block.shortcut, 1.0)):
        inputs, area = layer.in_channels, layer.kernel_size[0] ** 2
        bound = gain * (6 / (inputs * area + layer.out_channels * area)) ** 0.5
        assert 0.98 * bound < float(layer.weight.detach().abs().max()) <= bound
        assert layer.bias is not None
        assert not layer.bias.any()


def test_norms_stand_before_activations_and_the_last_one_knows_no_classes() -> None:
    norm = Norm(conditional=True)
    blueprint = Blueprint(classes=3, generator_norm=norm, discriminator_norm=Norm())
    generator, discriminator = _pair(blueprint, 16)
    scales = [name for name, _ in generator.named_parameters() if name.endswith("scales")]
    assert len(scales) == 4  # two in each of two blocks
    assert not any(name.startswith("last") for name in scales)
    norms = [module.num_features for module in discriminator.modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms == [4] * 6  # none in the first of four blocks


@pytest.mark.parametrize(
    ("size", "wanted", "generated", "judged"), [(32, 16, 16, 16), (32, 64, 32, 16), (32, 1, 8, 8), (64, 30, 32, 32)]
)
def test_attention_stands_at_the_nearest_maps(size: int, wanted: int, generated: int, judged: int) -> None:
    seen: list[int] = []
    generator, discriminator = _pair(Blueprint(attention=wanted), size)
    for network in (generator, discriminator):
        (layer,) = [module for module in network.modules() if isinstance(module, SelfAttention)]
        layer.register_forward_hook(lambda _, given, made: seen.append(made.shape[-1]))
    discriminator(generator(torch.randn(1, 5)))
    assert seen == [generated, judged]


def test_the_standard_deviation_is_a_channel_of_the_last_block() -> None:
    _, discriminator = _pair(Blueprint(minibatch_stddev=4), 16)
    assert isinstance(discriminator.trunk, ResnetTrunk)
    *_, appended, last = discriminator.trunk.blocks
    assert isinstance(appended, MinibatchStddev)
    assert isinstance(last, DiscriminatorBlock)
    assert last.convolution1.in_channels == 5

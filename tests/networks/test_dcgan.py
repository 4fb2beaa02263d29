"""Shapes for every size, and that each option of the blueprint changes what it says."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from steadygan.blueprint import Blueprint, Norm
from steadygan.errors import SteadyganError
from steadygan.layers.resample import Downsample, Upsample
from steadygan.layers.stochastic import GeneratorDropout
from steadygan.networks import build
from steadygan.networks.dcgan import DcganDiscriminator, DcganGenerator, channels
from steadygan.networks.sizes import sizes

NORM = Norm(momentum=0.1, eps=1e-5)
LATENT = 3
DCGAN = Blueprint(
    downsampling="strided", upsampling="transposed", hidden_dense=False, generator_norm=NORM, discriminator_norm=NORM
)


def _pair(
    blueprint: Blueprint, size: int = 8, colours: int = 1, width: int = 2
) -> tuple[DcganGenerator, DcganDiscriminator]:
    generator, discriminator, _ = build("dcgan", blueprint, (size, size, colours), LATENT, width)
    assert isinstance(generator, DcganGenerator)
    assert isinstance(discriminator, DcganDiscriminator)
    return generator, discriminator


def _of(network: nn.Module, *kinds: type[nn.Module]) -> list[nn.Module]:
    return [module for module in network.modules() if isinstance(module, kinds)]


def test_odd_sizes_are_halved_upwards() -> None:
    assert sizes(28) == (28, 14, 7, 4)
    assert sizes(64) == (64, 32, 16, 8, 4)
    assert sizes(8) == (8, 4)
    assert sizes(9) == (9, 5, 3)


@pytest.mark.parametrize("size", range(8, 257))
def test_each_size_is_half_of_the_one_before_down_to_four_or_three(size: int) -> None:
    chain = sizes(size)
    assert chain[0] == size
    assert all(2 * small in (large, large + 1) for large, small in pairwise(chain))
    assert chain[-1] in (3, 4)


def test_channels_double_up_to_eight_times_the_width() -> None:
    assert channels(64, 6) == (64, 128, 256, 512, 512, 512)


@pytest.mark.parametrize("upsampling", ["nearest", "transposed", "pixel-shuffle"])
@pytest.mark.parametrize("size", [8, 9, 11, 13, 17, 28, 33, 49, 64])
def test_generators_make_images_of_every_size(size: int, upsampling: str) -> None:
    generator = _pair(DCGAN.changed(upsampling=upsampling), size, colours=3)[0]
    assert generator(torch.randn(2, LATENT)).shape == (2, 3, size, size)


@pytest.mark.parametrize("downsampling", ["max-pooling", "strided", "average-pooling"])
@pytest.mark.parametrize("size", [8, 9, 11, 13, 17, 28, 33, 49, 64])
def test_discriminators_judge_images_of_every_size(size: int, downsampling: str) -> None:
    discriminator = _pair(DCGAN.changed(downsampling=downsampling), size)[1]
    assert discriminator(torch.randn(2, 1, size, size)).shape == (2,)


@pytest.mark.parametrize("size", [128, 255, 256])
def test_the_largest_sizes_run(size: int) -> None:
    generator, discriminator = _pair(DCGAN, size, width=1)
    assert discriminator(generator(torch.randn(2, LATENT))).shape == (2,)


@pytest.mark.parametrize("size", [8, 28, 33, 64])
def test_maps_go_through_the_sizes_without_distortion(size: int) -> None:
    generator, discriminator = _pair(DCGAN, size)
    up: list[int] = []
    down: list[int] = []
    for layer in _of(generator, Upsample):
        layer.register_forward_hook(lambda _, given, made: up.append(made.shape[-1]))
    for layer in _of(discriminator, Downsample):
        layer.register_forward_hook(lambda _, given, made: down.append(made.shape[-1]))
    discriminator(generator(torch.randn(2, LATENT)))
    assert up == [*sizes(size)[-2::-1]]
    assert down == [*sizes(size)[1:]]


@pytest.mark.parametrize("size", [9, 13, 28, 33])
@pytest.mark.parametrize("downsampling", ["max-pooling", "strided", "average-pooling"])
def test_every_pixel_counts(size: int, downsampling: str) -> None:
    """An odd size loses neither its last row nor its last column."""
    torch.manual_seed(0)
    blueprint = DCGAN.changed(downsampling=downsampling, discriminator_norm=None, discriminator_slope=0.2)
    x = torch.randn(64, 1, size, size, requires_grad=True)
    (gradient,) = torch.autograd.grad(_pair(blueprint, size)[1](x).sum(), x)
    assert bool((gradient.abs().amax(0) > 0).all())


@pytest.mark.parametrize(
    "shape", [(7, 7, 1), (257, 257, 1), (8, 9, 1), (8, 8, 2), (8, 8, 4)], ids=lambda shape: "x".join(map(str, shape))
)
def test_other_shapes_are_refused_with_their_shape(shape: tuple[int, int, int]) -> None:
    with pytest.raises(SteadyganError, match="x".join(map(str, shape))):
        build("dcgan", Blueprint(), shape, LATENT, 2)


def test_networks_refuse_data_of_the_other_kind() -> None:
    with pytest.raises(SteadyganError, match="vectors of 3 numbers; use mlp"):
        build("dcgan", Blueprint(), (3,), LATENT, 2)
    with pytest.raises(SteadyganError, match="network=dcgan"):
        build("mlp", Blueprint(), (8, 8, 1), LATENT, 2)


# --- what the blueprint changes


def test_strided_convolutions_replace_pooling() -> None:
    for downsampling, stride in (("max-pooling", 1), ("average-pooling", 1), ("strided", 2)):
        convolutions = _of(_pair(DCGAN.changed(downsampling=downsampling))[1], nn.Conv2d)
        assert {each.stride for each in convolutions} == {(stride, stride)}


@pytest.mark.parametrize("kernel", [4, 5, 6])
def test_the_kernel_of_strided_layers_is_the_blueprints(kernel: int) -> None:
    generator, discriminator = _pair(DCGAN.changed(strided_kernel=kernel), size=28)
    layers = [*_of(generator, nn.ConvTranspose2d), *_of(discriminator, nn.Conv2d)]
    assert {each.kernel_size for each in layers} == {(kernel, kernel)}
    assert discriminator(generator(torch.randn(2, LATENT))).shape == (2,)


def test_the_kernel_of_other_layers_stays_three() -> None:
    blueprint = DCGAN.changed(strided_kernel=4, upsampling="nearest", downsampling="max-pooling")
    generator, discriminator = _pair(blueprint)
    assert {each.kernel_size for each in _of(nn.ModuleList([generator, discriminator]), nn.Conv2d)} == {(3, 3)}


def test_hidden_dense_layers_come_and_go() -> None:
    for hidden, count in ((True, 2), (False, 1)):
        for network in _pair(DCGAN.changed(hidden_dense=hidden)):
            assert len(_of(network, nn.Linear)) == count


def test_norm_stands_behind_every_hidden_layer_but_the_discriminators_first() -> None:
    generator, discriminator = _pair(DCGAN, size=32)
    assert [norm.num_features for norm in _of(generator, nn.BatchNorm2d)] == [8, 4, 2]
    assert [norm.num_features for norm in _of(discriminator, nn.BatchNorm2d)] == [4, 8]
    momentous = _pair(DCGAN.changed(generator_norm=Norm(momentum=0.3, eps=0.01)))[0]
    assert [(norm.momentum, norm.eps) for norm in momentous.modules() if isinstance(norm, nn.BatchNorm2d)] == [
        (0.3, 0.01)
    ]


def test_there_is_no_bias_before_a_norm_and_one_everywhere_else() -> None:
    generator, discriminator = _pair(DCGAN, size=32)
    assert [layer.bias is not None for layer in _of(generator, nn.Linear, nn.ConvTranspose2d)] == [False] * 3 + [True]
    assert [layer.bias is not None for layer in _of(discriminator, nn.Conv2d, nn.Linear)] == [True, False, False, True]
    for network in _pair(DCGAN.changed(generator_norm=None, discriminator_norm=None), size=32):
        assert all(layer.bias is not None for layer in _of(network, nn.Linear, nn.Conv2d, nn.ConvTranspose2d))
        assert not _of(network, nn.BatchNorm2d)


def test_slopes_are_each_players_own() -> None:
    generator, discriminator = _pair(DCGAN.changed(generator_slope=0.1, discriminator_slope=0.3), size=16)
    assert {each.negative_slope for each in _of(generator, nn.LeakyReLU)} == {0.1}
    assert {each.negative_slope for each in _of(discriminator, nn.LeakyReLU)} == {0.3}
    for network in _pair(DCGAN):
        assert not _of(network, nn.LeakyReLU)
        assert _of(network, nn.ReLU)


def test_outputs_fill_their_range() -> None:
    for output, low in (("tanh", -1.0), ("sigmoid", 0.0)):
        torch.manual_seed(0)
        made = _pair(DCGAN.changed(output=output, init_std=1.0))[0](torch.randn(200, LATENT)).detach()
        assert float(made.min()) == pytest.approx(low, abs=0.01)
        assert float(made.max()) == pytest.approx(1.0, abs=0.01)
        assert DCGAN.changed(output=output).image_range == (low, 1.0)


def test_dropout_stays_on_in_evaluation() -> None:
    plain, dropping = (_pair(DCGAN.changed(generator_dropout=share))[0].eval() for share in (0.0, 0.5))
    z = torch.randn(2, LATENT)
    assert torch.equal(plain(z), plain(z))
    assert not torch.equal(dropping(z), dropping(z))
    assert not _of(_pair(DCGAN.changed(generator_dropout=0.5))[1], GeneratorDropout)


def test_the_discriminators_width_has_a_factor_of_its_own() -> None:
    usual, wide = (_pair(DCGAN.changed(discriminator_width=factor), size=32, width=4) for factor in (1.0, 2.0))
    first, second = (_of(pair[1], nn.Conv2d) for pair in (usual, wide))
    assert [layer.out_channels for layer in first] == [4, 8, 16]
    assert [layer.out_channels for layer in second] == [8, 16, 32]
    assert sum(p.numel() for p in usual[0].parameters()) == sum(p.numel() for p in wide[0].parameters())


@pytest.mark.usefixtures("float64")
def test_memory_layout_changes_nothing() -> None:
    generator, discriminator = DcganGenerator(DCGAN, (16, 16, 3), LATENT, 4), DcganDiscriminator(DCGAN, (16, 16, 3), 4)
    z = torch.randn(4, LATENT)
    images = generator(z)
    logits = discriminator(images)
    generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
    discriminator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    torch.testing.assert_close(generator(z), images)
    torch.testing.assert_close(discriminator(images.to(memory_format=torch.channels_last)), logits)

"""Halving and doubling against values by hand."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from steadygan.blueprint import Downsampling, Upsampling
from steadygan.layers.resample import Downsample, Upsample, convolve_nearest, even_kernel, low_pass

pytestmark = pytest.mark.usefixtures("float64")


def _set(layer: nn.Module, value: float) -> None:
    for parameter in layer.parameters():
        nn.init.constant_(parameter, value)


@pytest.mark.parametrize("how", ["max-pooling", "average-pooling", "strided"])
@pytest.mark.parametrize("kernel", [2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("size", [4, 5, 8, 9])
def test_halving_rounds_up(how: Downsampling, kernel: int, size: int) -> None:
    assert Downsample(2, 3, how, kernel, bias=True)(torch.randn(1, 2, size, size)).shape == (
        1,
        3,
        -(-size // 2),
        -(-size // 2),
    )


@pytest.mark.parametrize("how", ["nearest", "pixel-shuffle", "transposed"])
@pytest.mark.parametrize("kernel", [2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize(("size", "wanted"), [(4, 8), (4, 7), (3, 5)])
def test_doubling_cuts_to_size(how: Upsampling, kernel: int, size: int, wanted: int) -> None:
    assert Upsample(2, 3, wanted, how, kernel, bias=True)(torch.randn(1, 2, size, size)).shape == (1, 3, wanted, wanted)


@pytest.mark.parametrize(
    ("how", "expected"), [("max-pooling", [[5.0, 7.0], [13.0, 15.0]]), ("average-pooling", [[2.5, 4.5], [10.5, 12.5]])]
)
def test_pooling_takes_the_largest_or_the_mean_of_four(how: Downsampling, expected: list[list[float]]) -> None:
    layer = Downsample(1, 1, how, 4, bias=False)
    _set(layer, 0.0)
    with torch.no_grad():
        layer.convolution.weight[0, 0, 1, 1] = 1.0  # the convolution passes its input on
    assert layer(torch.arange(16.0).view(1, 1, 4, 4))[0, 0].tolist() == expected


def test_the_last_pixel_of_an_odd_map_is_pooled_alone() -> None:
    layer = Downsample(1, 1, "average-pooling", 4, bias=False)
    _set(layer, 0.0)
    with torch.no_grad():
        layer.convolution.weight[0, 0, 1, 1] = 1.0
    x = torch.ones(1, 1, 5, 5)
    assert layer(x)[0, 0].tolist() == [[1.0] * 3] * 3


@pytest.mark.parametrize("kernel", [4, 5])
def test_strided_halving_is_a_convolution_of_the_padded_map(kernel: int) -> None:
    layer = Downsample(2, 3, "strided", kernel, bias=True)
    x = torch.randn(2, 2, 7, 7)
    even = torch.zeros(2, 2, 8, 8)
    even[:, :, :7, :7] = x
    weight, bias = layer.convolution.weight, layer.convolution.bias
    torch.testing.assert_close(layer(x), F.conv2d(even, weight, bias, stride=2, padding=(kernel - 1) // 2))


def test_nearest_doubling_repeats_pixels_before_it_convolves() -> None:
    layer = Upsample(1, 1, 4, "nearest", 4, bias=False)
    _set(layer, 0.0)
    with torch.no_grad():
        layer.convolution.weight[0, 0, 1, 1] = 1.0
    assert layer(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]))[0, 0].tolist() == [
        [1.0, 1.0, 2.0, 2.0],
        [1.0, 1.0, 2.0, 2.0],
        [3.0, 3.0, 4.0, 4.0],
        [3.0, 3.0, 4.0, 4.0],
    ]


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 4)])
def test_a_convolution_of_nearest_neighbours_is_what_pytorch_makes_of_the_two(size: tuple[int, int]) -> None:
    """Edges, values and both derivatives, in double precision."""
    torch.manual_seed(0)
    x = torch.randn(2, 3, *size, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(4, 3, 3, 3, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(4, dtype=torch.float64)
    expected = F.conv2d(F.interpolate(x, scale_factor=2.0, mode="nearest"), weight, bias, padding=1)
    found = convolve_nearest(x, weight, bias)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    above = torch.randn_like(expected)
    for one, other in zip(
        torch.autograd.grad(found, (x, weight), above), torch.autograd.grad(expected, (x, weight), above), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("how", "kernel"), [("pixel-shuffle", 4), *(("transposed", k) for k in (2, 3, 4, 5, 6))])
def test_a_layer_that_begins_evenly_leaves_even_maps_even(how: Upsampling, kernel: int) -> None:
    """Before, each pixel of a square of 2x2 has a sum of weights of its own: the grid of dots."""
    torch.manual_seed(0)
    layer = Upsample(3, 2, 16, how, kernel, bias=False).double()
    even = torch.randn(3, 1, 1, dtype=torch.float64).expand(1, 3, 8, 8)

    def spread() -> float:
        inner = layer(even).detach()[0, :, 4:12, 4:12]
        return float((inner - inner[:, :1, :1]).abs().max() / inner.abs().max())

    assert spread() > 0.1
    layer.begin_evenly()
    assert spread() < 1e-12


def test_a_pixel_shuffle_that_begins_evenly_convolves_and_then_repeats_pixels() -> None:
    torch.manual_seed(0)
    layer = Upsample(3, 2, 16, "pixel-shuffle", 4, bias=False).double()
    drawn = layer.convolution.weight.detach()[::4].clone()
    layer.begin_evenly()
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    repeated = F.interpolate(F.conv2d(x, drawn, padding=1), scale_factor=2.0, mode="nearest")
    torch.testing.assert_close(layer(x), repeated, rtol=1e-12, atol=1e-12)


def test_nearest_neighbours_begin_evenly_by_themselves() -> None:
    layer = Upsample(3, 2, 16, "nearest", 4, bias=False)
    before = layer.convolution.weight.detach().clone()
    layer.begin_evenly()
    assert torch.equal(layer.convolution.weight, before)


def test_an_even_kernel_of_four_is_by_hand_what_a_kernel_of_three_becomes_and_keeps_the_spread() -> None:
    weight = torch.zeros(1, 1, 4, 4)
    weight[0, 0, :3, :3] = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    weight[0, 0, 3] = 9.0  # is not used
    rows = [[1.0, 3.0, 5.0, 3.0], [1.0, 3.0, 5.0, 3.0], [0.0] * 4, [0.0] * 4]
    torch.testing.assert_close(even_kernel(weight)[0, 0], torch.tensor(rows) * 2 / 3)
    torch.manual_seed(0)
    drawn = torch.randn(64, 64, 4, 4)
    assert float(even_kernel(drawn).std()) == pytest.approx(float(drawn.std()), rel=0.02)


def test_pixel_shuffle_lays_four_channels_into_a_square() -> None:
    layer = Upsample(1, 1, 2, "pixel-shuffle", 4, bias=True)
    _set(layer, 0.0)
    with torch.no_grad():
        assert layer.convolution.bias is not None
        layer.convolution.bias.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    assert layer(torch.zeros(1, 1, 1, 1))[0, 0].tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_a_kernel_divisible_by_the_stride_covers_every_pixel_alike() -> None:
    """The checkerboard: with kernel 5 neighbouring pixels get unequal numbers of contributions, with 4 equal ones."""
    counts = {}
    for kernel in (4, 5):
        layer = Upsample(1, 1, 16, "transposed", kernel, bias=False)
        _set(layer, 1.0)
        counts[kernel] = layer(torch.ones(1, 1, 8, 8))[0, 0, 4:12, 4:12].unique().tolist()
    assert counts == {4: [4.0], 5: [4.0, 6.0, 9.0]}


def test_the_low_pass_filter_of_one_pixel_is_its_kernel() -> None:
    x = torch.zeros(1, 2, 5, 5)
    x[0, 1, 2, 2] = 16.0
    kernel = torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]])
    expected = torch.zeros(1, 2, 5, 5)
    expected[0, 1, 1:4, 1:4] = kernel
    assert torch.equal(low_pass(x), expected)


def test_the_low_pass_filter_removes_the_wave_of_period_two_and_keeps_an_even_map() -> None:
    signs = 1.0 - 2.0 * (torch.arange(8) % 2)
    for wave in (signs.expand(8, 8), signs[:, None].expand(8, 8), torch.outer(signs, signs)):
        inside = low_pass(wave[None, None].clone())[..., 1:-1, 1:-1]
        assert torch.equal(inside, torch.zeros_like(inside))
    inside = low_pass(torch.full((1, 1, 8, 8), 3.0))[..., 1:-1, 1:-1]
    assert torch.equal(inside, torch.full_like(inside, 3.0))


@pytest.mark.parametrize("how", ["nearest", "pixel-shuffle", "transposed"])
def test_a_filtered_doubling_is_a_doubling_and_the_filter(how: Upsampling) -> None:
    layer = Upsample(2, 3, 7, how, 4, bias=True, filtered=True)
    plain = Upsample(2, 3, 8, how, 4, bias=True)
    plain.load_state_dict(layer.state_dict())
    x = torch.randn(2, 2, 4, 4)
    torch.testing.assert_close(layer(x), low_pass(plain(x))[..., :7, :7])


@pytest.mark.parametrize("how", ["max-pooling", "average-pooling", "strided"])
def test_a_filtered_halving_filters_before_it_throws_pixels_away(how: Downsampling) -> None:
    layer = Downsample(2, 3, how, 4, bias=True, filtered=True)
    x = torch.randn(2, 2, 8, 8)
    convolution = layer.convolution
    if how == "strided":
        expected = convolution(low_pass(x))
    else:
        pool = F.max_pool2d if how == "max-pooling" else F.avg_pool2d
        expected = pool(low_pass(convolution(x)), 2)
    torch.testing.assert_close(layer(x), expected)

"""Convolutions by other ways, against PyTorch's."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from steadygan.layers.kernels import im2col, tuning
from steadygan.layers.kernels.convolution import Convolution, TransposedConvolution, convolve, convolve_transposed


@pytest.fixture(autouse=True)
def _always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Matrices for every size and type, so that small and exact examples go that way too."""
    everything = dict.fromkeys((torch.float64, torch.float32, torch.bfloat16), 0)
    monkeypatch.setattr(
        tuning, "THRESHOLDS", dict.fromkeys(tuning.THRESHOLDS, tuning.Thresholds(everything, everything))
    )


def _drawn(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize(("height", "width"), [(2, 2), (4, 6), (8, 4)])
def test_maps_and_derivatives_are_those_of_a_convolution(height: int, width: int) -> None:
    torch.manual_seed(0)
    x, weight = _drawn(3, 2, height, width), _drawn(5, 2, 4, 4)
    torch.testing.assert_close(im2col.strided_convolution(x, weight), F.conv2d(x, weight, None, 2, 1))
    small = torch.randn(3, 5, height // 2, width // 2, dtype=torch.float64)
    by_x, by_weight = torch.autograd.grad(F.conv2d(x, weight, None, 2, 1), (x, weight), small)
    torch.testing.assert_close(im2col.transposed_convolution(small, weight), by_x)
    torch.testing.assert_close(im2col.weight_gradient(small, x), by_weight)
    torch.testing.assert_close(
        im2col.transposed_convolution(small, weight), F.conv_transpose2d(small, weight, None, 2, 1)
    )
    torch.testing.assert_close(im2col.transposed_convolution_to_few_channels(small, weight), by_x)


@pytest.mark.parametrize("by_matrices", [True, False])
def test_derivatives_of_every_order_are_those_of_finite_differences(
    by_matrices: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not by_matrices:
        monkeypatch.undo()
    torch.manual_seed(0)
    x, small, weight = _drawn(2, 2, 4, 4), _drawn(2, 3, 2, 2), _drawn(3, 2, 4, 4)

    def halved(x: Tensor, weight: Tensor) -> Tensor:
        return convolve(x, weight, None, 2, 1)

    def doubled(small: Tensor, weight: Tensor) -> Tensor:
        return convolve_transposed(small, weight, None, 2, 1)

    for function, operands in ((halved, (x, weight)), (doubled, (small, weight))):
        assert gradcheck(function, operands, fast_mode=True)
        assert gradgradcheck(function, operands, fast_mode=True)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("size", [4, 5])
def test_layers_are_pytorchs_with_and_without_bias(size: int) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, size, size)
    for bias in (False, True):
        halve, double = Convolution(3, 5, 4, bias=bias, stride=2), TransposedConvolution(3, 5, 4, bias=bias)
        torch.testing.assert_close(halve(x), F.conv2d(x, halve.weight, halve.bias, 2, 1))
        torch.testing.assert_close(double(x), F.conv_transpose2d(x, double.weight, double.bias, 2, 1))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("kernel", [3, 4, 5])
def test_transposed_convolutions_of_any_kernel_are_pytorchs(kernel: int) -> None:
    layer, x = TransposedConvolution(3, 5, kernel), torch.randn(2, 3, 4, 5)
    expected = F.conv_transpose2d(x, layer.weight, layer.bias, 2, (kernel - 1) // 2, kernel % 2)
    assert expected.shape[2:] == (8, 10)
    torch.testing.assert_close(layer(x), expected)


def test_half_precision_is_as_close_to_the_truth_as_pytorchs() -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(4, 32, 8, 8), torch.randn(64, 32, 4, 4) / 20
    small = torch.randn(4, 64, 4, 4)
    narrow, light, little = (each.bfloat16() for each in (x, weight, small))
    pairs = (
        (im2col.strided_convolution(narrow, light), F.conv2d(x, weight, None, 2, 1)),
        (im2col.transposed_convolution(little, light), F.conv_transpose2d(small, weight, None, 2, 1)),
    )
    for ours, truth in pairs:
        assert (ours.float() - truth).abs().max() < 0.02 * truth.abs().max()


def test_maps_have_channels_last() -> None:
    layer = Convolution(3, 5, 4, bias=False, stride=2)
    x = torch.randn(2, 3, 8, 8, requires_grad=True)
    maps = layer(x)
    (slope,) = torch.autograd.grad(maps.sum(), x)
    assert maps.is_contiguous(memory_format=torch.channels_last)
    assert slope.is_contiguous(memory_format=torch.channels_last)


def test_large_maps_and_other_devices_stay_with_convolutions() -> None:
    kernel, few, many = torch.Size((512, 256, 4, 4)), torch.Size((64, 256, 8, 8)), torch.Size((64, 256, 32, 32))
    operand, least = torch.empty(1), {torch.float32: 1024}
    assert im2col.is_faster(operand, few, kernel, least)
    assert not im2col.is_faster(operand, many, kernel, least)
    assert not im2col.is_faster(operand.double(), few, kernel, least)
    assert not im2col.is_faster(torch.empty(1, device="meta"), few, kernel, least)
    assert im2col.has_few_channels(operand, torch.Size((64, 3, 4, 4)))
    assert not im2col.has_few_channels(operand, kernel)
    assert not im2col.has_few_channels(torch.empty(1, device="meta"), torch.Size((64, 3, 4, 4)))

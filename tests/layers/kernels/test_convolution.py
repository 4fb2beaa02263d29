"""Convolutions and their derivatives, against PyTorch's and finite differences."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck
from torch.profiler import ProfilerActivity, profile

from steadygan.layers.kernels.convolution import Convolution, channels_last, convolve, convolve_transposed

GEOMETRIES = [(1, 1, 1), (1, 1, 2), (2, 1, 2), (2, 0, 1), (3, 2, 4)]
"""Stride, padding and groups."""


def _operands(groups: int, size: int = 5) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    shapes = ((2, 4, size, size), (4, 4 // groups, 3, 3), (4,))
    x, weight, bias = (torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes)
    return x, weight, bias


@pytest.mark.parametrize(("stride", "padding", "groups"), GEOMETRIES)
def test_it_convolves(stride: int, padding: int, groups: int) -> None:
    operands = _operands(groups)
    expected = F.conv2d(*operands, stride, padding, 1, groups)
    torch.testing.assert_close(convolve(*operands, stride, padding, groups), expected)


@pytest.mark.parametrize(("stride", "padding", "groups"), GEOMETRIES)
def test_derivatives_are_those_of_finite_differences(stride: int, padding: int, groups: int) -> None:
    operands = _operands(groups, size=4)

    def convolved(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return convolve(x, weight, bias, stride, padding, groups)

    assert gradcheck(convolved, operands, fast_mode=True)
    assert gradgradcheck(convolved, operands, fast_mode=True)


def test_third_derivatives_are_pytorchs() -> None:
    def third(ours: bool) -> Tensor:
        x, weight, bias = _operands(groups=2)
        maps = convolve(x, weight, bias, 1, 1, 2) if ours else F.conv2d(x, weight, bias, 1, 1, 1, 2)
        total = maps.pow(4).sum()
        for _ in range(2):
            (slope,) = torch.autograd.grad(total, x, create_graph=True)
            total = slope.pow(2).sum()
        (answer,) = torch.autograd.grad(total, weight)
        return answer

    expected = third(ours=False)
    torch.testing.assert_close(third(ours=True) / expected.abs().max(), expected / expected.abs().max())


def test_autocast_decides_the_precision_and_parameters_keep_theirs() -> None:
    layer, x = Convolution(4, 4, 3, groups=2), torch.randn(2, 4, 5, 5)
    with torch.autocast("cpu", torch.bfloat16):
        maps = layer(x)
    maps.sum().backward()
    assert maps.dtype == torch.bfloat16
    assert layer.weight.grad is not None
    assert layer.weight.grad.dtype == torch.float32


@pytest.mark.parametrize("channels", [1, 3])
def test_maps_and_their_gradients_have_channels_last(channels: int) -> None:
    x = torch.randn(2, channels, 4, 4)
    assert torch.equal(channels_last(x), x)
    assert channels_last(x).stride() == (16 * channels, 1, 4 * channels, channels)
    x.requires_grad_()
    maps = Convolution(channels, 6)(x)
    (slope,) = torch.autograd.grad(maps.sum(), x)
    assert maps.is_contiguous(memory_format=torch.channels_last)
    assert slope.is_contiguous(memory_format=torch.channels_last)


def _allocated(work: Callable[[], object]) -> int:
    """Bytes that PyTorch allocated for tensors meanwhile, whether or not they were freed."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        work()
    assert seen.profiler is not None
    assert seen.profiler.kineto_results is not None
    events = [event for event in seen.profiler.kineto_results.events() if event.name() == "[memory]"]
    return sum(max(0, event.nbytes()) for event in events)


def test_a_convolution_back_allocates_its_maps_once() -> None:
    """What stands for the shape of the maps takes no memory of its own."""
    small, weight = torch.randn(8, 16, 32, 32), torch.randn(16, 32, 3, 3)
    small, weight = (each.contiguous(memory_format=torch.channels_last) for each in (small, weight))
    maps = convolve_transposed(small, weight, None, 2, 1, 1)
    size = maps.numel() * maps.element_size()
    assert size <= _allocated(lambda: convolve_transposed(small, weight, None, 2, 1, 1)) < 1.5 * size


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_convolution_back_is_pytorchs_in_every_precision(dtype: torch.dtype) -> None:
    small, weight = torch.randn(2, 16, 5, 5, dtype=dtype), torch.randn(16, 32, 3, 3, dtype=dtype)
    for _ in range(2):  # the second time by the same memory
        found = convolve_transposed(small, weight, None, 2, 1, 1)
        truth = F.conv_transpose2d(small.double(), weight.double(), None, 2, 1, 1)
        # At most 16 channels of 2x2 numbers meet in a pixel; a processor may round each partial sum.
        products = F.conv_transpose2d(small.double().abs(), weight.double().abs(), None, 2, 1, 1)
        assert ((found.double() - truth).abs() <= 64 * torch.finfo(dtype).eps * products).all()

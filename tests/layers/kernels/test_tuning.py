"""What convolutions are tuned for: what the processor says of itself, or what someone else asks for."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from steadygan.layers.kernels import convolution, im2col, tuning
from steadygan.layers.kernels.convolution import convolve, convolve_transposed

SMALL_MAPS = torch.Size((2, 64, 4, 4)), torch.Size((128, 64, 4, 4))
"""Maps and a kernel with so many weights for each of their few positions that AMX takes matrices for all of them."""


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the ways that were gone."""
    names: list[str] = []

    def follow(place: object, name: str) -> None:
        right = getattr(place, name)

        def followed(*operands: object) -> object:
            names.append(name)
            return right(*operands)

        monkeypatch.setattr(place, name, followed)

    for name in ("strided_convolution", "transposed_convolution", "weight_gradient"):
        follow(im2col, name)
    follow(convolution, "_library_gradient")
    return names


def _go(kind: torch.dtype) -> None:
    maps, kernel = SMALL_MAPS
    x, weight = torch.randn(maps, dtype=kind, requires_grad=True), torch.randn(kernel, dtype=kind, requires_grad=True)
    with torch.no_grad():
        small = convolve(x, weight, None, 2, 1)
    doubled = convolve_transposed(small, weight, None, 2, 1)
    torch.autograd.grad(doubled.sum(), weight)


@pytest.mark.parametrize(
    ("flags", "kind"),
    [({"avx512f", "avx512_bf16", "amx_bf16"}, "amx"), ({"avx512f", "avx512_bf16"}, "vector"), ((), "vector")],
)
def test_the_processor_says_what_it_is(flags: set[str], kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "processor_flags", lambda: frozenset(flags))
    assert tuning.own_processor() == kind
    assert tuning.thresholds() is tuning.THRESHOLDS[tuning.own_processor()]


def _inside_of_vector() -> None:
    with tuning.tuned_for("vector"):
        assert tuning.thresholds() is not tuning.THRESHOLDS["vector"], "vector"


@pytest.mark.parametrize("own", ["amx", "vector"])
def test_what_is_asked_for_holds_inside_only(own: tuning.Processor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "own_processor", lambda: own)
    with tuning.tuned_for("amx"):
        assert tuning.thresholds() is tuning.THRESHOLDS["amx"]
        with pytest.raises(AssertionError, match="vector"):
            _inside_of_vector()
        assert tuning.thresholds() is tuning.THRESHOLDS["amx"]
        with tuning.tuned_for("auto"):
            assert tuning.thresholds() is tuning.THRESHOLDS[own]
    assert tuning.thresholds() is tuning.THRESHOLDS[own]


@pytest.mark.parametrize(("processor", "channels", "widened"), [("vector", 32, 1), ("vector", 8, 0), ("amx", 32, 0)])
def test_few_channels_in_half_precision_are_multiplied_in_full(
    processor: tuning.Processor, channels: int, widened: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    seen: list[torch.dtype] = []
    right = convolution._library_gradient

    def derivative(g: torch.Tensor, *rest: Any) -> torch.Tensor:
        seen.append(g.dtype)
        return right(g, *rest)

    monkeypatch.setattr(convolution, "_library_gradient", derivative)
    x, weight = torch.randn(32, channels, 16, 16).bfloat16(), torch.randn(32, channels, 4, 4).bfloat16()
    weight.requires_grad_()
    with tuning.tuned_for(processor):
        maps = convolve(x, weight, None, 2, 1)
        (found,) = torch.autograd.grad(maps.float().square().sum(), weight)
    assert seen.count(torch.float32) == widened
    assert found.dtype is torch.bfloat16

    exact = weight.detach().double().requires_grad_()
    rounded = maps.detach().double() + (again := convolve(x.double(), exact, None, 2, 1)) - again.detach()
    (truth,) = torch.autograd.grad(rounded.square().sum(), exact)
    # The result is rounded to 8 bits, and so is each of the numbers that come in from behind; in half precision so is
    # each partial sum, on a processor without instructions for it.
    assert (found.double() - truth).abs().max() < (2**-7 if widened else 2**-4) * truth.abs().max()


@pytest.mark.parametrize(
    ("processor", "kind", "expected"),
    [
        ("amx", torch.float32, ["strided_convolution", "transposed_convolution", "weight_gradient"]),
        ("amx", torch.bfloat16, ["strided_convolution", "transposed_convolution", "weight_gradient"]),
        ("vector", torch.float32, ["_library_gradient", "_library_gradient"]),
        ("vector", torch.bfloat16, ["_library_gradient", "weight_gradient"]),
        ("amx", torch.float64, ["_library_gradient", "_library_gradient"]),
    ],
)
def test_small_maps_go_the_way_of_their_processor(
    processor: tuning.Processor, kind: torch.dtype, expected: list[str], used: list[str]
) -> None:
    with tuning.tuned_for(processor):
        _go(kind)
    assert used == expected

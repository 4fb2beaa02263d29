"""The sliced Wasserstein distance against exact one-dimensional distances and closed forms."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance  # type: ignore[import-untyped]

from steadygan.metrics import sliced
from steadygan.metrics.sliced import DIRECTIONS, image_distance, sliced_wasserstein

pytestmark = pytest.mark.usefixtures("float64")


def _axes(length: int, directions: int, seed: int) -> torch.Tensor:
    drawn = torch.randn(length, directions, generator=torch.Generator().manual_seed(seed))
    return drawn / drawn.square().sum(0).sqrt()


def _exact(first: torch.Tensor, second: torch.Tensor, seed: int = 0, directions: int = DIRECTIONS) -> float:
    axes = _axes(first.shape[1], directions, seed)
    pairs = zip((first @ axes).T.numpy(), (second @ axes).T.numpy(), strict=True)
    return float(np.mean([wasserstein_distance(one, other) for one, other in pairs]))


@settings(max_examples=25)
@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 100))
def test_it_is_the_mean_of_exact_distances_along_directions(count: int, length: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    first = torch.randn(count, length, generator=generator)
    second = torch.randn(count, length, generator=generator) * 2 + 1
    assert sliced_wasserstein(first, second, seed=seed) == pytest.approx(_exact(first, second, seed), rel=1e-4)


def test_sets_of_unlike_size_are_near_the_exact_distance() -> None:
    torch.manual_seed(0)
    first, second = torch.randn(2000, 3), torch.randn(700, 3) + 1
    assert sliced_wasserstein(first, second) == pytest.approx(_exact(first, second), rel=0.01)
    assert sliced_wasserstein(second, first) == sliced_wasserstein(first, second)


def test_equal_sets_in_any_order_have_distance_zero() -> None:
    points = torch.randn(50, 4)
    assert sliced_wasserstein(points, points[torch.randperm(50)]) == pytest.approx(0, abs=1e-6)


def test_in_one_dimension_it_is_the_wasserstein_distance() -> None:
    first, second = torch.randn(100, 1), torch.randn(100, 1) * 3
    exact = wasserstein_distance(first[:, 0].numpy(), second[:, 0].numpy())
    assert sliced_wasserstein(first, second) == pytest.approx(exact, rel=1e-5)


def test_a_shift_costs_its_mean_projection() -> None:
    """W1 of a set and its copy moved by v is |v · u| along u; over the sphere of R3 that is |v| / 2 on average."""
    points, shift = torch.randn(100, 3), torch.tensor([3.0, 0.0, 4.0])
    found = sliced_wasserstein(points, points + shift, directions=5000)
    assert found == pytest.approx(float((shift @ _axes(3, 5000, 0)).abs().mean()), rel=1e-4)
    assert found == pytest.approx(5 / 2, rel=0.03)


def test_scaled_gaussians_differ_by_the_mean_of_a_half_normal() -> None:
    """W1 of N(0, a²) and N(0, b²) is |a - b| √(2/π)."""
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(20_000, 4, generator=generator) for _ in range(2))
    assert sliced_wasserstein(first, 3 * second) == pytest.approx(2 * math.sqrt(2 / math.pi), rel=0.02)


@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_it_is_a_distance(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    a, b, c = (torch.randn(30, 3, generator=generator) * (place + 1) for place in range(3))
    ab, bc, ac = sliced_wasserstein(a, b), sliced_wasserstein(b, c), sliced_wasserstein(a, c)
    assert min(ab, bc, ac) > 0
    assert sliced_wasserstein(b, a) == pytest.approx(ab, rel=1e-6)
    assert ac <= ab + bc + 1e-6


def test_equal_images_have_distance_zero_and_unlike_ones_do_not() -> None:
    images = torch.rand(30, 3, 12, 12) * 2 - 1
    assert image_distance(images, images) == pytest.approx(0, abs=1e-6)
    assert image_distance(images, images.flip(1) * 0.5) > 0.05
    assert image_distance(images, images[:17]) < 0.2


def test_images_of_any_size_can_be_compared() -> None:
    for size in (5, 8, 16, 33):
        assert math.isfinite(image_distance(torch.rand(4, 1, size, size), torch.rand(6, 1, size, size)))


def test_of_uniform_images_both_parts_are_the_mean_projection() -> None:
    """Sets of one grey each: patches and wholes are constant vectors, whose distance along u is |Δ| |Σ u|."""
    first, second = torch.full((8, 1, 20, 20), -0.5), torch.full((8, 1, 20, 20), 0.25)
    patches, wholes = _axes(49, DIRECTIONS, 0).sum(0).abs().mean(), _axes(256, DIRECTIONS, 0).sum(0).abs().mean()
    assert image_distance(first, second) == pytest.approx(0.75 * float(patches + wholes) / 2, rel=1e-4)


def test_blurred_images_lie_farther_away_than_fresh_ones() -> None:
    torch.manual_seed(0)
    real, fresh = torch.rand(200, 1, 16, 16) * 2 - 1, torch.rand(200, 1, 16, 16) * 2 - 1
    blurred = F.avg_pool2d(fresh, 3, 1, 1)
    assert image_distance(real, blurred) > 3 * image_distance(real, fresh)


def test_images_are_as_far_apart_however_many_are_taken_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = torch.rand(25, 3, 12, 12, generator=generator), torch.rand(31, 3, 12, 12, generator=generator) ** 2
    at_once = image_distance(first, second)
    monkeypatch.setattr(sliced, "AT_A_TIME", 4)
    assert image_distance(first, second) == pytest.approx(at_once, rel=1e-6)

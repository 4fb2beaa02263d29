"""Statistics of features in batches, and distances of normal distributions whose distance is known."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm  # type: ignore[import-untyped]
from torch import Tensor

from steadygan.errors import SteadyganError
from steadygan.metrics.gaussian import Gaussian, extrapolated_frechet_distance, frechet_distance


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def same(first: Gaussian, second: Gaussian) -> None:
    assert first.count == second.count
    torch.testing.assert_close(first.mean, second.mean, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(first.covariance, second.covariance, rtol=1e-12, atol=1e-11)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=8), st.integers(1, 5), st.floats(-1e3, 1e3))
def test_batches_of_any_size_are_one(sizes: list[int], length: int, centre: float) -> None:
    sizes = [*sizes, 2]
    features = normal(sum(sizes), length) + centre
    gaussian = Gaussian(length)
    for batch in features.split(sizes):
        gaussian.update(batch)
    assert gaussian.count == len(features)
    np.testing.assert_allclose(gaussian.mean, features.mean(0), rtol=1e-12, atol=1e-12)
    exact = np.atleast_2d(np.cov(features.numpy(), rowvar=False))
    np.testing.assert_allclose(gaussian.covariance, exact, rtol=1e-9, atol=1e-10)


@given(st.permutations(range(5)), st.integers(0, 100))
def test_parts_are_merged_in_any_order(order: list[int], seed: int) -> None:
    features = normal(60, 3, seed=seed) * 5 + 7
    parts = [Gaussian.of(part) for part in features.split([1, 0, 30, 9, 20])]
    merged = Gaussian(3)
    for place in order:
        merged.merge(parts[place])
    same(merged, Gaussian.of(features))
    assert parts[2].count == 30


def test_what_processes_send_each_other_is_all_of_it() -> None:
    for length in (1, 2, 7, 50):
        gaussian = Gaussian.of(normal(20, length))
        packed = gaussian.to_tensor()
        assert packed.shape == (1 + length + length**2,)
        same(Gaussian.from_tensor(packed), gaussian)
        packed.zero_()
        assert gaussian.count == 20


def test_a_mean_far_from_zero_costs_no_exactness() -> None:
    features = normal(1000, 2)
    apart = Gaussian(2)
    for batch in (features + 1e6).split(10):
        apart.update(batch)
    torch.testing.assert_close(apart.covariance, Gaussian.of(features).covariance, rtol=1e-8, atol=1e-8)


def test_single_precision_is_taken_in_double() -> None:
    features = torch.rand(100, 3, generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(Gaussian.of(features).covariance, np.cov(features.double().T.numpy()), rtol=1e-12)


def test_a_line_of_two_normal_distributions() -> None:
    """In one dimension the distance is (m - m')² + (s - s')²: here of {-1, 1} and {2, 8}."""
    first, second = (Gaussian.of(torch.tensor(values)[:, None]) for values in ((-1.0, 1.0), (2.0, 8.0)))
    assert frechet_distance(first, second) == pytest.approx(25 + (math.sqrt(2) - math.sqrt(18)) ** 2, rel=1e-12)


@given(st.integers(1, 8), st.integers(0, 1000))
def test_it_is_the_formula_with_the_root_of_a_matrix(length: int, seed: int) -> None:
    first, second = (
        normal(40, length, seed=seed + moved) @ normal(length, length, seed=seed) + moved for moved in (0, 1)
    )
    covariances = [np.atleast_2d(np.cov(features.T.numpy())) for features in (first, second)]
    root = sqrtm(covariances[0] @ covariances[1]).real
    apart = (first.mean(0) - second.mean(0)).numpy()
    expected = apart @ apart + np.trace(covariances[0] + covariances[1] - 2 * root)
    found = frechet_distance(Gaussian.of(first), Gaussian.of(second))
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-10)
    assert frechet_distance(Gaussian.of(second), Gaussian.of(first)) == pytest.approx(found, rel=1e-10)


@pytest.mark.parametrize(("count", "length"), [(500, 8), (20, 64)])
def test_equal_sets_in_any_order_have_distance_zero(count: int, length: int) -> None:
    """Even where features do not vary in most directions, whose roots would be the roots of roundings."""
    features = normal(count, length)
    shuffled = features[torch.randperm(count)]
    assert frechet_distance(Gaussian.of(features), Gaussian.of(shuffled)) < 1e-11 * length


def test_of_fewer_items_than_features_it_is_exact() -> None:
    """Sets in planes at right angles: no product of their covariances is left."""
    flat = normal(10, 40)
    first, second = flat.clone(), normal(10, 40, seed=1)
    first[:, 20:], second[:, :20] = 0, 0
    gaussians = [Gaussian.of(features) for features in (first, second)]
    apart = gaussians[0].mean - gaussians[1].mean
    expected = apart @ apart + gaussians[0].covariance.trace() + gaussians[1].covariance.trace()
    assert frechet_distance(*gaussians) == pytest.approx(float(expected), rel=1e-12)


def test_features_that_do_not_vary_at_all() -> None:
    still = Gaussian.of(torch.full((5, 3), 2.0))
    assert frechet_distance(still, Gaussian.of(torch.zeros(5, 3))) == pytest.approx(12)
    assert frechet_distance(still, still) == 0


def test_the_extrapolated_distance_is_nearer_to_that_of_all() -> None:
    """Of features that are normal with known moments: 2,000 of them lie 0.4 too far off, the line's value hardly."""
    length, shift = 40, 0.1
    real = Gaussian.from_tensor(
        torch.cat([torch.tensor([2.0]), torch.zeros(length), torch.eye(length).flatten()]).double()
    )
    true = length * shift**2
    raw, extrapolated = [], []
    for seed in range(5):
        fake = normal(2000, length, seed=seed) + shift
        raw.append(frechet_distance(real, Gaussian.of(fake)) - true)
        extrapolated.append(extrapolated_frechet_distance(real, fake, seed=seed).value - true)
    assert np.mean(raw) > 0.2
    assert abs(np.mean(extrapolated)) < np.mean(raw) / 4


def test_the_line_at_zero_and_its_error_are_those_of_least_squares(monkeypatch: pytest.MonkeyPatch) -> None:
    """scipy's line through the same points; the last subset is all, so that the distance there is the plain one."""
    from scipy.stats import linregress

    from steadygan.metrics import gaussian

    points: list[tuple[int, float]] = []
    plain = gaussian._distance
    half_of = gaussian._half_of

    def half(features: Tensor) -> Tensor:
        points.append((len(features), 0.0))
        return half_of(features)

    def distance(*parts: Tensor) -> float:
        points[-1] = (points[-1][0], plain(*parts))
        return points[-1][1]

    monkeypatch.setattr(gaussian, "_half_of", half)
    monkeypatch.setattr(gaussian, "_distance", distance)
    real, fake = normal(300, 4), normal(400, 4, seed=1) * 1.2
    found = extrapolated_frechet_distance(Gaussian.of(real), fake)
    sizes, distances = zip(*points, strict=True)
    line = linregress([1 / size for size in sizes], distances)
    assert sizes[0] == 40
    assert sizes[-1] == 400
    assert len(sizes) == 15
    assert distances[-1] == pytest.approx(plain_distance(real, fake), rel=1e-9)
    assert found.value == pytest.approx(line.intercept, rel=1e-9)
    assert found.error == pytest.approx(line.intercept_stderr, rel=1e-9)
    assert extrapolated_frechet_distance(Gaussian.of(real), fake) == found


def plain_distance(real: Tensor, fake: Tensor) -> float:
    return frechet_distance(Gaussian.of(real), Gaussian.of(fake))


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (torch.zeros(4), "have the shape \\[4\\]; pass one row"),
        (torch.tensor([[1.0], [math.nan]]), "not finite"),
        (torch.zeros(3, 2), "Features of 1 number cannot be compared with features of 2 numbers"),
    ],
)
def test_what_is_no_table_of_features_is_refused(features: Tensor, message: str) -> None:
    with pytest.raises(SteadyganError, match=message):
        Gaussian(1).update(features)


def test_too_few_are_refused() -> None:
    one = Gaussian.of(torch.zeros(1, 3))
    with pytest.raises(SteadyganError, match="at least 2 items"):
        frechet_distance(one, one)
    with pytest.raises(SteadyganError, match="only 19 fake items; this measure needs at least 20"):
        extrapolated_frechet_distance(Gaussian.of(torch.zeros(2, 3)), torch.zeros(19, 3))

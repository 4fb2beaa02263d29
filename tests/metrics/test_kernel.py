"""The kernel distance against its definition, pair by pair."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from steadygan.errors import SteadyganError
from steadygan.metrics.kernel import kernel_distance, squared_discrepancy


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _by_pairs(first: Tensor, second: Tensor) -> float:
    def kernel(left: Tensor, right: Tensor) -> float:
        return (float(left @ right) / len(left) + 1) ** 3

    def mean(left: Tensor, right: Tensor, apart: bool) -> float:
        return float(
            np.mean([kernel(x, y) for i, x in enumerate(left) for j, y in enumerate(right) if i != j or not apart])
        )

    return mean(first, first, True) + mean(second, second, True) - 2 * mean(first, second, False)


@given(st.integers(2, 8), st.integers(2, 8), st.integers(1, 4), st.integers(0, 1000))
def test_it_is_the_mean_over_pairs(count: int, others: int, length: int, seed: int) -> None:
    first, second = normal(count, length, seed=seed), normal(others, length, seed=seed + 1) + 0.5
    expected = _by_pairs(first, second)
    assert squared_discrepancy(first, second) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    shuffled = first[torch.randperm(count)]
    assert squared_discrepancy(shuffled, second) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_a_subset_of_all_is_all() -> None:
    first, second = normal(30, 4), normal(30, 4, seed=1) * 2
    found = kernel_distance(first, second, subsets=3)
    assert found.value == pytest.approx(squared_discrepancy(first, second), rel=1e-12)
    assert found.error == pytest.approx(0, abs=1e-12)


def test_it_has_no_bias_and_its_error_is_about_its_spread() -> None:
    """Of two samples of one distribution it is 0 on average, however few they are."""
    found = [
        kernel_distance(normal(200, 5, seed=2 * seed), normal(200, 5, seed=2 * seed + 1), subsets=20, size=50)
        for seed in range(40)
    ]
    values = np.array([estimate.value for estimate in found])
    assert abs(values.mean()) < 3 * values.std() / 40**0.5
    # Alike distributions are the worst case: a whole set deviates a quarter as much as a subset, here taken for a half.
    assert values.std() / 2 < np.mean([estimate.error for estimate in found]) < 4 * values.std()


def test_the_error_of_unlike_sets_is_what_new_samples_would_give() -> None:
    found = [
        kernel_distance(normal(400, 5, seed=2 * seed), normal(400, 5, seed=2 * seed + 1) + 1, subsets=40, size=100)
        for seed in range(40)
    ]
    spread = np.std([estimate.value for estimate in found])
    assert np.mean([estimate.error for estimate in found]) == pytest.approx(spread, rel=0.5)


def test_the_seed_chooses_the_subsets() -> None:
    first, second = normal(50, 3), normal(60, 3, seed=1)
    found = [kernel_distance(first, second, subsets=4, size=20, seed=seed) for seed in (0, 0, 1)]
    assert found[0] == found[1]
    assert found[0].value != found[2].value


def test_one_item_is_refused() -> None:
    with pytest.raises(SteadyganError, match="only 1 fake item; this measure needs at least 2"):
        kernel_distance(torch.zeros(5, 2), torch.zeros(1, 2))

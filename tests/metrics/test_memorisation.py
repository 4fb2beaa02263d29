"""Memorisation: copies among generated items, in shares that are known."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist  # type: ignore[import-untyped]
from scipy.stats import mannwhitneyu  # type: ignore[import-untyped]
from torch import Tensor

from steadygan.errors import SteadyganError
from steadygan.metrics.memorisation import compare_nearest, memorisation, nearest


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@given(st.integers(1, 30), st.integers(1, 40), st.integers(1, 4), st.integers(0, 1000))
def test_the_nearest_is_that_of_all_distances(count: int, others: int, length: int, seed: int) -> None:
    items, training = normal(count, length, seed=seed), normal(others, length, seed=seed + 1) + 5
    every = cdist(items.numpy(), training.numpy())
    found = nearest(items, training)
    assert found.distances.tolist() == pytest.approx(every.min(1).tolist(), rel=1e-12)
    assert found.indices.tolist() == every.argmin(1).tolist()


def test_a_copy_has_a_distance_of_exactly_zero() -> None:
    training = torch.rand(500, 48, generator=torch.Generator().manual_seed(0)) + 100
    order = torch.randperm(500)
    found = nearest(training[order], training)
    assert torch.equal(found.indices, order)
    assert not found.distances.any()


def test_fresh_items_are_as_near_as_unseen_real_ones() -> None:
    found = memorisation(normal(2000, 5), normal(2000, 5, seed=1), normal(2000, 5, seed=2))
    assert found.share == pytest.approx(0.01, abs=0.01)
    assert found.nearer == pytest.approx(0.5, abs=0.03)
    assert found.ratio == pytest.approx(1, abs=0.05)


def test_the_share_tells_how_many_are_copies() -> None:
    training, held_out, fake = (normal(2000, 5, seed=seed) for seed in range(3))
    shares = []
    for copies in (0, 100, 500, 2000):
        fake[:copies] = training[:copies]
        found = memorisation(training, held_out, fake)
        shares.append(found.share)
        assert found.share == pytest.approx(copies / 2000, abs=0.02)
        assert found.nearer == pytest.approx(0.5 + copies / 4000, abs=0.03)
    assert shares == sorted(shares)
    assert found == (1, 1, 0)


def test_the_chance_of_being_nearer_is_that_of_the_rank_test() -> None:
    fake, held_out = (torch.randint(0, 9, (count,)).double() for count in (70, 90))
    found = compare_nearest(fake, held_out)
    expected = mannwhitneyu(held_out.numpy(), fake.numpy()).statistic / (70 * 90)
    assert found.nearer == pytest.approx(expected, rel=1e-12)


def test_real_items_that_repeat_are_no_sign_of_copying() -> None:
    zeros = torch.zeros(10).double()
    assert compare_nearest(zeros, zeros) == (0, 0.5, 1)
    assert compare_nearest(zeros + 1, zeros) == (0, 0, math.inf)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(SteadyganError, match="Features of 2 numbers cannot be compared with features of 3 numbers"):
        nearest(torch.zeros(4, 2), torch.zeros(4, 3))
    with pytest.raises(SteadyganError, match="only 0 training items"):
        nearest(torch.zeros(4, 2), torch.zeros(0, 2))

"""Measures of classes against histograms whose divergence is known."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy  # type: ignore[import-untyped]

from steadygan.errors import SteadyganError
from steadygan.metrics.classes import class_divergence, divergence, inception_score, modes


def certain(*labels: int, count: int) -> torch.Tensor:
    """Probabilities of a classifier that is sure."""
    return torch.nn.functional.one_hot(torch.tensor(labels), count).double()


def random(count: int, classes: int, seed: int) -> torch.Tensor:
    return (3 * torch.randn(count, classes, generator=torch.Generator().manual_seed(seed)).double()).softmax(1)


def test_items_of_k_classes_that_are_sure_have_a_score_of_k() -> None:
    score = inception_score(certain(*range(7), count=10).repeat(30, 1), splits=1)
    assert score.value == pytest.approx(7, rel=1e-12)
    assert score.error == 0


@pytest.mark.parametrize("probabilities", [torch.full((20, 4), 0.25), certain(*[2] * 20, count=4)])
def test_items_that_are_alike_have_a_score_of_one(probabilities: torch.Tensor) -> None:
    assert inception_score(probabilities) == (pytest.approx(1, rel=1e-12), pytest.approx(0, abs=1e-12))


@given(st.integers(2, 40), st.integers(1, 6), st.integers(0, 1000))
def test_of_one_part_it_is_the_mean_of_scipys_entropies(count: int, classes: int, seed: int) -> None:
    probabilities = random(count, classes, seed)
    mean = probabilities.mean(0)
    expected = math.exp(sum(entropy(row.numpy(), mean.numpy()) for row in probabilities) / count)
    found = inception_score(probabilities, splits=1, seed=seed).value
    assert found == pytest.approx(expected, rel=1e-9)
    assert 1 - 1e-9 <= found <= classes + 1e-9
    assert inception_score(probabilities[torch.randperm(count)], splits=1).value == pytest.approx(found, rel=1e-9)


def test_parts_are_scored_apart_in_an_order_of_the_seed() -> None:
    probabilities = random(25, 3, 0)
    first, second, again = (inception_score(probabilities, splits=4, seed=seed) for seed in (0, 1, 0))
    assert first == again
    assert first.value != second.value
    assert first.error > 0
    assert inception_score(probabilities, splits=25).value == pytest.approx(1, rel=1e-12)


def test_a_class_that_never_comes_costs_the_logarithm_of_its_absence() -> None:
    real = torch.arange(10).repeat(5)
    fake = certain(*[label for label in range(10) if label < 5], count=10)
    assert class_divergence(real, fake) == pytest.approx(math.log(2), rel=1e-12)
    assert class_divergence(certain(*range(10), count=10), fake) == pytest.approx(math.log(2), rel=1e-12)
    assert class_divergence(torch.tensor([0, 1]), certain(2, count=3)) == math.inf


@given(st.integers(1, 30), st.integers(1, 6), st.integers(0, 1000))
def test_it_is_scipys_divergence_of_mean_probabilities(count: int, classes: int, seed: int) -> None:
    real, fake = random(count, classes, seed), random(count + 3, classes, seed + 1)
    expected = entropy(fake.mean(0).numpy(), real.mean(0).numpy())
    assert class_divergence(real, fake) == pytest.approx(expected, rel=1e-7, abs=1e-12)
    assert class_divergence(real, real[torch.randperm(count)]) == pytest.approx(0, abs=1e-12)


def test_modes_are_counted_and_weighed_against_equal_shares() -> None:
    assert modes(torch.arange(8), 8) == (8, pytest.approx(0, abs=1e-12))
    assert modes(torch.full((5,), 3), 8) == (1, pytest.approx(math.log(8)))
    # 3/4 and 1/4 against halves
    expected = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert modes(torch.tensor([0, 0, 1, 0]), 2) == (2, pytest.approx(expected))
    assert modes(torch.zeros(3, dtype=torch.int64), 1) == (1, 0)


def test_a_divergence_is_infinite_only_where_it_must_be() -> None:
    first, second = torch.tensor([1.0, 0.0]).double(), torch.tensor([0.5, 0.5]).double()
    assert divergence(first, second) == pytest.approx(math.log(2))
    assert divergence(second, first) == math.inf


def test_what_are_no_probabilities_or_labels_is_refused() -> None:
    with pytest.raises(SteadyganError, match="sum to 1; apply a softmax"):
        inception_score(torch.randn(10, 3))
    with pytest.raises(SteadyganError, match="3 items cannot be cut into 10 parts"):
        inception_score(random(3, 2, 0))
    with pytest.raises(SteadyganError, match="of 3 classes cannot be compared with those of 2 classes"):
        class_divergence(random(5, 2, 0), random(5, 3, 0))
    for labels in ([], [-1], [3]):
        with pytest.raises(SteadyganError, match="whole numbers from 0 to 2"):
            modes(torch.tensor(labels, dtype=torch.int64), 3)

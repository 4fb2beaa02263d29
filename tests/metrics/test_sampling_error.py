"""Errors of figures against formulas, against leaving each item out, and against drawing anew many times."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from steadygan.metrics import distances
from steadygan.metrics.classes import class_divergence, class_divergence_error, modes, reverse_kl_error
from steadygan.metrics.measures import MEASURES
from steadygan.metrics.memorisation import compare_nearest, errors_of_nearest
from steadygan.metrics.neighbourhoods import neighbourhoods, neighbourhoods_with_errors
from steadygan.metrics.sampling_error import mean_error, median_error, share_error

ROUNDS = 120
"""Draws whose deviation is known to 7 % or so."""


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def spread(figure: Callable[[int], float]) -> float:
    """By how much a figure differs from one draw of samples to the next."""
    return float(np.std([figure(seed) for seed in range(ROUNDS)], ddof=1))


def test_a_share_has_the_error_of_the_binomial_distribution() -> None:
    assert share_error(0.3, 700) == pytest.approx(math.sqrt(0.3 * 0.7 / 700))
    assert share_error(0.0, 5) == share_error(1.0, 5) == 0


def test_a_mean_has_the_error_of_its_numbers() -> None:
    values = normal(50)
    assert mean_error(values) == pytest.approx(np.std(values.numpy(), ddof=1) / math.sqrt(50))
    assert mean_error(values[:1]) == 0


def test_a_median_of_normal_numbers_has_a_known_error() -> None:
    assert median_error(3 * normal(4001)) == pytest.approx(3 * math.sqrt(math.pi / 2 / 4001), rel=0.2)
    assert median_error(torch.ones(9)) == 0


@given(st.integers(6, 20), st.integers(6, 20), st.integers(1, 8), st.integers(0, 1000))
def test_errors_of_recall_and_coverage_are_those_of_leaving_each_item_out(
    reals: int, fakes: int, most: int, seed: int
) -> None:
    """Whole points, many of which repeat and lie on edges."""
    generator = torch.Generator().manual_seed(seed)
    real, fake = (torch.randint(0, most, (count, 2), generator=generator).double() for count in (reals, fakes))
    values, errors = neighbourhoods_with_errors(real, fake, k=2, k_density=3)
    assert values == neighbourhoods(real, fake, k=2, k_density=3)
    without = [
        neighbourhoods(real, torch.cat([fake[:place], fake[place + 1 :]]), k=2, k_density=3) for place in range(fakes)
    ]
    for name in ("recall", "coverage"):
        expected = np.std([getattr(each, name) for each in without]) * math.sqrt(fakes - 1)
        assert getattr(errors, name) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("at_a_time", [1, 500])
def test_errors_do_not_depend_on_how_many_are_taken_at_a_time(at_a_time: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real, fake = normal(60, 2), normal(50, 2, seed=1)
    whole = neighbourhoods_with_errors(real, fake)
    assert min(whole[1]) > 0
    monkeypatch.setattr(distances, "AT_A_TIME", at_a_time)
    assert neighbourhoods_with_errors(real, fake) == whole


def test_errors_of_neighbourhoods_are_those_of_drawing_samples_anew() -> None:
    real = normal(150, 3)
    found = [neighbourhoods_with_errors(real, 0.8 * normal(150, 3, seed=seed)) for seed in range(1, ROUNDS)]
    for name, low, high in (
        ("precision", 0.8, 1.2),
        ("density", 0.8, 1.2),
        ("recall", 0.9, 1.7),
        ("coverage", 0.9, 1.7),
    ):
        spread = float(np.std([getattr(values, name) for values, _ in found], ddof=1))
        error = float(np.mean([getattr(errors, name) for _, errors in found]))
        assert low < error / spread < high, name


def test_errors_of_the_nearest_are_those_of_drawing_samples_anew() -> None:
    held_out = normal(600).abs()
    draws = [0.6 * normal(300, seed=seed).abs() for seed in range(1, ROUNDS)]
    values = np.array([compare_nearest(fake, held_out) for fake in draws])
    errors = np.array([errors_of_nearest(fake, held_out) for fake in draws])
    assert errors.mean(0) == pytest.approx(values.std(0, ddof=1), rel=0.25)


@pytest.mark.parametrize("shares", [(0.5, 0.3, 0.2), (0.7, 0.2, 0.1)])
def test_errors_of_classes_are_those_of_drawing_samples_anew(shares: tuple[float, ...]) -> None:
    real = torch.arange(3)

    def drawn(seed: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        return torch.multinomial(torch.tensor(shares), 400, replacement=True, generator=generator)

    def probabilities(seed: int) -> Tensor:
        return torch.nn.functional.one_hot(drawn(seed), 3).double() * 0.9 + 0.1 / 3

    divergence = spread(lambda seed: class_divergence(real, probabilities(seed)))
    assert class_divergence_error(real, probabilities(0)) == pytest.approx(divergence, rel=0.3)
    evenness = spread(lambda seed: modes(drawn(seed), 3).reverse_kl)
    assert reverse_kl_error(drawn(0), 3) == pytest.approx(evenness, rel=0.3)


def test_errors_of_classes_alike_are_too_large_rather_than_too_small() -> None:
    def drawn(seed: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        return torch.nn.functional.one_hot(torch.randint(10, (1000,), generator=generator), 10).double()

    real = torch.arange(10)
    actual = spread(lambda seed: class_divergence(real, drawn(seed)))
    found = float(np.mean([class_divergence_error(real, drawn(seed)) for seed in range(20)]))
    assert 1 < found / actual < 2


def test_an_infinite_divergence_has_no_error() -> None:
    assert class_divergence_error(torch.tensor([0, 1]), torch.eye(3).double()) == 0


def test_measures_carry_their_errors() -> None:
    by_name = {measure.name: measure for measure in MEASURES}
    real, fake = normal(60, 3), normal(60, 3, seed=1)
    found = by_name["precision"].measure(real, fake)
    values, errors = neighbourhoods_with_errors(real, fake)
    for name in ("precision", "recall", "density", "coverage"):
        assert by_name[name].figures(found)[name] == (getattr(values, name), getattr(errors, name))

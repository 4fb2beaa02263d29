"""Modes of points against points that are placed by hand, and the mixtures that the data are."""

import math

import numpy as np
import pytest
import torch

from steadygan.data.toys import TOYS, toy_points
from steadygan.errors import SteadyganError
from steadygan.metrics.vector_modes import vector_modes

CENTRES = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])


def test_points_are_of_high_quality_up_to_three_deviations_from_a_mode() -> None:
    points = torch.tensor([[3.0, 0.0], [0.0, -3.0], [3.0, 0.1], [10.0, 2.0]])
    found = vector_modes(points, CENTRES, 1.0)
    assert found.modes == 2
    assert found.high_quality == 3 / 4
    assert found.reverse_kl == pytest.approx(2 / 3 * math.log(2) + 1 / 3 * math.log(1))
    # Of (3, 0) and (0, -3) each coordinate deviates by 1.5; the other mode has one point only.
    assert found.spread == pytest.approx(1.5)


@pytest.mark.parametrize("name", sorted(TOYS))
def test_samples_of_the_data_are_as_theory_says(name: str) -> None:
    """Within three deviations lie 1 - exp(-9/2); their variance is 1 - (9/2) exp(-9/2) / (1 - exp(-9/2)) of it."""
    toy = TOYS[name]
    points = torch.from_numpy(toy_points(toy, 50_000, 0)[0])
    found = vector_modes(points, torch.from_numpy(toy.centres), toy.sigma)
    inside = 1 - math.exp(-4.5)
    assert found.modes == len(toy.centres)
    assert found.high_quality == pytest.approx(inside, abs=0.002)
    assert found.reverse_kl == pytest.approx(0, abs=0.001)
    assert found.spread == pytest.approx(math.sqrt(1 - 4.5 * (1 - inside) / inside), abs=0.01)


def test_points_that_are_all_one_have_no_spread() -> None:
    found = vector_modes(torch.zeros(5, 2), CENTRES, 1.0)
    assert found == (1, 1.0, pytest.approx(math.log(3)), 0.0)


def test_without_a_point_near_a_mode_there_is_nothing_to_weigh() -> None:
    assert vector_modes(torch.full((4, 2), 99.0), CENTRES, 1.0) == (0, 0.0, None, None)
    assert vector_modes(CENTRES[:1], CENTRES, 1.0).spread is None


def test_spread_is_that_of_numpy() -> None:
    points = torch.randn(60, 2) * 0.5 + CENTRES[torch.arange(60) % 3]
    found = vector_modes(points, CENTRES, 1.0)
    groups = [points[start::3].double().numpy() for start in range(3)]
    assert found.high_quality == 1
    assert found.spread == pytest.approx(np.mean([group.std(0).mean() for group in groups]), rel=1e-9)


def test_impossible_modes_are_refused() -> None:
    with pytest.raises(SteadyganError, match="must be above 0, but it is 0"):
        vector_modes(torch.zeros(1, 2), CENTRES, 0.0)
    with pytest.raises(SteadyganError, match="Features of 3 numbers cannot be compared with features of 2 numbers"):
        vector_modes(torch.zeros(1, 3), CENTRES, 1.0)
    with pytest.raises(SteadyganError, match="only 0 fake items"):
        vector_modes(torch.zeros(0, 2), CENTRES, 1.0)

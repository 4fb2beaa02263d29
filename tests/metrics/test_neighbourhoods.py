"""Neighbourhoods against their definition by all pairs, and sets whose answer is known."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from steadygan.errors import SteadyganError
from steadygan.metrics import distances
from steadygan.metrics.distances import exact_squares, nearest_neighbours, points_of
from steadygan.metrics.neighbourhoods import Neighbourhoods, neighbourhoods


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _by_pairs(real: Tensor, fake: Tensor, k: int, k_density: int) -> Neighbourhoods:
    """In exact whole numbers, as squared distances of whole points are."""
    ours, theirs = ([[int(value) for value in row] for row in features] for features in (fake, real))

    def square(first: list[int], second: list[int]) -> int:
        return sum((x - y) ** 2 for x, y in zip(first, second, strict=True))

    def radius(points: list[list[int]], place: int, count: int) -> int:
        others = [square(points[place], point) for other, point in enumerate(points) if other != place]
        return sorted(others)[count - 1]

    between = np.array([[square(their, our) for our in ours] for their in theirs])
    narrow, wide = (np.array([radius(theirs, place, count) for place in range(len(real))]) for count in (k, k_density))
    around = np.array([radius(ours, place, k) for place in range(len(fake))])
    inside = between <= wide[:, None]
    return Neighbourhoods(
        precision=(between <= narrow[:, None]).any(0).mean(),
        recall=(between <= around[None]).any(1).mean(),
        density=inside.sum() / (k_density * len(fake)),
        coverage=inside.any(1).mean(),
    )


@given(st.integers(4, 15), st.integers(4, 15), st.integers(1, 3), st.integers(1, 6), st.integers(0, 1000))
def test_it_is_the_definition_even_where_points_repeat_and_lie_on_edges(
    count: int, others: int, length: int, most: int, seed: int
) -> None:
    """Whole numbers, of which many are equal and as far apart; moved by thirds, where nothing is whole any more."""
    generator = torch.Generator().manual_seed(seed)
    real = torch.randint(0, most, (count, length), generator=generator)
    fake = torch.randint(0, most, (others, length), generator=generator)
    found = neighbourhoods(real.double(), fake.double(), k=2, k_density=3)
    assert found == pytest.approx(_by_pairs(real, fake, 2, 3), rel=1e-12)
    # A power of two scales every rounding alike.
    assert neighbourhoods(real / 4, fake / 4, k=2, k_density=3) == found


@given(st.permutations(range(30)))
def test_the_order_of_items_does_not_matter(order: list[int]) -> None:
    real, fake = normal(30, 3), normal(30, 3, seed=1)
    assert neighbourhoods(real[order], fake[order[::-1]]) == neighbourhoods(real, fake)


@pytest.mark.parametrize("copies", [1, 20])
def test_of_equal_sets_all_is_covered(copies: int) -> None:
    """A closed ball about an item holds the item itself and its k neighbours, and here nothing of it is lost."""
    real = normal(200, 6).repeat(copies, 1) / 3
    found = neighbourhoods(real, real[torch.randperm(len(real))])
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    assert found.density == pytest.approx(6 / 5 if copies == 1 else 4)


def test_sets_that_lie_apart_share_nothing() -> None:
    assert neighbourhoods(normal(50, 4), normal(50, 4, seed=1) + 100) == (0, 0, 0, 0)


def test_a_collapsed_generator_is_precise_and_recalls_little() -> None:
    real = normal(1000, 2)
    found = neighbourhoods(real, 0.1 * normal(1000, 2, seed=1))
    assert found.precision > 0.95
    assert found.recall < 0.1
    assert found.coverage < 0.1
    assert found.density > 1


def test_a_real_item_far_away_has_a_ball_that_holds_many() -> None:
    """By which precision is deceived and density is not much: each generated item lies in the ball of one in 201."""
    real = torch.cat([normal(200, 2), torch.tensor([[100.0, 0.0]]).double()])
    fake = torch.tensor([[50.0, 0.0]]).double() + normal(50, 2, seed=1)
    found = neighbourhoods(real, fake)
    assert found.precision == 1
    assert found.density == pytest.approx(1 / 5)


@pytest.mark.parametrize("at_a_time", [1, 700, 2**22])
def test_it_is_the_same_to_the_bit_however_many_are_taken_at_a_time(
    at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, fake = (torch.randint(0, 6, (count, 3)).double() / 3 for count in (150, 130))
    whole = neighbourhoods(real, fake)
    monkeypatch.setattr(distances, "AT_A_TIME", at_a_time)
    assert neighbourhoods(real, fake) == whole


@given(st.integers(1, 40), st.integers(5, 60), st.integers(1, 5), st.integers(0, 1000), st.sampled_from([0.0, 1e8]))
def test_neighbours_are_the_nearest_by_exact_distances(
    count: int, others: int, most: int, seed: int, far: float
) -> None:
    """Far from zero, a product of coordinates of 1e8 would round all of them to one place."""
    generator = torch.Generator().manual_seed(seed)
    first, second = (torch.randint(0, most, (n, 2), generator=generator) / 3 + far for n in (count, others))
    first, second = first.double(), second.double()
    exact = exact_squares(first[:, None], second)
    ours, theirs = points_of(first, second)
    found = nearest_neighbours(ours, theirs, count=5)
    assert torch.equal(found.squares, exact.sort(1).values[:, :5])
    assert torch.equal(exact.gather(1, found.indices), found.squares)
    assert all(len(set(row)) == 5 for row in found.indices.tolist())


def test_an_item_is_no_neighbour_of_its_own_and_its_copies_are() -> None:
    (points,) = points_of(torch.tensor([[0.0], [0.0], [2.0], [5.0]]))
    found = nearest_neighbours(points, points, count=2, same=True)
    assert found.squares.tolist() == [[0, 4], [0, 4], [4, 4], [9, 25]]
    assert found.indices[:2, 0].tolist() == [1, 0]


def test_few_bounds_are_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or all distances would be taken twice."""
    taken = []

    def counting(first: Tensor, second: Tensor) -> Tensor:
        found = exact_squares(first, second)
        taken.append(found.numel())
        return found

    monkeypatch.setattr(distances, "exact_squares", counting)
    real, fake = normal(1000, 16) + 3, normal(1000, 16, seed=1) + 3
    neighbourhoods(real, fake)
    assert sum(taken) <= 1000 * (5 + distances.SPARE) + 1000 * (3 + distances.SPARE)


def test_too_few_items_for_a_neighbourhood_are_refused() -> None:
    with pytest.raises(SteadyganError, match="only 3 fake items; this measure needs at least 4"):
        neighbourhoods(normal(9, 2), normal(3, 2))
    with pytest.raises(SteadyganError, match="only 5 items, too few to find 5 neighbours of each"):
        neighbourhoods(normal(5, 2), normal(9, 2))

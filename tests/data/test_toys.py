"""Mixtures whose modes, spreads and shares are known."""

import numpy as np
import pytest

from steadygan.data import DataSettings, prepare
from steadygan.data.toys import TOYS, Toy, grid_centres, ring_centres, toy_points
from steadygan.errors import SteadyganError

GRID = [(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)]
HALF = 2**-0.5
RING = [(1, 0), (HALF, HALF), (0, 1), (-HALF, HALF), (-1, 0), (-HALF, -HALF), (0, -1), (HALF, -HALF)]
KINDS = [("grid25", GRID, 0.05), ("ring8", RING, 0.01)]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("toys")


def test_the_centres_are_those_of_the_paper():
    assert np.array_equal(grid_centres(), GRID)
    assert np.allclose(ring_centres(), RING, rtol=0, atol=1e-15)


@pytest.mark.parametrize(("name", "centres", "sigma"), KINDS)
def test_a_toy_is_a_hundred_thousand_points_around_its_centres(cache, name, centres, sigma):
    data = prepare(name, cache=cache)
    assert (data.kind, data.images.shape, data.images.dtype) == ("vectors", (100_000, 2), np.float32)
    assert data.source == name
    away = data.images - np.asarray(centres)[data.labels]
    # in units of its error each of these is a standard normal variable, or nearly
    assert np.all(np.abs(away.mean(axis=0)) < 5 * sigma / np.sqrt(100_000))
    assert np.all(np.abs(away.std(axis=0) / sigma - 1) < 5 / np.sqrt(200_000))
    assert abs(np.corrcoef(away.T)[0, 1]) < 5 / np.sqrt(100_000)
    # a round Gaussian has 1 - exp(-9/2) within three sigma
    within = (np.linalg.norm(away, axis=1) <= 3 * sigma).mean()
    assert within == pytest.approx(1 - np.exp(-4.5), abs=0.002)


@pytest.mark.parametrize(("name", "centres", "sigma"), KINDS)
def test_every_mode_is_a_class_of_its_own_and_as_frequent_as_the_others(cache, name, centres, sigma):
    data = prepare(name, cache=cache)
    modes = len(centres)
    assert data.class_names == tuple(str(mode) for mode in range(modes))
    distances = np.linalg.norm(data.images[:, None] - np.asarray(centres)[None], axis=2)
    assert np.array_equal(distances.argmin(axis=1), data.labels)
    expected = 100_000 / modes
    chi_square = ((np.bincount(data.labels, minlength=modes) - expected) ** 2 / expected).sum()
    # its mean is modes - 1, its variance twice that
    assert abs(chi_square - (modes - 1)) < 5 * np.sqrt(2 * (modes - 1))


@pytest.mark.parametrize("name", TOYS)
def test_a_toy_is_the_same_wherever_it_is_prepared(cache, tmp_path, name):
    here, there = prepare(name, cache=cache), prepare(name, cache=tmp_path)
    assert not there.from_cache
    assert here.fingerprint == there.fingerprint
    assert prepare(name, cache=cache).from_cache


def test_the_toys_are_cached_apart(cache):
    assert prepare("grid25", cache=cache).fingerprint != prepare("ring8", cache=cache).fingerprint


def test_points_can_be_drawn_of_any_mixture():
    toy = Toy(np.array([[0.0, 0, 0], [9, 9, 9]]), 0.5)
    points, modes = toy_points(toy, 50, seed=3)
    assert (points.shape, points.dtype, modes.dtype) == ((50, 3), np.float32, np.int64)
    assert np.array_equal(points.mean(axis=1) > 4.5, modes == 1)
    again, _ = toy_points(toy, 50, seed=3)
    other, _ = toy_points(toy, 50, seed=4)
    assert np.array_equal(points, again)
    assert not np.array_equal(points, other)
    assert toy_points(toy, 0, seed=3)[0].shape == (0, 3)


def test_points_have_no_resolution(cache):
    with pytest.raises(SteadyganError, match=r"vectors in 'grid25', \[100000, 2\], have no resolution"):
        prepare("grid25", DataSettings(resolution=32), cache=cache)

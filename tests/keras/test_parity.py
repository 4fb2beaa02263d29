"""Twelve steps of whole recipes, on this backend and by the package itself, with the same weights, images and draws."""

import pytest

keras = pytest.importorskip("keras")

from steadygan.recipes import recipe
from tests.keras.parity import STEPS, Pair, largest_difference

CLOSE = 1e-6


@pytest.mark.parametrize("name", ["dcgan-hacks", "steady", "wgan-gp", "sngan"])
def test_every_measurement_of_twelve_steps_is_the_packages(name: str) -> None:
    pair = Pair(recipe(name).change(values={"batch": 8, "width": 4}))
    for at in range(STEPS):
        ours, theirs = pair.package_step(at), pair.keras_step(at)
        difference = largest_difference(ours, theirs)
        assert difference < CLOSE, (at, difference, ours, theirs)

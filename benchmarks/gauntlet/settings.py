"""Hostile settings, drawn at random: what people set without knowing better, all at once."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

import steadygan as sg
from steadygan.heuristics.updates import Adam
from steadygan.recipe import Recipe

DATA = ("grid25", "ring8", "glyphs", "mnist")
SHARES = (0.15, 0.1, 0.35, 0.4)
VECTORS = ("grid25", "ring8")
IMAGES = {"grid25": 400_000, "ring8": 300_000, "glyphs": 36_000, "mnist": 24_000}
"""Real items that each training sees."""
SIDE = 16
RECIPES = ("naive", "dcgan", "dcgan-hacks", "wgan-gp", "sngan", "steady", "steady --rescue")
SMALL: dict[str, dict[str, Any]] = {
    "naive": {},
    "dcgan": {"adam.lr": 1e-3},
    "dcgan-hacks": {"adam.lr": 1e-3},
    "wgan-gp": {"adam.lr": 1e-3},
    "sngan": {"adam.lr": 1e-3},
    "steady": {},
}
"""What recipes made for large networks and long trainings need at this size, before anything hostile is done."""


@dataclass(frozen=True)
class Hostile:
    """One draw.

    Attributes:
        number: of the draw, which is its seed.
        data: what is trained on.
        generator_rate: times the recipe's own rate.
        discriminator_rate: the same.
        momentum: Adam's first beta.
        batch: real items in a step.
        width: filters of the widest map's narrowest layer; hidden units of a dense network.
        leaky: whether rectifiers leak, where the recipe leaves that open.
        normalised: whether batch norm stays, where the recipe has it.
        moves: of the discriminator for one of the generator.
        items: how many the data are cut to; None for all.
    """

    number: int
    data: str
    generator_rate: float
    discriminator_rate: float
    momentum: float
    batch: int
    width: int
    leaky: bool
    normalised: bool
    moves: int
    items: int | None

    @property
    def is_points(self) -> bool:
        """Whether the data are points of the plane."""
        return self.data in VECTORS

    @property
    def images(self) -> int:
        """Real items to see."""
        return IMAGES[self.data]

    def recipe(self, name: str) -> Recipe:
        """A recipe under these settings.

        Args:
            name: one of ``RECIPES``, without options.

        Raises:
            SteadyganError: when the recipe does not compose with them.
        """
        recipe = sg.recipe(name)
        named = [each for each in ("adam", "alternate", "two-time-scales") if not recipe.has(each)]
        hostile = [] if self.leaky else ["leaky-relu"]
        hostile += [] if self.normalised else ["batch-norm"]
        first = sg.recipe(name).change(add=named, values={"adam.lr": 1e-3} if name == "naive" else {})
        beta = next(iter(first.all(Adam))).betas[1]
        values = {
            **SMALL[name],
            "adam.betas": (self.momentum, beta),
            "alternate.discriminator_moves": self.moves,
            "two-time-scales.generator": self.generator_rate,
            "two-time-scales.discriminator": self.discriminator_rate,
            "batch": self.batch,
            "width": self.width,
        }
        return first.change(remove=[each for each in hostile if first.has(each)], values=values)


def draw(number: int) -> Hostile:
    """The settings of a number: always the same ones.

    Rates are a tenth to ten times the recipe's, evenly on a logarithmic scale and for each player by itself; momentum
    is 0, 0.5 or 0.9; batches are powers of two from 8 to 512 (64 to 512 for points); widths 8, 16 or 32 (32 to 256 for
    points); rectifiers leak, and batch norm stays, in two of three draws; the discriminator moves once in half of them,
    else twice or five times; a quarter of the image draws have 200 or 1,000 images.
    """
    random = np.random.default_rng(90_000 + number)
    data = str(random.choice(DATA, p=SHARES))
    points = data in VECTORS
    rates = [math.exp(random.uniform(-math.log(10), math.log(10))) for _ in range(2)]
    few = int(random.choice([200, 1000])) if random.random() < 0.25 and not points else None
    return Hostile(
        number=number,
        data=data,
        generator_rate=round(rates[0], 3),
        discriminator_rate=round(rates[1], 3),
        momentum=float(random.choice([0.0, 0.5, 0.9])),
        batch=2 ** int(random.integers(6 if points else 3, 10)),
        width=int(random.choice([32, 64, 128, 256] if points else [8, 16, 32])),
        leaky=bool(random.random() < 2 / 3),
        normalised=bool(random.random() < 2 / 3),
        moves=int(random.choice([1, 1, 2, 5])),
        items=few,
    )

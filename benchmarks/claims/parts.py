"""What several experiments share: networks of a recipe, both arms of one, and digits."""

from collections.abc import Callable
from functools import cache, wraps
from typing import TypeVar

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor

import steadygan as sg
from benchmarks.claims.claim import Arms
from steadygan.networks import Networks, build
from steadygan.recipe import Recipe

Arm = TypeVar("Arm")
IMAGE = (16, 16, 1)
LATENT, WIDTH = 32, 8


def networks(
    recipe: Recipe | str, seed: int, shape: tuple[int, ...] = IMAGE, width: int = WIDTH, latent: int = LATENT
) -> Networks:
    """The networks of a recipe as they are drawn from a seed, in training mode."""
    chosen = sg.recipe(recipe) if isinstance(recipe, str) else recipe
    torch.manual_seed(seed)
    family = "mlp" if len(shape) == 1 else chosen.network
    return build(family, chosen.blueprint, shape, latent, width)


def both(figure: Callable[[Recipe, int], float], without: Recipe, with_: Recipe, seed: int) -> Arms:
    """The same figure for two recipes."""
    return {"without": figure(without, seed), "with": figure(with_, seed)}


@cache
def digits(size: int = 16) -> tuple[Tensor, Tensor]:
    """Scikit-learn's 1,797 digits and their labels, float32 [N, 1, size, size] in [-1, 1], in a random order."""
    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.images))
    images = torch.from_numpy(found.images[order]).float()[:, None] / 8 - 1
    repeats = size // images.shape[-1]
    images = images.repeat_interleave(repeats, 2).repeat_interleave(repeats, 3)
    return images, torch.from_numpy(found.target[order]).long()


def area_under_curve(real: Tensor, fake: Tensor) -> float:
    """How often a real logit is above a fake one, ties by half."""
    return float((real[:, None] > fake).float().mean() + 0.5 * (real[:, None] == fake).float().mean())


def once(train: Callable[[Arm, int], Tensor]) -> Callable[[Arm, int], Tensor]:
    """Keep what an arm has made with a seed, because several claims are compared with one arm; recipes have no hash."""
    kept: dict[str, Tensor] = {}

    @wraps(train)
    def kept_or_trained(arm: Arm, seed: int) -> Tensor:
        key = repr((arm, seed))
        if key not in kept:
            kept[key] = train(arm, seed)
        return kept[key]

    return kept_or_trained

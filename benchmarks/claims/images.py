"""Small image GANs: glyphs of 16 pixels, networks of width 8, 30,000 images seen (under half a minute on one core)."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

import steadygan as sg
from benchmarks.claims.claim import Arms
from benchmarks.claims.parts import once
from steadygan.data import DataSettings, prepare
from steadygan.metrics.sliced import image_distance
from steadygan.metrics.spectrum import checkerboard_ratio
from steadygan.recipe import Recipe

SIZE, SAMPLES = 16, 2_000
CACHE = Path(tempfile.gettempdir()) / "steadygan-claims"


class Trained(NamedTuple):
    """An arm.

    Attributes:
        recipe: what is trained.
        images: how many are seen.
    """

    recipe: Recipe
    images: int = 30_000


@cache
def glyphs() -> Tensor:
    """Glyphs to compare with, float32 [2000, C, 16, 16] in [0, 1]."""
    data = prepare("glyphs", DataSettings(resolution=SIZE), cache=CACHE)
    images = np.asarray(data.images[: len(data) : len(data) // SAMPLES][:SAMPLES])
    return _unit(images)


def _unit(images: np.ndarray) -> Tensor:
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255


@once
def samples(arm: Trained, seed: int) -> Tensor:
    """Train an arm, and draw samples, float32 [2000, C, 16, 16] in [0, 1]."""
    with tempfile.TemporaryDirectory() as folder:
        run = sg.train(
            "glyphs",
            arm.recipe,
            images=arm.images,
            resolution=SIZE,
            out=Path(folder) / "run",
            seed=seed,
            precision="fp32",
            doctor=False,
            features="none",
            evaluate_share=0.001,
            cache=CACHE,
            observers=(),
        )
        return _unit(run.sample(SAMPLES))


def from_data(arm: Trained, seed: int) -> float:
    """The sliced Wasserstein distance to the data; infinite where training diverged."""
    made = samples(arm, seed)
    return image_distance(glyphs(), made) if bool(made.isfinite().all()) else float("inf")


def dots(arm: Trained, seed: int) -> float:
    """The checkerboard ratio of samples over that of the data."""
    return checkerboard_ratio(samples(arm, seed)) / checkerboard_ratio(glyphs())


def arms(figure: Callable[[Trained, int], float], without: Trained, with_: Trained) -> Callable[[int], Arms]:
    """The figure of both arms of a seed."""
    return lambda seed: {"without": figure(without, seed), "with": figure(with_, seed)}

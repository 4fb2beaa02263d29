"""Mixtures of Gaussians in the plane, whose modes can be counted: the toy data of the literature on mode collapse."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from steadygan.arrays import Array
from steadygan.data.array_rows import Classes, read_rows, rows_of
from steadygan.data.data_source import DataSource, Outcome, Progress, Sink
from steadygan.settings import DataSettings

TOY_POINTS = 100_000
_SEED = 0


@dataclass(frozen=True, eq=False)
class Toy:
    """A mixture of equally likely round Gaussians.

    Args:
        centres: float64 [K, D], the means.
        sigma: the standard deviation along every axis, above 0.
    """

    centres: Array
    sigma: float


def grid_centres() -> Array:
    """Returns the means of ``grid25``: {-4, -2, 0, 2, 4}², with the second coordinate changing fastest.

    Returns:
        float64 [25, 2].

    Source:
        Lin et al. 2018 (PacGAN, arXiv 1712.04086), section 4.1, "2D-grid".
    """
    marks = np.arange(-4.0, 5.0, 2.0)
    return np.stack(np.meshgrid(marks, marks, indexing="ij"), axis=-1).reshape(-1, 2)


def ring_centres() -> Array:
    """Returns the means of ``ring8``: eight points on the circle of radius 1, counterclockwise from (1, 0).

    Returns:
        float64 [8, 2].

    Source:
        Lin et al. 2018 (PacGAN, arXiv 1712.04086), section 4.1, "2D-ring".
    """
    angles = np.arange(8) * (2 * math.pi / 8)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


TOYS: Mapping[str, Toy] = MappingProxyType({"grid25": Toy(grid_centres(), 0.05), "ring8": Toy(ring_centres(), 0.01)})


def toy_points(toy: Toy, count: int, seed: int) -> tuple[Array, Array]:
    """Draws independent points, each from a random mode.

    Args:
        toy: the mixture.
        count: N, 0 or more.
        seed: any whole number from 0 on.

    Returns:
        The points, float32 [N, D], and their modes, int64 [N], which are indices into the centres.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    modes = generator.integers(0, len(toy.centres), count)
    points = toy.centres[modes] + toy.sigma * generator.standard_normal((count, toy.centres.shape[1]))
    return points.astype(np.float32), modes


def toy_source(name: str) -> DataSource:
    """Makes a source of 100,000 points of a toy mixture, as many as PacGAN trains on, with their modes as classes.

    Args:
        name: one of ``TOYS``.

    Returns:
        The source; its points are always the same.
    """
    toy = TOYS[name]
    modes = tuple(str(mode) for mode in range(len(toy.centres)))

    def read(settings: DataSettings, sink: Sink, workers: int, progress: Progress) -> Outcome:
        points, labels = toy_points(toy, TOY_POINTS, _SEED)
        return read_rows(rows_of(points), Classes(labels, modes), f"'{name}'", settings, sink, progress)

    return DataSource(name, repr(("toy", name, toy.centres.tolist(), toy.sigma, TOY_POINTS, _SEED)), read)

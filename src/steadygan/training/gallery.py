"""Draws grids of samples of the same latents over time, and measures samples against the data."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from steadygan.arrays import Array
from steadygan.data import Prepared
from steadygan.data.toys import TOYS
from steadygan.errors import SteadyganError
from steadygan.feeding.labels import random_labels
from steadygan.feeding.prefetch import RowReader
from steadygan.metrics import METRICS, Metric
from steadygan.metrics.stored import channels_first, floats
from steadygan.metrics.vector_modes import vector_modes
from steadygan.runs.folder import RunFolder
from steadygan.runs.grid import BACKGROUND, GENERATED, REAL, image_grid, plane, save_picture, scatter
from steadygan.runs.sampling import generate
from steadygan.training.state import TrainingState

SEED = 20141
GRID_IMAGES, GRID_POINTS = 64, 2000
"""Samples in a grid: images, or points in a scatter plot."""
MEASURED_SAMPLES = 1000
MAX_CLASS_ROWS = 16
"""A grid has a row for each class, but at most this many rows."""


class Gallery:
    """Draws grids of samples and measures samples, always with the same latents and the same real images.

    Args:
        folder: the run folder, in which grids are saved.
        state: the state of the run, which is read but never changed.
        metrics: the metrics to measure; those that do not fit the kind of data are left out.

    Attributes:
        samples_per_grid: how many samples a grid shows.
    """

    def __init__(self, folder: RunFolder, state: TrainingState, metrics: Sequence[Metric] = METRICS) -> None:
        self.folder = folder
        data = state.data
        self.metrics = tuple(metric for metric in metrics if data.kind in metric.needs.kinds)
        self._mixture = TOYS.get(data.source)
        self._data_values: dict[str, float] = {}
        generator = torch.Generator().manual_seed(SEED)
        latent = state.recipe.latent
        self.samples_per_grid = GRID_IMAGES if data.kind == "images" else GRID_POINTS
        self._latents = latent.sample(max(self.samples_per_grid, MEASURED_SAMPLES), torch.device("cpu"), generator)
        self._columns, self._labels = _columns_and_labels(state, self.samples_per_grid, generator)
        if self._columns is not None and self._labels is not None:
            self.samples_per_grid = len(self._labels) - MEASURED_SAMPLES
        self._rows = () if self._columns is None else data.class_names[: self.samples_per_grid // self._columns]
        self._data = data
        indices = torch.randperm(len(data), generator=generator)[: max(self.samples_per_grid, MEASURED_SAMPLES)]
        self._real = torch.from_numpy(_read(data, indices.numpy()))
        self._low, self._high = _scatter_limits(data)

    def draw_real(self) -> None:
        """Draw the grid of real images, for comparison; if rows are classes, they are those of the generated grids."""
        images = self._real[: self.samples_per_grid].numpy()
        if self._columns is not None:
            images = real_rows(self._data, len(self._rows), self._columns)
        self._draw(images, self.folder.samples / "real.png", REAL)

    def draw(self, sampler: nn.Module, state: TrainingState) -> None:
        """Draw a grid of samples of the current generator."""
        made = self._generate(sampler, state, slice(self.samples_per_grid), slice(MEASURED_SAMPLES, None))
        self._draw(
            made.numpy(),
            self.folder.sample_grid(state.images_seen),
            GENERATED,
            self._real[: self.samples_per_grid].numpy(),
        )

    def measure(self, sampler: nn.Module, state: TrainingState) -> dict[str, float]:
        """Measure 1,000 samples against 1,000 real items.

        Returns:
            The value of each metric, and the value of the data themselves if the metric has one; see
            :class:`steadygan.metrics.Metric`.
        """
        made = self._generate(sampler, state, slice(MEASURED_SAMPLES), slice(MEASURED_SAMPLES))
        found: dict[str, float] = {}
        for metric in self.metrics:
            real, fake = (_as_needed(items, metric) for items in (self._real[:MEASURED_SAMPLES], made))
            found[metric.key] = _value(metric, real, fake)
            if metric.data_value:
                if metric.name not in self._data_values:
                    self._data_values[metric.name] = _value(metric, real, real)
                found[metric.data_key] = self._data_values[metric.name]
        return found | self._modes_found(made)

    def _modes_found(self, points: torch.Tensor) -> dict[str, float]:
        """How points lie about the modes of their data, where these are known."""
        if self._mixture is None or not bool(points.isfinite().all()):
            return {}
        found = vector_modes(points, torch.from_numpy(self._mixture.centres), self._mixture.sigma)
        values = {f"quality/mixture_{name}_{MEASURED_SAMPLES}": value for name, value in found._asdict().items()}
        return {key: math.nan if value is None else float(value) for key, value in values.items()}

    def _generate(self, sampler: nn.Module, state: TrainingState, latents: slice, labels: slice) -> torch.Tensor:
        """Generate samples from these latents, in the precision of the run so that it takes little time."""
        of = None if self._labels is None else self._labels[labels]
        with state.in_precision():
            return generate(sampler, self._latents[latents], state.scaling, state.device, labels=of)

    def _draw(self, items: Array, path: Path, colour: tuple[int, int, int], behind: Array | None = None) -> None:
        if items.ndim == 4:
            save_picture(image_grid(items, self._columns), path, self._rows)
        else:
            save_picture(scatter(items, self._low, self._high, behind, colour), path)


def _read(data: Prepared, indices: Array) -> Array:
    """Images by their indices in the data, in the order of ``indices``.

    They are read in the order in which they lie on the disk, and then put into the order of ``indices``: images of a
    folder are sorted by class, so that the first ones of sorted indices would all be of one class.
    """
    images = np.empty((len(indices), *data.images.shape[1:]), data.images.dtype)
    order = np.argsort(indices)
    images[order] = RowReader(data.images).read(indices[order])
    return images


def _columns_and_labels(
    state: TrainingState, samples: int, generator: torch.Generator
) -> tuple[int | None, torch.Tensor | None]:
    """Columns of a grid with a class in each row, and labels: first of the measured samples, then of the grid's."""
    shares = state.class_shares
    if not shares:
        return None, None
    measured = random_labels(MEASURED_SAMPLES, shares, generator)
    if state.data.kind == "vectors":
        return None, torch.cat([measured, random_labels(samples, shares, generator)])
    columns = math.isqrt(samples)
    return columns, torch.cat([measured, torch.arange(min(len(shares), MAX_CLASS_ROWS)).repeat_interleave(columns)])


def real_rows(data: Prepared, rows: int, columns: int) -> Array:
    """Images of the first classes, one class in each row, always the same ones.

    Args:
        data: images with labels.
        rows: how many classes.
        columns: how many images of each class; if a class has fewer, the other cells are white.

    Returns:
        uint8 [rows · columns, H, W, C].
    """
    assert data.labels is not None  # rows are classes only where there are labels
    shuffled = np.random.Generator(np.random.PCG64(SEED)).permutation(len(data))
    labels = data.labels[shuffled]
    reader = RowReader(data.images)
    grid = np.full((rows * columns, *data.shape), BACKGROUND, np.uint8)
    for row in range(rows):
        indices = np.sort(shuffled[labels == row][:columns])
        grid[row * columns : row * columns + len(indices)] = reader.read(indices)
    return grid


def _as_needed(items: torch.Tensor, metric: Metric) -> torch.Tensor:
    """Convert images, uint8 [N, H, W, C], to the form that a metric needs; vectors stay as they are."""
    if items.ndim == 2 or metric.needs.images == "uint8":
        return items
    return floats(channels_first(items))


def _value(metric: Metric, real: torch.Tensor, fake: torch.Tensor) -> float:
    """Compute a metric, without moving the random state of the run."""
    try:
        with torch.random.fork_rng(devices=[]):
            return float(metric.measure(real, fake))
    except Exception as error:  # because a metric may come from anyone
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise SteadyganError(f"The metric '{metric.name}' fails on these data: {reason}") from error


def _scatter_limits(data: Prepared) -> tuple[Array, Array]:
    """Lower and upper limits of the axes of a scatter plot: the range of the data with a margin."""
    if data.kind == "images":
        return np.zeros(2), np.ones(2)
    points = plane(np.asarray(data.images[:100_000]))
    low, high = points.min(0), points.max(0)
    margin = 0.15 * np.maximum(high - low, 1e-6)
    return low - margin, high + margin

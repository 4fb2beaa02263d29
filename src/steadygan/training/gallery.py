"""What a run shows of itself: grids of the same latents over time, and measures of samples against the data."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from steadygan.arrays import Array
from steadygan.data import Prepared
from steadygan.errors import SteadyganError
from steadygan.feeding.labels import random_labels
from steadygan.metrics import METRICS, Metric
from steadygan.metrics.stored import channels_first, floats
from steadygan.runs.folder import RunFolder
from steadygan.runs.grid import GENERATED, GROUND, REAL, image_grid, plane, save_picture, scatter
from steadygan.runs.sampling import generate
from steadygan.training.state import TrainingState

SEED = 20141
SHOWN, SHOWN_POINTS = 64, 2000
MEASURED = 1000
MOST_ROWS = 16
"""Classes of which a grid shows images, one class in a row."""


class Gallery:
    """Draws grids and measures, always with the same latents and the same real images.

    Args:
        folder: where grids go.
        state: the run; it is read, never changed.
        metrics: what is measured, as far as it fits the kind of data.
    """

    def __init__(self, folder: RunFolder, state: TrainingState, metrics: Sequence[Metric] = METRICS) -> None:
        self.folder = folder
        data = state.data
        self.metrics = tuple(metric for metric in metrics if data.kind in metric.needs.kinds)
        self._data_values: dict[str, float] = {}
        generator = torch.Generator().manual_seed(SEED)
        latent = state.recipe.latent
        self.shown = SHOWN if data.kind == "images" else SHOWN_POINTS
        self._latents = latent.sample(max(self.shown, MEASURED), torch.device("cpu"), generator)
        self._columns, self._labels = _by_class(state, self.shown, generator)
        if self._columns is not None and self._labels is not None:
            self.shown = len(self._labels) - MEASURED
        self._rows = () if self._columns is None else data.class_names[: self.shown // self._columns]
        self._data = data
        indices = torch.randperm(len(data), generator=generator)[: max(self.shown, MEASURED)]
        self._real = torch.from_numpy(_read(data, indices.numpy()))
        self._low, self._high = _frame(data)

    def draw_real(self) -> None:
        """The grid of real images, for comparison; of the same classes in the same rows, if rows are classes."""
        shown = self._real[: self.shown].numpy()
        if self._columns is not None:
            shown = real_rows(self._data, len(self._rows), self._columns)
        self._draw(shown, self.folder.samples / "real.png", REAL)

    def draw(self, sampler: nn.Module, state: TrainingState) -> None:
        """The grid of this moment."""
        made = self._made(sampler, state, slice(self.shown), slice(MEASURED, None))
        self._draw(
            made.numpy(), self.folder.sample_grid(state.images_seen), GENERATED, self._real[: self.shown].numpy()
        )

    def measure(self, sampler: nn.Module, state: TrainingState) -> dict[str, float]:
        """Measure 1,000 samples against 1,000 of the data.

        Returns:
            For each metric its value, and the data's own where they have one; see
            :class:`steadygan.metrics.Metric`.
        """
        made = self._made(sampler, state, slice(MEASURED), slice(MEASURED))
        found: dict[str, float] = {}
        for metric in self.metrics:
            real, fake = (_as_needed(items, metric) for items in (self._real[:MEASURED], made))
            found[metric.key] = _value(metric, real, fake)
            if metric.data_value:
                if metric.name not in self._data_values:
                    self._data_values[metric.name] = _value(metric, real, real)
                found[metric.data_key] = self._data_values[metric.name]
        return found

    def _made(self, sampler: nn.Module, state: TrainingState, latents: slice, labels: slice) -> torch.Tensor:
        """Images of these latents, in the run's precision so that they take little time."""
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

    The disk is asked in its own order. What comes back must not stay in it: images of a folder are sorted by class, so
    that the first ones of sorted indices would all be of one class.
    """
    images = np.empty((len(indices), *data.images.shape[1:]), data.images.dtype)
    order = np.argsort(indices)
    images[order] = data.images[indices[order]]
    return images


def _by_class(state: TrainingState, shown: int, generator: torch.Generator) -> tuple[int | None, torch.Tensor | None]:
    """Columns of a grid with a class in each row, and labels: those of the measured images, then those of the shown."""
    shares = state.class_shares
    if not shares:
        return None, None
    measured = random_labels(MEASURED, shares, generator)
    if state.data.kind == "vectors":
        return None, torch.cat([measured, random_labels(shown, shares, generator)])
    columns = math.isqrt(shown)
    return columns, torch.cat([measured, torch.arange(min(len(shares), MOST_ROWS)).repeat_interleave(columns)])


def real_rows(data: Prepared, rows: int, columns: int) -> Array:
    """Images of the first classes, one class in a row, always the same ones.

    Args:
        data: images with labels.
        rows: how many classes.
        columns: how many images of each; cells that a small class leaves are white.

    Returns:
        uint8 [rows · columns, H, W, C].
    """
    assert data.labels is not None  # rows are classes only where there are labels
    shuffled = np.random.Generator(np.random.PCG64(SEED)).permutation(len(data))
    labels = data.labels[shuffled]
    shown = np.full((rows * columns, *data.shape), GROUND, np.uint8)
    for row in range(rows):
        indices = np.sort(shuffled[labels == row][:columns])
        shown[row * columns : row * columns + len(indices)] = data.images[indices]
    return shown


def _as_needed(items: torch.Tensor, metric: Metric) -> torch.Tensor:
    """Images, uint8 [N, H, W, C], or vectors in the form that a metric wants."""
    if items.ndim == 2 or metric.needs.images == "uint8":
        return items
    return floats(channels_first(items))


def _value(metric: Metric, real: torch.Tensor, fake: torch.Tensor) -> float:
    """What a metric says; its random numbers are its own."""
    try:
        with torch.random.fork_rng(devices=[]):
            return float(metric.measure(real, fake))
    except Exception as error:  # because a metric may come from anyone
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise SteadyganError(f"The metric '{metric.name}' fails on these data: {reason}") from error


def _frame(data: Prepared) -> tuple[Array, Array]:
    """Corners of a scatter plot: the data with a margin."""
    if data.kind == "images":
        return np.zeros(2), np.ones(2)
    points = plane(np.asarray(data.images[:100_000]))
    low, high = points.min(0), points.max(0)
    margin = 0.15 * np.maximum(high - low, 1e-6)
    return low - margin, high + margin

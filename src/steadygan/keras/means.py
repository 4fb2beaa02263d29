"""Means of what Keras measures, over stretches that are not Keras' own."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import keras
import torch
from keras import ops

from steadygan.keras.torch_view import tensor_of, view


def measured(metrics: Sequence[Any]) -> dict[str, Any]:
    """The results of Keras' means by their names, scalar tensors, as their own ``result`` gives them one by one.

    Args:
        metrics: each a :class:`keras.metrics.Mean`; 0 where it has counted nothing.
    """
    if not metrics:
        return {}
    totals, counts = (
        torch.stack([view(each.value) for each in part]) for part in zip(*map(_sums, metrics), strict=True)
    )
    # Counts are whole numbers.
    means = (totals / counts.clamp_min(1.0)).unbind()
    return {metric.name: tensor_of(mean) for metric, mean in zip(metrics, means, strict=True)}


def _sums(metric: Any) -> tuple[Any, Any]:
    return metric.total, metric.count


class Means:
    """Means of Keras' metrics since the last row, which the end of an epoch does not cut short.

    Keras' own logs are means since the beginning of the epoch, and so is the figure of a metric that was not finite.
    """

    def __init__(self) -> None:
        self._before: dict[str, tuple[float, float]] = {}
        self._sums: dict[str, tuple[float, float]] = {}

    def begin_epoch(self) -> None:
        """Know that the metrics are at 0 again."""
        self._before = {}

    def collect(self, metrics: Iterable[Any]) -> None:
        """Add what was measured since the last time."""
        means = [metric for metric in metrics if isinstance(metric, keras.metrics.Mean)]
        if not means:
            return
        # at once, because each transfer from a device waits for it
        stacked = ops.stack([ops.cast(value, "float32") for each in means for value in (each.total, each.count)])
        numbers = ops.convert_to_numpy(stacked).astype(float).reshape(-1, 2).tolist()
        for metric, (total, count) in zip(means, numbers, strict=True):
            old_total, old_count = self._before.get(metric.name, (0.0, 0.0))
            sum_, number = self._sums.get(metric.name, (0.0, 0.0))
            self._sums[metric.name] = sum_ + total - old_total, number + count - old_count
            self._before[metric.name] = total, count

    def take(self) -> tuple[dict[str, float | None], int]:
        """The means by name, None where one is not finite, and how many of them are not; then they are forgotten."""
        found = {name: total / count for name, (total, count) in sorted(self._sums.items()) if count}
        self._sums = {}
        finite = {name: value if math.isfinite(value) else None for name, value in found.items()}
        return finite, sum(value is None for value in finite.values())

"""The losses of the steps between two rows."""

import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from torch import Tensor

from steadygan.doctor.given import as_tensor
from steadygan.doctor.names import canonical

MOST_WAITING = 1000


class Tally:
    """Adds losses up to means, and counts those that are not finite.

    Losses that lie on a device are fetched when the means are asked for, so that no step waits for them.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[str, Any]] = []
        self._sums: dict[str, tuple[float, int]] = {}
        self._bad = 0

    def add(self, losses: Mapping[str, Any]) -> None:
        """Count the losses of a step.

        Args:
            losses: numbers, or arrays whose mean counts, by any name.
        """
        for name, value in losses.items():
            if isinstance(value, np.ndarray):
                value = _number(value, name)  # it may be written over
            self._waiting.append((name, value.detach() if isinstance(value, Tensor) else value))
        if len(self._waiting) > MOST_WAITING:
            self._fetch()

    def take(self) -> dict[str, float | None]:
        """The means by canonical name, with ``not_finite``, how many were not finite; then they are forgotten.

        Where a loss was finite in no step, its mean is None.
        """
        self._fetch()
        means: dict[str, float | None] = {
            name: total / count if count else None for name, (total, count) in self._sums.items()
        }
        means["not_finite"] = self._bad
        self._sums, self._bad = {}, 0
        return means

    def _fetch(self) -> None:
        for name, value in self._waiting:
            key = canonical(name)
            number = _number(value, name)
            total, count = self._sums.get(key, (0.0, 0))
            finite = math.isfinite(number)
            self._sums[key] = (total + number, count + 1) if finite else (total, count)
            self._bad += not finite
        self._waiting = []


def _number(value: Any, name: str) -> float:
    """A loss as a number; of an array its mean."""
    if not isinstance(value, str):
        with suppress(TypeError, ValueError, RuntimeError):
            return float(value)  # the quick way, for all that is one number
    return float(as_tensor(value, f"the loss '{name}'").double().mean())

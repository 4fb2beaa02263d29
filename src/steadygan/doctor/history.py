"""The rows of a training as the rules read them: figures by name, over images seen."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steadygan.arrays import Array


@dataclass(frozen=True)
class Setting:
    """What is known of a training besides its rows; rules that need what is not known keep silent.

    Attributes:
        kind: ``images`` or ``vectors``.
        items: how many the data have; None if it is not known.
        wanted: images that training sees before samples show what the data do, as a rule of thumb.
        even_loss: the discriminator's loss when it cannot tell real from fake; None if it is not known.
    """

    kind: str = "images"
    items: int | None = None
    wanted: int = 60_000
    even_loss: float | None = None


@dataclass
class History:
    """Figures over time, which grow row by row.

    Attributes:
        setting: of the training.
        images: real images seen at the newest row.
    """

    setting: Setting = field(default_factory=Setting)
    images: int = 0
    _columns: dict[str, tuple[list[int], list[float]]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]], setting: Setting | None = None) -> "History":
        """A history of all these rows."""
        history = cls(setting or Setting())
        for row in rows:
            history.add(row)
        return history

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row.

        Args:
            row: numbers by name, with ``images``; None stands for a number that is not finite.
        """
        self.images = int(row["images"])
        for name, value in row.items():
            if name != "images" and (value is None or isinstance(value, int | float)):
                times, values = self._columns.setdefault(name, ([], []))
                times.append(self.images)
                values.append(math.nan if value is None else float(value))

    def has(self, name: str) -> bool:
        """Whether there is any value of a figure."""
        return name in self._columns

    def last(self, name: str, count: int = 1) -> Array:
        """The newest values, float64 [count] or fewer, oldest first."""
        _, values = self._columns.get(name, ([], []))
        return np.array(values[-count:], dtype=np.float64)

    def all(self, name: str) -> Array:
        """All values, float64 [n], oldest first."""
        return self.last(name, len(self._columns.get(name, ([], []))[1]) or 1)

    def times(self, name: str, count: int | None = None) -> list[int]:
        """Images seen at the newest values, oldest first."""
        times, _ = self._columns.get(name, ([], []))
        return times if count is None else times[-count:]

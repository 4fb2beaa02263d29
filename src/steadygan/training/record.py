"""What was measured, summed on the device and read once a row."""

import math
from typing import Any

import torch
from torch import Tensor


class Record:
    """Sums of everything that was noted since the last row.

    Noting never waits for the device; only :meth:`row` does.
    """

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}
        self._not_finite: Tensor | None = None

    def note(self, name: str, value: Tensor) -> None:
        """Count the mean of ``value`` towards the row's mean of ``name``.

        Args:
            name: key of the row.
            value: any shape and floating type; values that are not finite are counted, not hidden.
        """
        mean = value.detach().float().mean()
        bad = torch.isfinite(mean).logical_not()
        self._not_finite = bad.long() if self._not_finite is None else self._not_finite + bad
        self._sums[name] = self._sums[name] + mean if name in self._sums else mean
        self._counts[name] = self._counts.get(name, 0) + 1

    def row(self) -> dict[str, float | int | None]:
        """The means since the last row, and how many noted values were not finite; then begin anew.

        Returns:
            Means by name, None where one is not finite; ``not_finite``.
        """
        names = sorted(self._sums)
        values = torch.stack([self._sums[name] for name in names]).tolist() if names else []
        means = {name: value / self._counts[name] for name, value in zip(names, values, strict=True)}
        row: dict[str, float | int | None] = {key: x if math.isfinite(x) else None for key, x in means.items()}
        row["not_finite"] = 0 if self._not_finite is None else int(self._not_finite)
        self._sums, self._counts, self._not_finite = {}, {}, None
        return row

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"sums": dict(self._sums), "counts": dict(self._counts), "not_finite": self._not_finite}

    def load(self, state: dict[str, Any], device: torch.device) -> None:
        """Go on from :meth:`state`."""
        self._sums = {name: value.to(device) for name, value in state["sums"].items()}
        self._counts = dict(state["counts"])
        self._not_finite = None if state["not_finite"] is None else state["not_finite"].to(device)

"""Measurements of training, which stay on the device and are read once for each row of metrics."""

import math
from typing import Any

import torch
from torch import Tensor

from steadygan.distributed import average_, is_main_process, world_size


class Record:
    """Means of everything that was logged since the last row.

    Logging costs next to nothing and never waits for the device; only :meth:`row` does. Each of several processes logs
    the mean of its share of a batch, and these means are averaged at the end of each step.
    """

    def __init__(self) -> None:
        self._step: dict[str, list[Tensor]] = {}
        self._means: dict[str, list[Tensor]] = {}

    def log(self, name: str, value: Tensor) -> None:
        """Count the mean of ``value`` towards the row's mean of ``name``.

        Args:
            name: the key in the row.
            value: a tensor of any shape and floating-point type; values that are not finite are counted.
        """
        value = value.detach()
        kept = self._means if world_size() == 1 else self._step
        kept.setdefault(name, []).append(value.mean() if value.ndim else value)

    def end_step(self) -> None:
        """Average what this step has logged over all processes; the main process keeps it for the row."""
        logged, self._step = self._step, {}
        if not logged:
            return
        names = [name for name in sorted(logged) for _ in logged[name]]
        values = torch.stack([value.float() for name in sorted(logged) for value in logged[name]])
        average_([values])
        if is_main_process():
            for name, value in zip(names, values.unbind(0), strict=True):
                self._means.setdefault(name, []).append(value)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was logged since the last row."""
        return not self._means

    def row(self) -> dict[str, float | int | None]:
        """Return the means since the last row and forget them.

        Returns:
            The means by name, None where one is not finite; the number of values that were not, as ``not_finite``.
        """
        names = sorted(self._means)
        counts = [len(self._means[name]) for name in names]
        values = torch.stack([mean.float() for name in names for mean in self._means[name]]).tolist() if names else []
        self._means = {}
        bad = sum(not math.isfinite(value) for value in values)
        row: dict[str, float | int | None] = {}
        for name, count in zip(names, counts, strict=True):
            own, values = values[:count], values[count:]
            row[name] = math.fsum(own) / count if all(math.isfinite(value) for value in own) else None
        return {**row, "not_finite": bad}

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps; called between steps."""
        return {"means": {name: torch.stack(means) for name, means in self._means.items()}}

    def load_state_dict(self, state: dict[str, Any], device: torch.device) -> None:
        """Go on from :meth:`state_dict`; an incomplete row that an earlier version of steadygan saved is ignored."""
        means: dict[str, Tensor] = state.get("means", {})
        self._means = {name: list(kept.to(device)) for name, kept in means.items()}

"""Sample grids of all recipes with one seed, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from steadygan.report.pictures import Picture, picture
from steadygan.report.words import figure
from steadygan.runs.folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd

MOST = 40
"""The most grids on the page."""


@dataclass(frozen=True)
class Grid:
    """The samples of a trial.

    Attributes:
        variant: its recipe.
        remark: its score, or how it ended.
        picture: the grid; None if there is none.
    """

    variant: str
    remark: str
    picture: Picture | None


@dataclass(frozen=True)
class Grids:
    """Samples of one seed.

    Attributes:
        seed: which.
        shown: grids, the baseline's first.
        left_out: how many more there are.
        real: images of the data, if a run has left them.
    """

    seed: int
    shown: tuple[Grid, ...]
    left_out: int
    real: Picture | None


def grids(folder: Path, table: pd.DataFrame, order: Sequence[str]) -> Grids | None:
    """The grids of the seed with which most recipes have one.

    Args:
        folder: of the study.
        table: its trials.
        order: names of the recipes in the order of the grids.

    Returns:
        None when no trial has left a grid.
    """
    having = table[table["grid"].notna()]
    if having.empty:
        return None
    counted = having.groupby("seed").size()
    seed = counted.index[int(np.argmax(counted.to_numpy()))]  # the lowest of those with the most
    by_variant: dict[str, Mapping[str, Any]] = {
        str(row["variant"]): row for row in table[(table["seed"] == seed) & (table["ran"] == 1)].to_dict("records")
    }
    names = [name for name in order if name in by_variant]
    shown = tuple(_grid(folder, by_variant[name]) for name in names[:MOST])
    if all(grid.picture is None for grid in shown):
        return None
    runs = [row["run"] for row in by_variant.values() if isinstance(row["run"], str)]
    found = (picture(RunFolder(folder / run).samples / "real.png") for run in runs)
    return Grids(int(seed), shown, len(names) - len(shown), next((real for real in found if real is not None), None))


def _grid(folder: Path, row: Mapping[str, Any]) -> Grid:
    score = row["score"]
    remark = str(row["status"])
    if row["status"] == "finished":
        remark = "no score" if score is None or not np.isfinite(score) else f"score {figure(float(score))}"
        remark += ", not healthy" if row["survived"] == 0 else ""
    path = row["grid"]
    return Grid(str(row["variant"]), remark, picture(folder / path) if isinstance(path, str) else None)

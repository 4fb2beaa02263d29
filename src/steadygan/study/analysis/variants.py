"""How each recipe of a study did by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from steadygan.study.analysis.shares import Share, share_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Variant:
    """The trials of one recipe.

    Attributes:
        name: of the variant.
        change: how it came about: ``baseline``, ``without``, ``with``, ``pair``, ``factorial`` or ``search``.
        heuristics: those that were edited.
        seeds: of the trials that ran.
        survival: of these, how many ended healthy.
        median: of the scores, where a failure is infinitely bad; infinite when most failed; None when too few scores
            are known to tell.
        lowest: the best score; None without one.
        highest: the worst score; None without one.
    """

    name: str
    change: str
    heuristics: tuple[str, ...]
    seeds: tuple[int, ...]
    survival: Share
    median: float | None
    lowest: float | None
    highest: float | None


def variants(table: pd.DataFrame) -> tuple[Variant, ...]:
    """Every recipe that was tried, the baseline first, then in the order of the table.

    Args:
        table: as :func:`steadygan.study.analysis.table.prepared` gives it.
    """
    found = [_variant(str(name), rows) for name, rows in table.groupby("variant", sort=False)]
    return tuple(sorted(found, key=lambda variant: variant.change != "baseline"))


def _variant(name: str, rows: pd.DataFrame) -> Variant:
    ranks = rows["rank"].dropna().to_numpy(dtype=np.float64)
    scores = np.exp(rows["log_score"].dropna().to_numpy(dtype=np.float64))
    return Variant(
        name=name,
        change=str(rows["change"].iloc[0]),
        heuristics=tuple(rows["heuristics"].iloc[0]),
        seeds=tuple(sorted(int(seed) for seed in rows.loc[rows["ran"] == 1, "seed"])),
        survival=share_of(rows["survived"].tolist()),
        median=_median(ranks),
        lowest=float(scores.min()) if len(scores) else None,
        highest=float(scores.max()) if len(scores) else None,
    )


def _median(ranks: np.ndarray) -> float | None:
    """The median of the scores, infinite where a middle one is a failure; None without any."""
    if not len(ranks):
        return None
    with np.errstate(over="ignore"):
        middle = np.median(np.exp(ranks))
    return math.inf if math.isinf(middle) else float(middle)

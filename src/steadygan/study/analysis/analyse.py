"""Everything that the table of a study says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from steadygan.study.analysis.best import Best, best
from steadygan.study.analysis.cells import Cells
from steadygan.study.analysis.effects import Effect, effects
from steadygan.study.analysis.interactions import Interaction, interactions
from steadygan.study.analysis.table import prepared
from steadygan.study.analysis.variants import Variant, variants

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Analysis:
    """What a study found.

    Attributes:
        table: its trials, as :func:`steadygan.study.analysis.table.prepared` gives them.
        variants: its recipes, the baseline first.
        effects: of its heuristics, the most helpful first.
        interactions: of two heuristics, where the design shows them.
        best: the best recipe; None when no run has a score.
    """

    table: pd.DataFrame
    variants: tuple[Variant, ...]
    effects: tuple[Effect, ...]
    interactions: tuple[Interaction, ...]
    best: Best | None


def analyse(trials: pd.DataFrame) -> Analysis:
    """Everything that a table of trials says; the study may be unfinished.

    Args:
        trials: one row for each trial; see :data:`steadygan.study.analysis.table.COLUMNS`.

    Raises:
        SteadyganError: when a column is missing.
    """
    table = prepared(trials)
    cells = Cells(table)
    of_each = variants(table)
    return Analysis(table, of_each, effects(cells), interactions(cells), best(table, of_each))

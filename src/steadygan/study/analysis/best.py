"""The best recipe of a study, and how sure that is."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from steadygan.amounts import things
from steadygan.errors import SteadyganError, printable
from steadygan.files import LARGEST_RECIPE, read_text
from steadygan.runs.folder import RunFolder, write_atomically
from steadygan.study.analysis.contrasts import LogRatio, adjusted, log_ratio
from steadygan.study.analysis.table import SEARCH
from steadygan.study.analysis.variants import Variant
from steadygan.study.analysis.verdicts import FEWEST_SEEDS, SURE
from steadygan.study.folder import StudyFolder

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Best:
    """The recipe with the lowest median score among those that fail no more often than the baseline.

    Attributes:
        variant: it.
        runs: folders of its runs, relative to the study's.
        candidates: from how many recipes it was chosen.
        against_baseline: its score over the baseline's; None if it is the baseline or no seed has both.
        chance: p-value of being no better than the baseline, adjusted for the number of recipes.
        sure: whether it is better than the baseline as far as these seeds can tell.
    """

    variant: Variant
    runs: tuple[str, ...]
    candidates: int
    against_baseline: LogRatio | None
    chance: float | None
    sure: bool

    @property
    def is_baseline(self) -> bool:
        """Whether no edit made the baseline better."""
        return self.variant.change == "baseline"


def best(table: pd.DataFrame, variants: Sequence[Variant]) -> Best | None:
    """The best recipe; None when no run has a score.

    Recipes with fewer seeds than most do not take part: the luckiest of many single runs would win.

    Args:
        table: as :func:`steadygan.study.analysis.table.prepared` gives it.
        variants: of the same table.
    """
    candidates = _candidates(variants)
    if not candidates:
        return None
    chosen = min(candidates, key=lambda variant: variant.median if variant.median is not None else math.inf)
    # As many questions as for the verdicts on heuristics, so that both say the same of an edit by itself.
    ratios = [_against_baseline(table, variant) for variant in variants]
    chances = adjusted([None if ratio is None else ratio.chance for ratio in ratios])
    place = variants.index(chosen)
    ratio, chance = ratios[place], chances[place]
    enough = ratio is not None and len(ratio.values) >= FEWEST_SEEDS and ratio.mean < 0
    rows = table[(table["variant"] == chosen.name) & (table["ran"] == 1)]
    return Best(
        variant=chosen,
        runs=tuple(str(run) for run in rows["run"].dropna()),
        candidates=len(candidates),
        against_baseline=ratio,
        chance=chance,
        sure=enough and chance is not None and chance < SURE,
    )


def _candidates(variants: Sequence[Variant]) -> list[Variant]:
    """Recipes with a median score, as many seeds as the others, and no more failures than the baseline."""
    baseline = next((variant for variant in variants if variant.change == "baseline"), None)
    scored = [variant for variant in variants if variant.median is not None and math.isfinite(variant.median)]
    least = 0.0 if baseline is None or not baseline.survival.runs else baseline.survival.share
    kept = [variant for variant in scored if not variant.survival.runs or variant.survival.share >= least]
    most = max((len(variant.seeds) for variant in kept), default=0)
    return [variant for variant in kept if len(variant.seeds) == most]


def _against_baseline(table: pd.DataFrame, variant: Variant) -> LogRatio | None:
    """Its score over the baseline's, by seeds that have both."""
    if variant.change == "baseline":
        return None
    scores = table.set_index("seed")["log_score"]
    own = scores[(table["variant"] == variant.name).to_numpy()]
    base = scores[(table["change"] == "baseline").to_numpy()]
    return log_ratio((own - base).tolist()) if len(own) and len(base) else None


def write_best_recipe(folder: Path, variants: Sequence[Variant], found: Best | None) -> Path | None:
    """Write the best recipe as one that ``steadygan train --recipe`` takes, with a comment on how sure that is.

    A search writes the best that it came upon itself, so what is there is left as it is.

    Args:
        folder: of the study.
        variants: that were tried.
        found: which of them is best.

    Returns:
        Where it lies; None when there is no best recipe, or none of its runs has left its recipe. What an earlier call
        wrote is then removed, for it is not the best of these trials.

    Raises:
        SteadyganError: when the file cannot be written.
    """
    path = StudyFolder(folder).best
    if any(variant.change == SEARCH for variant in variants):
        return path if path.is_file() else None
    text = "" if found is None else _first_recipe(folder, found.runs)
    if found is None or not text:
        path.unlink(missing_ok=True)
        return None
    comment = "".join(f"# {line}\n" for line in _comment(found))
    write_atomically(path, comment + text, "write the report again")
    return path


def _first_recipe(folder: Path, runs: Sequence[str]) -> str:
    """The recipe of the first of these runs that has left one that can be read."""
    for run in runs:
        try:
            text = read_text(RunFolder(folder / run).recipe, LARGEST_RECIPE)
            tomllib.loads(text)
        except (OSError, SteadyganError, ValueError):
            continue
        return text
    return ""


def _comment(found: Best) -> list[str]:
    """What the file says above the recipe."""
    variant = found.variant
    score = f"median score {variant.median:.4g} over {things(len(variant.seeds), 'seed')}"
    name = printable(variant.name)  # a comment has one line
    lines = [f"The best of {things(found.candidates, 'recipe')} in a study: {name}, {score}."]
    if not found.is_baseline and not found.sure:
        lines.append("These seeds do not tell it apart from the baseline.")
    return lines

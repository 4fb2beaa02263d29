"""One word for each heuristic, and the rule behind it."""

from enum import StrEnum

from steadygan.study.analysis.contrasts import LogRatio
from steadygan.study.analysis.shares import Share

FEWEST_SEEDS = 5
"""With fewer seeds nothing is said of a heuristic but its figures."""
SURE = 0.05
"""Adjusted p-values below this are taken for a difference."""


class Verdict(StrEnum):
    """What a study says of a heuristic."""

    RESCUES = "makes the difference between healthy and failing"
    HELPS = "helps"
    MAY_HELP = "may help"
    NO_DIFFERENCE = "no difference seen"
    MAY_HURT = "may hurt"
    HURTS = "hurts"
    BREAKS = "makes healthy runs fail"
    TOO_FEW = "too few seeds"
    NOT_TRIED = "could not be tried"


def verdict(
    *,
    seeds: int,
    score: LogRatio | None,
    score_chance: float | None,
    better: int,
    worse: int,
    survival: tuple[Share, Share],
    survival_chance: float | None,
) -> Verdict:
    """The verdict on a heuristic.

    Survival goes first: where it differs, scores of the survivors say little. Scores decide only when enough seeds have
    one on both sides, and when counting failures as the worst score of all does not say the opposite. They say no more
    than "may" where the interval leaves out 1 and the p-value that is adjusted for the number of heuristics is 0.05 or
    more: luck alone would make one such interval in 20.

    Args:
        seeds: with which the recipe ran both with and without the heuristic.
        score: of runs with the heuristic over those without; lower is better.
        score_chance: its p-value, adjusted for the number of heuristics.
        better: comparisons that the run with the heuristic won, where a failure is worse than any score.
        worse: comparisons that it lost.
        survival: with and without the heuristic.
        survival_chance: p-value of these being the same, adjusted.
    """
    if seeds == 0:
        return Verdict.NOT_TRIED
    if seeds < FEWEST_SEEDS:
        return Verdict.TOO_FEW
    with_it, without_it = survival
    if survival_chance is not None and survival_chance < SURE:
        return Verdict.RESCUES if with_it.share > without_it.share else Verdict.BREAKS
    if score is None or len(score.values) < FEWEST_SEEDS or score.chance is None or score.chance >= SURE:
        return Verdict.NO_DIFFERENCE
    sure = score_chance is not None and score_chance < SURE
    if score.mean < 0 and better > worse:
        return Verdict.HELPS if sure else Verdict.MAY_HELP
    if score.mean > 0 and worse > better:
        return Verdict.HURTS if sure else Verdict.MAY_HURT
    return Verdict.NO_DIFFERENCE

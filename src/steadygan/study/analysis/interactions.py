"""Whether two heuristics do together what each does alone."""

from dataclasses import dataclass, replace

from steadygan.study.analysis.cells import Cells
from steadygan.study.analysis.contrasts import LogRatio, adjusted, log_ratio
from steadygan.study.analysis.edits import Edit


@dataclass(frozen=True)
class Interaction:
    """What two heuristics do together beyond what each does alone.

    The difference of differences of log scores: (both - second) - (first - neither), where the names say which of the
    two a recipe has, whether the study added it or took it out.

    Attributes:
        first: name of a heuristic.
        second: name of another.
        seeds: with which all four recipes ran.
        score: how many times the score with both is what the two effects alone would make of it; below 1 they help one
            another; None where no seed has all four scores.
        chance: p-value of no interaction, adjusted for the number of pairs.
    """

    first: str
    second: str
    seeds: int
    score: LogRatio | None
    chance: float | None


def interactions(cells: Cells) -> tuple[Interaction, ...]:
    """Interactions of every two heuristics that were tried apart and together, over all other settings.

    Args:
        cells: the trials.
    """
    found = [_interaction(cells, *pair) for pair in cells.pairs()]
    chances = adjusted([each.chance for each in found])
    return tuple(replace(each, chance=chance) for each, chance in zip(found, chances, strict=True))


def _interaction(cells: Cells, first: Edit, second: Edit) -> Interaction:
    """One interaction, its p-value not adjusted."""
    from pandas import concat

    scores, ran = cells.by_seed("log_score"), cells.by_seed("ran") == 1
    # Taking out instead of putting in swaps with and without, which turns the sign of the difference.
    sign = 1.0 if first[0] == second[0] else -1.0
    by_square, complete = {}, {}
    for place, square in enumerate(cells.squares(first, second)):
        both, one, other, neither = (scores[cell] for cell in square)
        by_square[place] = sign * (both - one - other + neither)
        complete[place] = ran[list(square)].all(axis=1)
    score = log_ratio(concat(by_square, axis=1).mean(axis=1).tolist())
    seeds = int(concat(complete, axis=1).any(axis=1).sum())
    return Interaction(first[1], second[1], seeds, score, None if score is None else score.chance)

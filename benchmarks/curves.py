"""What a curve of a measure over degrees of damage says: whether the measure sees the damage."""

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise

FACTOR = 2
"""A curve has moved if its ends differ by more than this times what draws of real images differ by."""


class Verdict(StrEnum):
    """What a measure makes of a damage."""

    SEES = "sees"
    PRAISES = "praises"
    NOTHING = "nothing"


def least_move(draws: Sequence[float]) -> float:
    """How far the ends of a curve must be apart at least, from a measure of several draws of undamaged images."""
    return FACTOR * (max(draws) - min(draws))


def verdict(values: Sequence[float], draws: Sequence[float], lower_is_better: bool, like_data: bool) -> Verdict:
    """Whether a measure sees a damage.

    It does if its curve ends farther from its start than :data:`FACTOR` times the range of the measure over draws of
    real images, and on its way never turns back by more than that range once.

    Args:
        values: of the measure, one for each degree of damage, beginning with none.
        draws: of the measure, for several draws of undamaged images, at least 2.
        lower_is_better: of the measure.
        like_data: whether the best value is that of real data, so that a move either way is one for the worse.

    Returns:
        ``SEES`` if the curve moves away from what is best, ``PRAISES`` if it moves as if damaged images were better
        than real ones, and ``NOTHING`` if it stays, or is not monotone.
    """
    spread = max(draws) - min(draws)
    moved = values[-1] - values[0]
    sign = 1 if moved > 0 else -1
    steps = [sign * (after - before) for before, after in pairwise(values)]
    if not abs(moved) > least_move(draws) or not all(step >= -spread for step in steps):  # NaN is no move either
        return Verdict.NOTHING
    return Verdict.SEES if like_data or (moved > 0) == lower_is_better else Verdict.PRAISES


def cell(verdicts: Sequence[Verdict], claims: Sequence[bool]) -> str:
    """A cell of the table.

    Args:
        verdicts: on each set of data that the damage can be done to.
        claims: for each of these, whether the measure claims to see the damage there.

    Returns:
        In how many sets it does, in bold where it claims to, with a cross where it does not do all that it claims; and
        after an arrow, in how many it praises the damage.
    """
    seen, praised = (verdicts.count(each) for each in (Verdict.SEES, Verdict.PRAISES))
    words = f"{seen}/{len(verdicts)}" if seen or any(claims) else "–"
    if any(claims):
        kept = all(found is Verdict.SEES for found, claim in zip(verdicts, claims, strict=True) if claim)
        words = f"**{words}**" if kept else f"**{words}** ✗"
    return f"{words} ↑{praised}" if praised else words

"""The verdict on a claim, and its rule.

Each seed has an effect: how much better the figure is with the heuristic than without. The interval is that of the
median effect by order statistics (the inverted sign test), which is exact for any distribution, however few the seeds,
and which a diverged arm, infinite, does not spoil. Its level is at least 95 %.

- ``holds``: the whole interval is at least the smallest effect that counts, and where theory gives a number for the
  figure with the heuristic, the median is that number within the stated tolerance.
- ``holds in part``: the whole interval is on the right side, but it is too small, or theory's number is missed.
- ``refuted``: the whole interval is on the wrong side.
- ``not seen here``: anything else.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy.stats import quantile_test

from benchmarks.claims.claim import Arms, Claim

LEVEL = 0.95


class Verdict(StrEnum):
    HOLDS = "holds"
    IN_PART = "holds in part"
    NOT_SEEN = "not seen here"
    REFUTED = "refuted"


@dataclass(frozen=True)
class Judgement:
    """What the seeds say.

    Attributes:
        without: the median figure without the heuristic.
        with_: with it.
        effect: the median effect, on the scale of ``Claim.effect``.
        low: the lower end of its interval.
        high: the upper end.
        verdict: by the rule of this module.
        seeds: how many there are.
    """

    without: float
    with_: float
    effect: float
    low: float
    high: float
    verdict: Verdict
    seeds: int


def interval(effects: Sequence[float]) -> tuple[float, float]:
    """The exact interval of a median; not a number where there are fewer than six."""
    # Ranks in the place of values: the test does arithmetic that infinite values do not survive.
    ordered = sorted(effects)
    found = quantile_test(range(len(ordered)), q=0, p=0.5).confidence_interval(LEVEL)
    if math.isnan(found.low) or math.isnan(found.high):
        return math.nan, math.nan
    return ordered[int(found.low)], ordered[int(found.high)]


def judge(claim: Claim, seeds: Sequence[Arms]) -> Judgement | None:
    """The verdict on a claim, None while seeds are missing."""
    if len(seeds) < len(claim.seeds):
        return None
    effects = [claim.effect(arms) for arms in seeds]
    low, high = interval(effects)
    with_ = statistics.median(arms["with"] for arms in seeds)
    return Judgement(
        without=statistics.median(arms["without"] for arms in seeds),
        with_=with_,
        effect=statistics.median(effects),
        low=low,
        high=high,
        verdict=_verdict(claim, low, high, with_),
        seeds=len(seeds),
    )


def _verdict(claim: Claim, low: float, high: float, with_: float) -> Verdict:
    as_theory_says = claim.theory is None or abs(with_ - claim.theory.value) <= claim.theory.tolerance
    wrong = min(0.0, claim.least_effect)
    if low >= claim.least_effect and (low > 0 or claim.least_effect < 0):
        return Verdict.HOLDS if as_theory_says else Verdict.IN_PART
    if low > 0:
        return Verdict.IN_PART
    return Verdict.REFUTED if high < wrong else Verdict.NOT_SEEN

"""What a claim is: a sentence of a paper, and an experiment with two arms whose outcome can be for or against it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Arms = Mapping[str, float]
"""The figure of one seed in both arms, under the names ``without`` and ``with``."""
SEEDS = tuple(range(6))
"""Six are the fewest from which a median has an exact interval of 95 %: five reach 93.75 %."""


@dataclass(frozen=True)
class Theory:
    """What theory says that the arm ``with`` should measure.

    Attributes:
        value: the figure.
        tolerance: how far from it the median may lie.
    """

    value: float
    tolerance: float


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A claim and the experiment that tries it.

    Attributes:
        name: unique, such as ``r1/dirac``; what comes before the stroke is the heuristic's name.
        says: the claim in a sentence.
        source: who claims it, and where.
        setting: the experiment in a sentence, with what the arm ``without`` is if it is not just the same without it.
        figure: what is measured.
        better: the direction of the figure that the claim predicts for the arm ``with``.
        measure: from a seed to the figure in both arms; a diverged arm is infinite, on its bad side.
        scale: whether the effect is a difference or a ratio of the arms.
        least: the smallest effect that counts as what was claimed: a difference, or a factor (1 at least). A
            difference below 0 says how much worse is still no worse, where the claim is that nothing is lost.
        theory: the figure that theory gives for the arm ``with``.
        seeds: at least six.
        minutes: about how long a seed takes on one thread.
    """

    name: str
    says: str
    source: str
    setting: str
    figure: str
    better: Literal["lower", "higher"]
    measure: Callable[[int], Arms]
    scale: Literal["difference", "ratio"] = "difference"
    least: float = 0.0
    theory: Theory | None = None
    seeds: tuple[int, ...] = SEEDS
    minutes: float = 0.1

    @property
    def heuristic(self) -> str:
        """The name of the heuristic."""
        return self.name.split("/")[0]

    @property
    def least_effect(self) -> float:
        """The smallest effect that counts, on the scale of :meth:`effect`."""
        return math.log(max(self.least, 1.0)) if self.scale == "ratio" else self.least

    def effect(self, arms: Arms) -> float:
        """How much better the arm ``with`` is, as claimed: a difference, or the logarithm of a ratio.

        Arms that are equal, both infinite among them, have no effect.
        """
        worse, better = (arms["without"], arms["with"]) if self.better == "lower" else (arms["with"], arms["without"])
        if worse == better:
            return 0.0
        if self.scale == "difference":
            return worse - better
        return _log(worse) - _log(better)


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf

"""What is claimed of smoothed, soft and flipped labels."""

import math

from benchmarks.claims.claim import Arms, Claim, Theory
from benchmarks.claims.confidence import classifier, compared, pull, surest

SEEDS = tuple(range(10))


def _logit(share: float) -> float:
    return math.log(share / (1 - share))


def _bounded(name: str, says: str, source: str, target: float) -> Claim:
    return Claim(
        name=f"{name}/sure",
        says=says,
        source=source,
        setting="Optimum of the discriminator on a line, data N(0, 1) and fakes N(-6, 1), 100,000 points of each",
        figure="logit amid the data",
        better="lower",
        measure=compared(surest, "hard", name),
        least=1.0,
        theory=Theory(_logit(target), 0.1),
        seeds=SEEDS,
    )


def _classes(seed: int) -> Arms:
    return {"without": classifier(False, seed), "with": classifier(True, seed)}


CLAIMS = (
    _bounded(
        "one-sided-smoothing",
        "The discriminator is never surer than 0.9: its optimum is 0.9 p / (p + q).",
        "Goodfellow 2016, section 4.2",
        0.9,
    ),
    _bounded(
        "soft-labels",
        "The discriminator stays less sure: targets of U[0.7, 1.2] have the mean 0.95.",
        "ganhacks, item 6",
        0.95,
    ),
    _bounded(
        "noisy-labels",
        "With 5 % of the labels flipped the discriminator is never surer than 0.95.",
        "ganhacks, item 6",
        0.95,
    ),
    Claim(
        name="soft-labels/stuck",
        says="Soft targets of fakes take away the pull from where no data are (a warning).",
        source="Salimans et al. 2016, section 3.4; Goodfellow 2016, section 4.2",
        setting="The same with fakes N(-4, 1); without: one-sided smoothing",
        figure="slope of the optimal logit towards the data, from -3.25 to -2.25, where one point of twenty is real",
        better="lower",
        measure=compared(pull, "one-sided-smoothing", "soft-labels"),
        scale="ratio",
        least=2.0,
        seeds=SEEDS,
    ),
    Claim(
        name="soft-classes/held-out",
        says="A classifier with smoothed targets is less overconfident and generalises better.",
        source="Szegedy et al. 2015, section 7",
        setting="Ten overlapping classes in 8 dimensions, 200 training points, dense network, 400 steps of Adam",
        figure="cross entropy of held-out points",
        better="lower",
        measure=_classes,
        seeds=SEEDS,
    ),
)

"""Tables of trials with known effects."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, combinations
from typing import Any

import numpy as np
import pandas as pd

BASELINE = "baseline"


def trial(
    variant: str = BASELINE,
    seed: int = 0,
    score: float | None = 20.0,
    *,
    change: str | None = None,
    heuristics: Sequence[str] | None = None,
    status: str = "finished",
    healthy: bool | None = True,
    speed: float | None = 100.0,
    **more: Any,
) -> dict[str, Any]:
    """One row; change and heuristics follow from a variant such as ``with r1``."""
    first, _, name = variant.partition(" ")
    return {
        "trial": f"{variant}, seed {seed}",
        "variant": variant,
        "change": change or first,
        "heuristics": list(heuristics) if heuristics is not None else [name] if name else [],
        "seed": seed,
        "status": status,
        "reason": None,
        "healthy": healthy,
        "findings": [],
        "images_seen": 50_000,
        "seconds": 300.0,
        "images_per_second": speed,
        "score": score,
        "grid": None,
        "run": f"trials/{variant}-{seed}".replace(" ", "-"),
        **more,
    }


def table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as a table."""
    return pd.DataFrame(list(rows))


def known(
    effects: Mapping[str, float], seeds: int = 5, spread: float = 0.05, noise: float = 0.2, base: float = 20.0
) -> list[dict[str, Any]]:
    """A baseline and its edits, whose scores are the seed's times the effect times noise.

    Args:
        effects: by variant, the factor that it changes the score by.
        seeds: how many.
        spread: standard deviation of the log scores that is each trial's own.
        noise: standard deviation of the log scores that a seed's trials share.
        base: score of the baseline.
    """
    random = np.random.default_rng(3)
    shared = random.normal(0, noise, seeds)
    return [
        trial(variant, seed, base * factor * math.exp(shared[seed] + random.normal(0, spread)))
        for variant, factor in {BASELINE: 1.0, **effects}.items()
        for seed in range(seeds)
    ]


def factorial(
    names: Sequence[str], log_effects: Mapping[frozenset[str], float], seeds: int = 5
) -> list[dict[str, Any]]:
    """Every combination of heuristics; a log score is the sum of the effects of all that is in a recipe."""
    random = np.random.default_rng(4)
    shared = random.normal(0, 0.2, seeds)
    rows = []
    for chosen in chain.from_iterable(combinations(names, size) for size in range(len(names) + 1)):
        effect = sum(value for part, value in log_effects.items() if part <= set(chosen))
        rows += [
            trial(
                " ".join(f"with {name}" for name in chosen) or BASELINE,
                seed,
                20 * math.exp(shared[seed] + effect + random.normal(0, 0.02)),
                change=(BASELINE, "with", "pair", "factorial")[len(chosen)],
                heuristics=chosen,
            )
            for seed in range(seeds)
        ]
    return rows

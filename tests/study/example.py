"""Tables of trials with known effects."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tomli_w
from PIL import Image

from steadygan.runs.grid import save_picture
from steadygan.study.folder import StudyFolder

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


PLAN = {
    "version": "0.1.0",
    "data": "/home/someone/pictures/glyphs",
    "recipe": {"name": "dcgan", "network": "dcgan"},
    "training": {"images": 50_000, "seed": 0},
    "seeds": 5,
    "take_out": ["batch-norm"],
    "try_in": ["r1", "ema"],
    "samples": 10_000,
    "threads": 1,
    "features": "domain-1-labels-11d668f9",
}


def write_study(folder: Path, rows: Iterable[dict[str, Any]], plan: Mapping[str, Any] = PLAN, size: int = 34) -> Path:
    """A folder of a study as its runner leaves it; trials that ran have measured themselves and left a grid."""
    random = np.random.default_rng(5)
    folder.mkdir(parents=True)
    (folder / "study.toml").write_text(tomli_w.dumps(plan))
    kept = []
    for row in rows:
        if row["status"] == "refused":
            kept.append({**row, "grid": None, "run": None})
            continue
        run = folder / row["run"]
        (run / "samples").mkdir(parents=True)
        (run / "recipe.toml").write_text(f'summary = "{row["variant"]}"\nnetwork = "dcgan"\n')
        (run / "metrics.jsonl").write_text("".join(json.dumps(point) + "\n" for point in _curve(row, random)))
        grid = f"{row['run']}/samples/{row['images_seen']:012d}.png"
        save_picture(Image.fromarray(random.integers(0, 255, (size, size), dtype=np.uint8)), folder / grid)
        kept.append({**row, "grid": grid})
    table(kept).to_parquet(StudyFolder(folder).table)
    return folder


def _curve(row: Mapping[str, Any], random: np.random.Generator) -> list[dict[str, Any]]:
    end = row["score"] or 200.0
    images = np.linspace(0, row["images_seen"], 12)[1:]
    values = end * np.exp(3 * np.exp(-4 * images / row["images_seen"]) + random.normal(0, 0.1, len(images)))
    return [
        {"images": round(seen), "quality/sliced_wasserstein": value / 1000}
        for seen, value in zip(images.tolist(), values.tolist(), strict=True)
    ]

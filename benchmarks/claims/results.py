"""Results: JSON lines, one for each seed of a claim."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.claims.claim import Arms

FILE = "results.jsonl"
Results = dict[str, dict[int, Arms]]
"""Figures by claim and seed."""


def read(path: Path) -> Results:
    """Every result of a file, the last one where a seed comes twice; a line that a kill has cut off is left out."""
    found: Results = {}
    if not path.exists():
        return found
    for line in path.read_text("utf-8").splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        found.setdefault(row["claim"], {})[row["seed"]] = row["arms"]
    return found


def append(path: Path, claim: str, seed: int, arms: Arms, seconds: float) -> None:
    """Write one more line, which is on the disc when this returns."""
    row = {"claim": claim, "seed": seed, "arms": dict(arms), "seconds": round(seconds, 2)}
    broken = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if broken else "") + json.dumps(row) + "\n")
        file.flush()
        os.fsync(file.fileno())


def of_claim(results: Mapping[str, Mapping[int, Arms]], name: str, seeds: Iterable[int]) -> list[Arms]:
    """The results of a claim's seeds, as far as there are any."""
    return [results[name][seed] for seed in seeds if seed in results.get(name, {})]

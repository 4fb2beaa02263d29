"""Searches for a recipe and compares it with `steady` in trials of its own; prints a table.

    python benchmarks/searched.py --data grid25 mnist.npz [--search 60] [--minutes 5] [--search-seeds 0 1] [--seeds 5]
        [--work runs/searched] [--options "--resolution 16 --set width=16"]

What a search finds is the best of many by one seed, so it is trained anew with other seeds than the search had, as is
`steady`, for the same time and judged alike. What is there already is not done again.
"""

import argparse
import shlex
import statistics
import subprocess
import sys
from pathlib import Path

from steadygan.study.study import Study
from tables import machine, table

STEADYGAN = [sys.executable, "-m", "steadygan"]
FIRST_SEED = 1000
"""Of the trials that compare; no search has it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", required=True)
    parser.add_argument("--search", type=float, default=60.0, help="minutes of a search")
    parser.add_argument("--minutes", type=float, default=5.0, help="of a trial that compares")
    parser.add_argument("--search-seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--options", default="", help="further ones of steadygan study")
    parser.add_argument("--work", type=Path, default=Path("runs/searched"))
    arguments = parser.parse_args()
    found = [row for data in arguments.data for row in rows(arguments, data)]
    print(table(["data", "recipe", "score", "healthy", "found"], found))
    print(f"\nMedians of {arguments.seeds} seeds with their range, lower is better; {machine()}")


def rows(arguments: argparse.Namespace, data: str) -> list[list[str]]:
    """The rows of a data set: `steady`, and what each search found."""
    name, options = Path(data).stem.replace(":", "-"), shlex.split(arguments.options)
    found = [compared(arguments, data, "steady", arguments.work / f"{name}-steady")]
    for seed in arguments.search_seeds:
        out = arguments.work / f"{name}-search-{seed}"
        run(data, ["--search", f"{arguments.search:g}", "--seed", str(seed), *options], out)
        found.append(compared(arguments, data, str(Study(out).folder.best), arguments.work / f"{name}-best-{seed}"))
    return found


def compared(arguments: argparse.Namespace, data: str, recipe: str, out: Path) -> list[str]:
    """Train a recipe with several seeds."""
    # what was set for the search is in the recipe that it found
    options = shlex.split(arguments.options)
    trial = ["--recipe", recipe, "--minutes", f"{arguments.minutes:g}", "--seed", str(FIRST_SEED)]
    run(data, [*trial, "--seeds", str(arguments.seeds), *options], out)
    study = Study(out)
    scores = [row["score"] for row in study.rows if row["score"] is not None]
    healthy = sum(bool(row["healthy"]) for row in study.rows)
    cell = f"{statistics.median(scores):.3g} ({min(scores):.3g} to {max(scores):.3g})"
    return [data, study.plan.recipe.name, cell, f"{healthy} of {len(study.rows)}", study.plan.recipe.summary]


def run(data: str, options: list[str], out: Path) -> None:
    """Run a study, or go on with it."""
    there = (out / "study.toml").is_file()
    command = ["--resume"] if there else [data, *options]
    subprocess.run([*STEADYGAN, "study", *command, "--out", str(out)], check=True, stdout=sys.stderr)


if __name__ == "__main__":
    main()

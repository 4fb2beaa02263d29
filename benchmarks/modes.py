"""Counts modes on toy data and on stacked digits; prints the tables of docs/modes.md.

    python benchmarks/modes.py --evaluator EVALUATOR.py --name grid25 [--rows naive dcgan ...] [--images 2M]
        [--seeds 0 1 2]
    python benchmarks/modes.py --evaluator EVALUATOR.py --name stacked --data stacked:mnist.npz --rows dcgan steady
        --minutes 30 --samples 26000 --set width=32

EVALUATOR.py is called as `EVALUATOR.py NAME SAMPLES.npz` and prints one JSON object. Runs that exist already are not
repeated. A row is a recipe, or one of ROWS below: a recipe with heuristics added or removed, or values set.
"""

import argparse
import statistics
from pathlib import Path
from typing import NamedTuple

from evaluation import changes, evaluate_run


class Row(NamedTuple):
    """A recipe with changes."""

    recipe: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


ROWS = {
    "packing": Row("dcgan", add=("packing",)),
    "unrolled": Row("dcgan", add=("unrolled",)),
    "r1+r2": Row("dcgan", add=("r1", "r2"), values=("r1.gamma=0.1", "r2.gamma=0.1")),
}
COLUMNS = ("modes", "high_quality", "reverse_kl", "spread_over_sigma")


def trained(arguments: argparse.Namespace, row: str, seed: int) -> dict[str, float]:
    """Train and evaluate one row with one seed."""
    chosen = ROWS.get(row, Row(row))
    options = changes(chosen.add, chosen.remove, (*chosen.values, *arguments.set))
    budget = ["--minutes", f"{arguments.minutes:g}"] if arguments.minutes else ["--images", arguments.images]
    name = "-".join([arguments.name, row, *arguments.set, budget[1], f"seed{seed}"]).replace("/", "_")
    train = [arguments.data or arguments.name, "--recipe", chosen.recipe, *budget, "--seed", str(seed), *options]
    train += ["--precision", arguments.precision]
    return evaluate_run(arguments.work / name, arguments.evaluator, arguments.name, train, arguments.samples)


def line(row: str, runs: list[dict[str, float]]) -> str:
    """A row of the table: medians over seeds, and their range if there are several."""
    cells = [row, str(len(runs)), f"{statistics.median(run['images'] for run in runs):,.0f}"]
    cells.append(f"{statistics.median(run['seconds'] for run in runs):.0f}")
    for column in COLUMNS:
        values = [run[column] for run in runs if run.get(column) is not None]
        cells.append(_spread(values) if values else "")
    return "| " + " | ".join(cells) + " |"


def _spread(values: list[float]) -> str:
    middle = f"{statistics.median(values):.4g}"
    low, high = f"{min(values):.4g}", f"{max(values):.4g}"
    return middle if low == high else f"{middle} ({low} to {high})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluator", required=True)
    parser.add_argument("--name", required=True, help="what the evaluator calls the data")
    parser.add_argument("--data", help="the data, if they differ from the evaluator's name")
    parser.add_argument("--rows", nargs="+", required=True)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--images", default="2M")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--samples", type=int, default=2500)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--set", nargs="*", default=[])
    parser.add_argument("--work", type=Path, default=Path("runs/modes"))
    arguments = parser.parse_args()
    rows = [line(row, [trained(arguments, row, seed) for seed in arguments.seeds]) for row in arguments.rows]
    print(f"| recipe | seeds | images | seconds | {' | '.join(COLUMNS)} |")
    print("| --- " * (4 + len(COLUMNS)) + "|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()

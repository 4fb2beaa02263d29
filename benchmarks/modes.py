"""Counts modes on toy data and on stacked digits; prints the tables of docs/modes.md.

    python benchmarks/modes.py --data grid25 --rows naive dcgan [--images 2M] [--seeds 0 1 2]
        [--evaluator EVALUATOR.py --name grid25]
    python benchmarks/modes.py --data stacked:mnist.npz --rows dcgan steady --minutes 30 --samples 26000 --set width=32

Modes of points are those of the mixture; modes of images are the classes that features of the data take them for
(benchmarks/judges.py). EVALUATOR.py, if one is named, is asked too. Runs that exist already are not repeated. A row is
a recipe, or one of ROWS below: a recipe with heuristics added or removed, or values set.
"""

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from evaluation import changes, evaluate_run
from judges import MODES, Figures, Judge, add_options, column, judges_of, side_by_side


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
SAMPLES = 2_500
COLUMNS = ("modes", "high_quality", "reverse_kl", "spread_over_sigma")


def trained(arguments: argparse.Namespace, judges: Sequence[Judge], row: str, seed: int) -> Figures:
    """Train and evaluate one row with one seed."""
    chosen = ROWS.get(row, Row(row))
    options = changes(chosen.add, chosen.remove, (*chosen.values, *arguments.set))
    budget = ["--minutes", f"{arguments.minutes:g}"] if arguments.minutes else ["--images", arguments.images]
    name = "-".join([arguments.name, row, *arguments.set, budget[1], f"seed{seed}"]).replace("/", "_")
    train = [arguments.data, "--recipe", chosen.recipe, *budget, "--seed", str(seed), *options]
    train += ["--precision", arguments.precision]
    return evaluate_run(arguments.work / name, judges, train, arguments.samples)


def line(row: str, runs: Sequence[Figures], columns: Sequence[str]) -> str:
    """A row of the table: medians over seeds, and their range if there are several."""
    cells = [row, str(len(runs)), f"{statistics.median(run['images'] for run in runs):,.0f}"]
    cells.append(f"{statistics.median(run['seconds'] for run in runs):.0f}")
    for name in columns:
        values = [run[name] for run in runs if run.get(name) is not None]
        cells.append(_spread(values) if values else "")
    return "| " + " | ".join(cells) + " |"


def _spread(values: list[float]) -> str:
    middle = f"{statistics.median(values):.4g}"
    low, high = f"{min(values):.4g}", f"{max(values):.4g}"
    return middle if low == high else f"{middle} ({low} to {high})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, SAMPLES)
    parser.add_argument("--rows", nargs="+", required=True)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--images", default="2M")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--set", nargs="*", default=[])
    parser.add_argument("--work", type=Path, default=Path("runs/modes"))
    arguments = parser.parse_args()
    judges = judges_of(arguments, wanted=MODES)
    columns = [column(judge, name) for judge in judges for name in COLUMNS]
    found = {row: [trained(arguments, judges, row, seed) for seed in arguments.seeds] for row in arguments.rows}
    columns = [name for name in columns if any(name in run for runs in found.values() for run in runs)]
    print(f"| recipe | seeds | images | seconds | {' | '.join(columns)} |")
    print("| --- " * (4 + len(columns)) + "|")
    print("\n".join(line(row, runs, columns) for row, runs in found.items()))
    floors = side_by_side(judges, [judge.floor(arguments.samples) for judge in judges])
    least = [_spread([floors[name]]) if name in floors else "" for name in columns]
    print(f"| {' | '.join(['*the floor*', '', '', '', *least])} |")
    print("\n" + " ".join(judge.caption(arguments.samples) for judge in judges))


if __name__ == "__main__":
    main()

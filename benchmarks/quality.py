"""Trains recipes for equal time and evaluates 10,000 samples of each; prints the tables of docs/quality.md.

    python benchmarks/quality.py --data mnist.npz --recipes dcgan steady [--seeds 0 1 2] [--minutes 5 | --images 60000]
        [--precision auto] [--samples 10000] [--evaluator EVALUATOR.py --name mnist] [--work runs/quality]
        [--with NAME ...] [--without NAME ...] [--set KEY=VALUE ...]

Samples are judged by features of the data (benchmarks/judges.py), and by EVALUATOR.py too, if one is named. Runs that
exist already are not repeated. Unless --images is given, time is the budget: run nothing else on the machine meanwhile.
"""

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path

from evaluation import changes, evaluate_run
from judges import Figures, Judge, add_options, cell, judges_of, side_by_side
from tables import table

COST = ("images", "seconds")


def trained(arguments: argparse.Namespace, judges: Sequence[Judge], recipe: str, seed: int) -> Figures:
    """Train and evaluate one recipe with one seed."""
    options = changes(arguments.add, arguments.remove, arguments.set)
    changed = "".join(options).replace("--", "+")
    images = arguments.images
    budget = ["--images", str(images)] if images else ["--minutes", f"{arguments.minutes:g}"]
    spent = f"{images}i" if images else f"{arguments.minutes:g}m"
    name = f"{arguments.name}-{Path(recipe).stem}{changed}-{arguments.precision}-{spent}-seed{seed}"
    train = [arguments.data, "--recipe", recipe, *budget, "--seed", str(seed)]
    train += ["--precision", arguments.precision, *options]
    return evaluate_run(arguments.work / name, judges, train, arguments.samples)


def columns(runs: Sequence[Figures]) -> list[str]:
    """The figures of the judges."""
    return [name for name in runs[0] if name not in COST]


def row(recipe: str, runs: Sequence[Figures]) -> list[str]:
    """A row of the table: medians over seeds, and the range of each FID."""
    images = statistics.median(run["images"] for run in runs)
    speed = statistics.median(run["images"] / run["seconds"] for run in runs)
    cells = [f"`{recipe}`", str(len(runs)), f"{images:,.0f}", f"{speed:,.0f}"]
    for name in columns(runs):
        values = [run[name] for run in runs]
        spread = f" ({cell(name, min(values))} to {cell(name, max(values))})" if len(runs) > 1 else ""
        cells.append(cell(name, statistics.median(values)) + (spread if name.split()[-1] == "fid" else ""))
    return cells


def floor_row(judges: Sequence[Judge], count: int, names: Sequence[str]) -> list[str]:
    """What held-out real images have, as the last row."""
    floors = side_by_side(judges, [judge.floor(count) for judge in judges])
    return ["*the floor*", "", "", "", *(cell(name, floors[name]) if name in floors else "" for name in names)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--recipes", nargs="+", required=True)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--images", type=int, help="real images to see, instead of a time")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--with", nargs="*", default=[], dest="add")
    parser.add_argument("--without", nargs="*", default=[], dest="remove")
    parser.add_argument("--set", nargs="*", default=[])
    parser.add_argument("--work", type=Path, default=Path("runs/quality"))
    arguments = parser.parse_args()
    suffix = " ".join(["", *changes(arguments.add, arguments.remove, arguments.set)])
    judges = judges_of(arguments)
    runs = {each: [trained(arguments, judges, each, seed) for seed in arguments.seeds] for each in arguments.recipes}
    names = columns(next(iter(runs.values())))
    rows = [row(each + suffix, of_recipe) for each, of_recipe in runs.items()]
    rows.append(floor_row(judges, arguments.samples, names))
    print(table(["recipe", "seeds", "images", "images/s", *names], rows))
    print("\n" + " ".join(judge.caption(arguments.samples) for judge in judges))


if __name__ == "__main__":
    main()

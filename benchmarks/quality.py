"""Trains recipes for equal time and evaluates 10,000 samples of each; prints the table of docs/quality.md.

    python benchmarks/quality.py --evaluator EVALUATOR.py --name mnist --data mnist.npz --recipes dcgan steady
        [--seeds 0 1 2] [--minutes 5 | --images 60000] [--precision auto] [--work runs/quality]
        [--with NAME ...] [--without NAME ...] [--set KEY=VALUE ...]

EVALUATOR.py is called as `EVALUATOR.py NAME SAMPLES.npz` and prints one JSON object. Runs that exist already are not
repeated. Unless --images is given, time is the budget: run nothing else on the machine meanwhile.
"""

import argparse
import statistics
from pathlib import Path

from evaluation import changes, evaluate_run

DECIMALS = {"kid": 0, "class_kl": 3}
"""Decimals of figures that are not given with two."""
COST = ("images", "seconds")
SAMPLES = 10_000


def trained(arguments: argparse.Namespace, recipe: str, seed: int) -> dict[str, float]:
    """Train and evaluate one recipe with one seed."""
    options = changes(arguments.add, arguments.remove, arguments.set)
    changed = "".join(options).replace("--", "+")
    images = arguments.images
    budget = ["--images", str(images)] if images else ["--minutes", f"{arguments.minutes:g}"]
    spent = f"{images}i" if images else f"{arguments.minutes:g}m"
    name = f"{arguments.name}-{Path(recipe).stem}{changed}-{arguments.precision}-{spent}-seed{seed}"
    train = [arguments.data, "--recipe", recipe, *budget, "--seed", str(seed)]
    train += ["--precision", arguments.precision, *options]
    return evaluate_run(arguments.work / name, arguments.evaluator, arguments.name, train, SAMPLES)


def columns(runs: list[dict[str, float]]) -> list[str]:
    """The figures of the evaluator."""
    return [name for name in runs[0] if name not in COST]


def line(recipe: str, runs: list[dict[str, float]]) -> str:
    """A row of the table: medians over seeds, and the range of FID."""
    fids = [run["fid"] for run in runs]
    spread = {"fid": f" ({min(fids):.2f} to {max(fids):.2f})"} if len(runs) > 1 else {}
    images = statistics.median(run["images"] for run in runs)
    speed = statistics.median(run["images"] / run["seconds"] for run in runs)
    cells = [recipe, str(len(runs)), f"{images:,.0f}", f"{speed:,.0f}"]
    for name in columns(runs):
        median = statistics.median(run[name] for run in runs)
        cells.append(f"{median:.{DECIMALS.get(name, 2)}f}{spread.get(name, '')}")
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluator", required=True)
    parser.add_argument("--name", required=True, help="what the evaluator calls the data")
    parser.add_argument("--data", required=True)
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
    runs = {each: [trained(arguments, each, seed) for seed in arguments.seeds] for each in arguments.recipes}
    head = ["recipe", "seeds", "images", "images/s", *columns(next(iter(runs.values())))]
    print(f"| {' | '.join(head)} |")
    print("| --- " * len(head) + "|")
    for each, of_recipe in runs.items():
        print(line(each + suffix, of_recipe))


if __name__ == "__main__":
    main()

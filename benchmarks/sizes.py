"""Trains on subsets of a data set for equal time and evaluates samples; prints the table of sizes in docs/quality.md.

    python benchmarks/sizes.py --data mnist.npz --sizes 200 1000 5000 60000 [--minutes 1.5 | --images 24000]
        [--seeds 0 1 2] [--variants "" "--with diff-augment"] [--recipe steady] [--samples 5000]
        [--evaluator EVALUATOR.py --name mnist] [--work runs/sizes]

Samples are compared with the whole data set by its features (benchmarks/judges.py), and by EVALUATOR.py too, if one is
named, so that a generator that has memorised its few images scores badly. A variant is a string of options of
`steadygan train`. Subsets are the first images of one random order, so that a larger one contains each smaller one. The
table also has the discriminator's loss over the last tenth of the run, which is near 0 if it has memorised the data.
Runs that exist already are not repeated.
"""

import argparse
import json
import shlex
import statistics
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from evaluation import evaluate_run
from judges import Figures, Judge, add_options, cell, column, judges_of, side_by_side
from steadygan.data import DataSettings, Prepared, prepare

SAMPLES = 5_000
COLUMNS = ("fid", "recall")
ORDER_SEED = 0
LATE = 0.9


def subset(data: Prepared, name: str, size: int, work: Path) -> Path:
    """Write the first images of a fixed random order to a file."""
    path = work / f"{name}-{size}.npz"
    if not path.exists():
        work.mkdir(parents=True, exist_ok=True)
        chosen = np.sort(np.random.Generator(np.random.PCG64(ORDER_SEED)).permutation(len(data))[:size])
        np.savez(path, images=np.asarray(data.images[chosen]))
    return path


def late_loss(run: Path) -> float:
    """The discriminator's mean loss over the last tenth of a run."""
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    rows = [row for row in rows if row.get("discriminator/loss") is not None]
    end = rows[-1]["images"]
    return statistics.mean(row["discriminator/loss"] for row in rows if row["images"] >= LATE * end)


def trained(
    arguments: argparse.Namespace, judges: Sequence[Judge], data: Prepared, size: int, variant: str, seed: int
) -> Figures:
    """Train on a subset, and evaluate samples."""
    changed = variant.replace("--", "+").replace(" ", "") or "+nothing"
    budget = ["--images", str(arguments.images)] if arguments.images else ["--minutes", f"{arguments.minutes:g}"]
    name = f"{arguments.name}-{arguments.recipe}{changed}-{size}{''.join(budget)}-seed{seed}".replace("--", "-")
    images = subset(data, arguments.name, size, arguments.work)
    train = [str(images), "--recipe", arguments.recipe, *budget, "--seed", str(seed)]
    run = arguments.work / name
    figures = evaluate_run(run, judges, [*train, *shlex.split(variant)], arguments.samples)
    return figures | {"loss": late_loss(run)}


def line(size: int, variant: str, runs: Sequence[Figures], columns: Sequence[str]) -> str:
    """A row of the table: medians over the seeds, and the range of each FID."""
    medians = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    cells = [f"{size:,}", f"`{variant}`" if variant else "as it is", str(len(runs)), f"{medians['images']:,.0f}"]
    for name in columns:
        values = [run[name] for run in runs]
        ranges = name.split()[-1] == "fid" and len(runs) > 1
        spread = f" ({cell(name, min(values))} to {cell(name, max(values))})" if ranges else ""
        cells.append(f"{cell(name, medians[name])}{spread}")
    return f"| {' | '.join([*cells, cell('loss', medians['loss'])])} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, SAMPLES)
    parser.add_argument("--sizes", nargs="+", type=int, required=True)
    parser.add_argument("--variants", nargs="+", default=[""])
    parser.add_argument("--recipe", default="steady")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--minutes", type=float, default=1.5)
    parser.add_argument(
        "--images", type=int, help="real images to see, instead of a time; the machine may then be busy"
    )
    parser.add_argument("--work", type=Path, default=Path("runs/sizes"))
    arguments = parser.parse_args()
    data, judges = prepare(arguments.data, DataSettings()), judges_of(arguments)
    columns = [column(judge, name) for judge in judges for name in COLUMNS]
    head = ["training images", "change", "seeds", "images seen", *columns, "D's loss"]
    print(f"| {' | '.join(head)} |\n" + "| --- " * len(head) + "|")
    for size in arguments.sizes:
        for variant in arguments.variants:
            runs = [trained(arguments, judges, data, size, variant, seed) for seed in arguments.seeds]
            print(line(size, variant, runs, columns), flush=True)
    floors = side_by_side(judges, [judge.floor(arguments.samples) for judge in judges])
    cells = [cell(name, floors[name]) if name in floors else "" for name in columns]
    print(f"| {' | '.join(['', '*the floor*', '', '', *cells, ''])} |\n")
    print(" ".join(judge.caption(arguments.samples) for judge in judges))


if __name__ == "__main__":
    main()

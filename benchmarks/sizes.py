"""Trains on subsets of a data set for equal time and evaluates samples; prints the table of sizes in docs/quality.md.

    python benchmarks/sizes.py --evaluator EVALUATOR.py --name mnist --data mnist.npz --sizes 200 1000 5000 60000
        [--minutes 1.5 | --images 24000] [--seeds 0 1 2] [--variants "" "--with diff-augment"] [--recipe steady]
        [--work runs/sizes]

EVALUATOR.py is called as `EVALUATOR.py NAME SAMPLES.npz` and prints one JSON object. It compares samples with the whole
data set, so that a generator that has memorised its few images scores badly. A variant is a string of options of
`steadygan train`. Subsets are the first images of one random order, so that a larger one contains each smaller one. The
table also has the discriminator's loss over the last tenth of the run, which is near 0 if it has memorised the data.
Runs that exist already are not repeated.
"""

import argparse
import json
import shlex
import statistics
from pathlib import Path

import numpy as np

from evaluation import evaluate_run
from steadygan.data import DataSettings, Prepared, prepare

SAMPLES = 5_000
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


def trained(arguments: argparse.Namespace, data: Prepared, size: int, variant: str, seed: int) -> dict[str, float]:
    """Train on a subset, and evaluate samples."""
    changed = variant.replace("--", "+").replace(" ", "") or "+nothing"
    budget = ["--images", str(arguments.images)] if arguments.images else ["--minutes", f"{arguments.minutes:g}"]
    name = f"{arguments.name}-{arguments.recipe}{changed}-{size}{''.join(budget)}-seed{seed}".replace("--", "-")
    images = subset(data, arguments.name, size, arguments.work)
    train = [str(images), "--recipe", arguments.recipe, *budget, "--seed", str(seed)]
    run = arguments.work / name
    figures = evaluate_run(run, arguments.evaluator, arguments.name, [*train, *shlex.split(variant)], SAMPLES)
    return figures | {"loss": late_loss(run)}


def line(size: int, variant: str, runs: list[dict[str, float]]) -> str:
    """A row of the table: medians over the seeds, and the range of FID."""
    medians = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    fids = [run["fid"] for run in runs]
    spread = f" ({min(fids):.1f} to {max(fids):.1f})" if len(runs) > 1 else ""
    cells = [f"{size:,}", f"`{variant}`" if variant else "as it is", str(len(runs)), f"{medians['images']:,.0f}"]
    cells += [f"{medians['fid']:.1f}{spread}", f"{medians['recall']:.2f}", f"{medians['loss']:.2f}"]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluator", required=True)
    parser.add_argument("--name", required=True, help="what the evaluator calls the data")
    parser.add_argument("--data", required=True)
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
    data = prepare(arguments.data, DataSettings())
    print("| training images | change | seeds | images seen | fid | recall | D's loss |")
    print("| --- " * 7 + "|")
    for size in arguments.sizes:
        for variant in arguments.variants:
            runs = [trained(arguments, data, size, variant, seed) for seed in arguments.seeds]
            print(line(size, variant, runs), flush=True)


if __name__ == "__main__":
    main()

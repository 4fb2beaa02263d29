"""Trains on few images of a folder and compares samples with the others; prints the table on small data in quality.md.

    python benchmarks/small_data.py --data photos/ --recipes small-data dcgan [--count 200] [--minutes 5]
        [--resolution 64] [--seeds 0] [--work runs/small-data] [--with NAME ...] [--set KEY=VALUE ...]

The figures are computed on 1,000 samples. The distance is the sliced Wasserstein distance to the images that were left
out (lower is better); its floor is the distance of the training images to these. Copying compares how near samples and
left-out images are to the training images: it is the median distance of a sample to its nearest training image, divided
by that of a left-out image, in pixels of 16x16. Near 1 samples are as new as left-out images, and far below 1 they are
copies. The other figures are those of benchmarks/judges.py against the whole folder. pairs.png in the folder of a run
shows samples above their nearest training images. Runs that exist already are not repeated.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from evaluation import changes, run_cost, to_unit_range
from judges import DomainJudge, Figures, cell
from steadygan.data import DataSettings, prepare
from steadygan.data.labels import keep_label_count
from steadygan.metrics.sliced import image_distance
from steadygan.runs.grid import image_grid, save_picture

SAMPLES, GRID_IMAGES, COARSE = 1000, 12, 16


def split(arguments: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    """The images to train on, with the same number of each class, and the others."""
    data = prepare(arguments.data, DataSettings(resolution=arguments.resolution))
    labels = np.zeros(len(data), np.int64) if data.labels is None else data.labels
    classes = max(1, len(data.class_names))
    chosen = keep_label_count(labels, arguments.count // classes, classes, seed=0) >= 0
    return np.asarray(data.images[chosen]), np.asarray(data.images[~chosen])


def nearest(images: np.ndarray, others: np.ndarray) -> tuple[Tensor, Tensor]:
    """The distance of each image to the nearest of the others, in coarse pixels, and the index of that one."""
    coarse = [
        F.interpolate(to_unit_range(each), size=(COARSE, COARSE), mode="area").flatten(1) for each in (images, others)
    ]
    found = torch.cdist(*coarse).min(1)
    return found.values, found.indices


def train_and_measure(
    arguments: argparse.Namespace, judge: DomainJudge, recipe: str, seed: int, few: np.ndarray, rest: np.ndarray
) -> Figures:
    """Train a recipe, and measure its samples."""
    options = changes(arguments.add, (), arguments.set)
    run = arguments.work / f"{recipe}{''.join(options)}-{arguments.count}-{arguments.minutes:g}m-seed{seed}"
    result = run / f"figures by {judge.name}.json"
    if not result.exists():
        arguments.work.mkdir(parents=True, exist_ok=True)
        data = arguments.work / f"{arguments.count}.npz"
        np.savez(data, images=few)
        steadygan = [sys.executable, "-m", "steadygan"]
        train = ["train", str(data), "--recipe", recipe, "--minutes", f"{arguments.minutes:g}", "--seed", str(seed)]
        subprocess.run([*steadygan, *train, "--out", str(run), "--overwrite", *options], check=True, stdout=sys.stderr)
        made = run / "samples.npz"
        subprocess.run(
            [*steadygan, "sample", str(run), "-n", str(SAMPLES), "--out", str(made)], check=True, stdout=sys.stderr
        )
        fakes = np.load(made)["images"]
        distances, places = nearest(fakes, few)
        pairs = np.stack([fakes[:GRID_IMAGES], few[places[:GRID_IMAGES].numpy()]]).reshape(-1, *few.shape[1:])
        save_picture(image_grid(pairs, GRID_IMAGES), run / "pairs.png")
        figures = {
            "distance": image_distance(to_unit_range(rest[:SAMPLES]), to_unit_range(fakes)),
            "floor": image_distance(to_unit_range(rest[:SAMPLES]), to_unit_range(few)),
            "copying": float(distances.median() / nearest(rest, few)[0].median()),
        }
        result.write_text(json.dumps(figures | judge.figures(made, SAMPLES) | run_cost(run)))
    figures = json.loads(result.read_text())
    print(f"{run.name}: {json.dumps(figures)}", file=sys.stderr, flush=True)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--recipes", nargs="+", required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--with", nargs="*", default=[], dest="add")
    parser.add_argument("--set", nargs="*", default=[])
    parser.add_argument("--work", type=Path, default=Path("runs/small-data"))
    arguments = parser.parse_args()
    few, rest = split(arguments)
    judge = DomainJudge(arguments.data, DataSettings(resolution=arguments.resolution))
    floor = judge.floor(SAMPLES)
    head = ["recipe", "seeds", "images seen", "distance", "its floor", "copying", *floor]
    print(f"| {' | '.join(head)} |\n" + "| --- " * len(head) + "|")
    for recipe in arguments.recipes:
        runs = [train_and_measure(arguments, judge, recipe, seed, few, rest) for seed in arguments.seeds]
        medians = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        print(
            f"| {recipe} | {len(runs)} | {medians['images']:,.0f} | {medians['distance']:.4f} | {medians['floor']:.4f} "
            f"| {medians['copying']:.2f} | {' | '.join(cell(name, medians[name]) for name in floor)} |",
            flush=True,
        )
    print(f"| *the floor* | | | | | | {' | '.join(cell(name, value) for name, value in floor.items())} |")
    print(f"\n{judge.caption(SAMPLES)}")


if __name__ == "__main__":
    main()

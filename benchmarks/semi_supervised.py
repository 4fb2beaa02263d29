"""Compares the recipe semi-supervised with a plain classifier of few labels; prints the table of docs/quality.md.

    python benchmarks/semi_supervised.py --data mnist.npz [--labels-per-class 10] [--minutes 20 | --images 128000]
        [--seeds 0 1 2] [--set semi-supervised.average_half_life=off] [--work runs/semi-supervised]

The plain classifier is the recipe's discriminator with the same seed, trained on the same labelled images and evaluated
on the same held-out images. It is trained until its loss has converged, with Adam at the recipe's learning rate, once
without and once with the recipe's augmentations. Runs that exist already are not repeated.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F

from steadygan.data import prepare
from steadygan.heuristics.inputs import DiffAugment, diff_augment
from steadygan.recipes import recipe
from steadygan.settings import TrainingSettings
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.state import TrainingState
from steadygan.vocabulary import Player

RECIPE = "semi-supervised"
STEPS = 2000
ACCURACY = "semi-supervised/held-out-accuracy"


def semi_supervised(arguments: argparse.Namespace, seed: int) -> tuple[float, float, int]:
    """The last and the best held-out accuracy of a run, and the images that it saw."""
    length = f"{arguments.minutes:g}m" if arguments.images is None else f"{arguments.images}-images"
    name = "-".join([f"{arguments.labels_per_class}-labels", length, *arguments.set, f"seed{seed}"])
    run = arguments.work / name
    if not (run / "report.html").exists():
        train = ["train", arguments.data, "--recipe", RECIPE]
        train += ["--minutes", f"{arguments.minutes:g}"] if arguments.images is None else []
        train += [] if arguments.images is None else ["--images", str(arguments.images)]
        train += [part for each in arguments.set for part in ("--set", each)]
        train += ["--labels-per-class", str(arguments.labels_per_class), "--seed", str(seed), "--out", str(run)]
        subprocess.run([sys.executable, "-m", "steadygan", *train, "--overwrite"], check=True, stdout=sys.stderr)
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    measured = [row[ACCURACY] for row in rows if ACCURACY in row]
    return measured[-1], max(measured), rows[-1]["images"]


def plain(arguments: argparse.Namespace, seed: int, augmented: bool) -> float:
    """The held-out accuracy of the same network, trained on the labelled images alone."""
    torch.manual_seed(seed)
    settings = TrainingSettings(seed=seed, labels_per_class=arguments.labels_per_class, precision="fp32")
    state, _ = new_players(recipe(RECIPE), prepare(arguments.data), CustomNetworks(), torch.device("cpu"), settings)
    network = state.network(Player.DISCRIMINATOR)
    optimizer = state.optimizer(Player.DISCRIMINATOR)
    for _ in range(STEPS):
        images, labels = state.labelled(state.batch)
        for heuristic in state.recipe.heuristics if augmented else ():
            if isinstance(heuristic, DiffAugment):
                images = diff_augment(images, heuristic.policy)
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(network.discriminate(images).class_logits, labels).backward()
        optimizer.step()
    return accuracy(state)


def accuracy(state: TrainingState) -> float:
    """The accuracy on the images that were held out."""
    network = state.network(Player.DISCRIMINATOR).eval()
    right = total = 0
    with torch.inference_mode():
        for images, labels in state.held_out_chunks(500):
            right += int((network.discriminate(images).class_logits.argmax(1) == labels).sum())
            total += len(images)
    return right / total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--labels-per-class", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--images", type=int, help="instead of minutes")
    parser.add_argument("--set", nargs="*", default=[], help="changes to the recipe, such as adam.lr=1e-3")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--work", type=Path, default=Path("runs/semi-supervised"))
    arguments = parser.parse_args()
    print("| seed | plain | plain, augmented | semi-supervised | its best moment | images |")
    print("| --- | --- | --- | --- | --- | --- |")
    table = []
    for seed in arguments.seeds:
        alone = [plain(arguments, seed, augmented) for augmented in (False, True)]
        last, best, images = semi_supervised(arguments, seed)
        table.append((*alone, last, best, images))
        print(f"| {seed} | {_row(table[-1])} |", flush=True)
    print(f"| median | {_row([statistics.median(column) for column in zip(*table, strict=True)])} |")


def _row(values: Sequence[float]) -> str:
    return " | ".join([*(f"{value:.4f}" for value in values[:-1]), f"{values[-1]:,.0f}"])


if __name__ == "__main__":
    main()

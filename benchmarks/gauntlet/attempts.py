"""Trains recipes under hostile settings that are drawn at random: how robust is each?

    python benchmarks/gauntlet/attempts.py SHARED --work WORK [--draws 100] [--part 1/2] [--minutes 60]

SHARED is a folder with an evaluator (`ruler/ruler.py`) and `data/mnist.npz`. Every draw is trained under each recipe
(see `settings.py`), on the same number of real items and with the same seed, one thread each; what is in WORK is
skipped, so that the command can be stopped and given again. What a recipe refuses is written down with its reason.
`document.py` makes the table of it.
"""

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from settings import RECIPES, SIDE, Hostile, draw

import steadygan as sg
from steadygan.data import DataSettings, prepare
from steadygan.runs.folder import RunFolder
from steadygan.runs.rescues import lines_begun, read_rescues

sys.path.append(str(Path(__file__).parent.parent / "clinic"))
from outcome import judged
from run import named_data

SAMPLES = {True: 5000, False: 2000}
CALM_SEEDS = (0, 1, 2)
"""Of `steady` as it is, by which it is judged what can be reached."""


def data_of(hostile: Hostile, shared: Path) -> Any:
    """What is trained on."""
    name = named_data(hostile.data, shared)
    if hostile.items is None:
        return name
    prepared = prepare(name, DataSettings(resolution=SIDE))
    chosen = np.sort(np.random.default_rng(hostile.number).permutation(len(prepared))[: hostile.items])
    return np.array(prepared.images[chosen])


def train(data: Any, name: str, recipe: Any, images: int, seed: int, folder: Path, shared: Path) -> dict[str, Any]:
    """Train once, and judge what came out.

    Args:
        data: what is trained on.
        name: of the data, for the judge.
        recipe: to train, and whether it is rescued.
        images: real items to see.
        seed: of the training.
        folder: of the run.
        shared: the folder that holds the evaluator.
    """
    recipe, rescue = recipe
    points = name in ("grid25", "ring8")
    began = time.process_time()
    size: dict[str, Any] = {} if points else {"resolution": SIDE}
    run = sg.train(
        data,
        recipe,
        images=images,
        out=folder,
        seed=seed,
        features="none",
        overwrite=True,
        rescue=rescue,
        observers=(),
        **size,
    )
    seconds = time.process_time() - began
    try:
        figures = judged(name, np.asarray(run.sample(SAMPLES[points], seed=1)), shared)
    except sg.SteadyganError:  # weights that are not finite
        figures = {"finite": 0.0}
    begun = lines_begun(read_rescues(RunFolder(folder)))
    return {"figures": figures, "seconds": round(seconds, 1), "rescues": [each.finding for each in begun]}


def attempts(draws: int) -> list[tuple[str, Hostile | None, str, int]]:
    """All trainings: a name, the draw, the recipe and the seed; those of `steady` as it is come first."""
    calm = [
        (f"calm-{data}-seed{seed}", None, data, seed)
        for seed in CALM_SEEDS
        for data in ("mnist", "glyphs", "grid25", "ring8")
    ]
    hostile = [
        (f"{number:03}-{recipe.replace(' --', '-')}", draw(number), recipe, number)
        for number in range(draws)
        for recipe in RECIPES
    ]
    return [*calm, *hostile]


def attempt(hostile: Hostile | None, what: str, seed: int, folder: Path, shared: Path) -> dict[str, Any]:
    """Train one of them."""
    if hostile is None:
        from settings import IMAGES, VECTORS

        recipe = sg.recipe("steady").change(values={"width": 128 if what in VECTORS else 16})
        return train(named_data(what, shared), what, (recipe, False), IMAGES[what], seed, folder, shared)
    try:
        recipe = hostile.recipe(what.split()[0])
    except sg.SteadyganError as error:
        return {"refused": str(error)}
    chosen = (recipe, "--rescue" in what)
    return train(data_of(hostile, shared), hostile.data, chosen, hostile.images, seed, folder, shared)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--part", default="1/1")
    parser.add_argument("--minutes", type=float, default=1e9)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    place, parts = (int(number) for number in arguments.part.split("/"))
    until = time.monotonic() + 60 * arguments.minutes
    for name, hostile, what, seed in attempts(arguments.draws)[place - 1 :: parts]:
        folder = arguments.work / name
        if (folder / "outcome.json").exists():
            continue
        if time.monotonic() > until:
            return
        try:
            found = attempt(hostile, what, seed, folder, arguments.shared)
        except sg.SteadyganError as error:
            found = {"refused": str(error)}
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in ("checkpoints", "best", "snapshots", "abandoned"):
            shutil.rmtree(folder / leftover, ignore_errors=True)
        (folder / "outcome.json").write_text(json.dumps(found))
        print(f"{name}: {found}", flush=True)


if __name__ == "__main__":
    main()

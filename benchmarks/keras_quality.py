"""Trains `steady` through the Keras face on each backend and with the package itself, and compares samples.

    python benchmarks/keras_quality.py [--data digits glyphs mnist.npz] [--backend tensorflow jax torch]
        [--seeds 0 1 2] [--images digits=40000 glyphs=18000] [--width 16] [--set KEY=VALUE ...]
        [--evaluator glyphs=benchmarks/glyph_evaluator.py mnist=EVALUATOR.py] [--samples 10000]
        [--work runs/keras-quality] [--keras-python PYTHON] [--write docs/keras.md]

All see the same number of images in fp32. The figure is the package's own metric, the sliced Wasserstein distance of
samples of the averaged generator to real images; the floor is that of as many other real images. The goal is a median
within 10 % of the package's. The table also has what features of the data say of 10,000 samples (benchmarks/judges.py),
and what an evaluator says, where one is named for the data. Every run is a process; results are lines of results.jsonl
in the work folder, and runs that are there are not repeated. A grid of samples of each run lies in its folder. PYTHON
is an interpreter that has Keras, its backends and this package.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

import steadygan as sg
from judges import SAMPLES, DomainJudge, Judge, Program, cell, column, side_by_side
from race import environment
from steadygan.data import prepare
from steadygan.metrics.sliced import image_distance
from steadygan.recipe import Recipe
from steadygan.runs.grid import image_grid, save_picture
from tables import machine, table, write_section

BACKENDS = ("tensorflow", "jax", "torch")
PACKAGE = "steadygan"
RECIPE, BATCH = "steady", 64
IMAGES = {"digits": 40_000, "glyphs": 18_000}
OTHER_IMAGES = 30_000
MEASURED = 2_000
"""Samples whose distance is measured."""
JUDGED = ("fid", "recall", "readable")
"""Figures of the judges that the table has."""
SHUFFLED_WITH = 0
GRID = 64
GOAL = 1.1
SECTION = "keras-quality"


class Data(NamedTuple):
    """Images to train on, of which half may be compared with samples and the other half gives the floor.

    Attributes:
        name: without its folder and suffix.
        path: of all of them, a file of NumPy's.
        near: uint8 [N, H, W, C], compared with samples.
        far: as many others.
    """

    name: str
    path: Path
    near: Any
    far: Any

    @property
    def floor(self) -> float:
        """The distance of real images to others."""
        return distance(self.near, self.far)


def distance(one: Any, other: Any) -> float:
    """The package's metric of two sets of images, uint8 [N, H, W, C]."""
    return image_distance(*(torch.from_numpy(np.ascontiguousarray(each)) for each in (one, other)))


def read_data(source: str, work: Path) -> Data:
    """Prepare data, and write them to a file that every run reads."""
    images = np.asarray(prepare(source, cache=work / "cache").images)
    order = np.random.Generator(np.random.PCG64(SHUFFLED_WITH)).permutation(len(images))
    count = min(MEASURED, len(images) // 2)
    name = Path(source).stem
    path = work / f"{name}.npy"
    np.save(path, images)
    return Data(name, path, images[order[:count]], images[order[count : 2 * count]])


def epochs_for(data: Data, wanted: int) -> tuple[int, int]:
    """Epochs of ``fit`` that see about as many images, and the steps of each: a step takes as many others for G."""
    steps = min(len(np.load(data.path, mmap_mode="r")) // (2 * BATCH), max(1, wanted // BATCH))
    return max(1, round(wanted / (steps * BATCH))), steps


def trained(
    arguments: argparse.Namespace, data: Data, judges: Sequence[Judge], recipe: Recipe, who: str, seed: int
) -> dict[str, Any]:
    """Train and measure one run, unless its line is there."""
    epochs, steps = epochs_for(data, arguments.images.get(data.name, IMAGES.get(data.name, OTHER_IMAGES)))
    images = epochs * steps * BATCH
    settings = {"data": data.name, "who": who, "seed": seed, "images": images, "changes": sorted(arguments.set)}
    settings |= {"width": recipe.settings.width, "judges": [judge.name for judge in judges]}
    path = arguments.work / "results.jsonl"
    for line in read_lines(path):
        if settings.items() <= line.items():
            return line
    folder = (
        arguments.work / f"{data.name}-{images}-{who}-seed{seed}{''.join(f'+{each}' for each in settings['changes'])}"
    )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "recipe.toml").write_text(recipe.to_toml(), encoding="utf-8")
    kind, python = ("package", sys.executable) if who == PACKAGE else ("face", arguments.keras_python)
    numbers = (seed, epochs, steps, max(arguments.samples, len(data.near)))
    words = [kind, str(data.path), str(folder), str(folder / "recipe.toml"), *map(str, numbers)]
    variables = environment(arguments.threads) | {"KERAS_BACKEND": who, "TF_CPP_MIN_LOG_LEVEL": "3"}
    answer = subprocess.run(
        [python, "-W", "ignore", "-m", "peers.keras_run", *words],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=variables,
    )
    found = json.loads(answer.stdout.splitlines()[-1])
    if found["images"] != images:
        raise SystemExit(f"{folder.name} saw {found['images']} images instead of {images}")
    line = settings | found | measured(data, judges, folder, arguments.samples)
    with path.open("a", encoding="utf-8") as file:
        print(json.dumps(line), file=file)
    print(json.dumps(line), file=sys.stderr, flush=True)
    return line


def measured(data: Data, judges: Sequence[Judge], folder: Path, count: int) -> dict[str, float]:
    """Draw a grid of the samples in a folder, compare them with real images, and remove them."""
    made = np.load(folder / "samples.npy")
    (folder / "samples.npy").unlink()
    save_picture(image_grid(made[:GRID]), folder / "samples.png")
    samples = folder / "samples.npz"
    np.savez(samples, images=made[:count])
    judged = side_by_side(judges, [judge.figures(samples, count) for judge in judges])
    samples.unlink()
    return {"distance": distance(data.near, made[: len(data.near)])} | judged


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The results that are there."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def rows(
    data: Data, judges: Sequence[Judge], found: Mapping[str, Sequence[dict[str, Any]]]
) -> Iterable[tuple[str, ...]]:
    """A row for the package and each backend: medians over seeds, the range of the distance, and its ratio."""
    yardstick = statistics.median(run["distance"] for run in found[PACKAGE])
    for who, runs in found.items():
        distances = [run["distance"] for run in runs]
        median = statistics.median(distances)
        names = [column(judge, name) for judge in judges for name in JUDGED if column(judge, name) in runs[0]]
        yield (
            data.name,
            who if who == PACKAGE else f"steadygan.keras, {who}",
            f"{runs[0]['images']:,}",
            f"{median:.4f} ({min(distances):.4f} to {max(distances):.4f})",
            f"{median / yardstick:.2f}{'' if median / yardstick <= GOAL else ' (above the goal)'}",
            f"{data.floor:.4f}",
            ", ".join(f"{name} {cell(name, statistics.median(run[name] for run in runs))}" for name in names),
            f"{statistics.median(run['seconds'] for run in runs):.0f}",
        )


def pairs(words: Sequence[str]) -> dict[str, str]:
    """``NAME=VALUE`` words as a table."""
    return dict(word.split("=", 1) for word in words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=["digits", "glyphs"])
    parser.add_argument("--backend", nargs="*", choices=BACKENDS, default=list(BACKENDS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--images", nargs="*", default=[], metavar="DATA=NUMBER")
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--set", nargs="*", default=[], help="changes to the recipe, such as r1.gamma=1")
    parser.add_argument("--evaluator", nargs="*", default=[], metavar="DATA=PROGRAM")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="how many are judged of each run")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--work", type=Path, default=Path("runs/keras-quality"))
    parser.add_argument("--keras-python", default=sys.executable, help="a Python that has Keras and its backends")
    parser.add_argument("--write", type=Path, help="a page with a section for the table")
    arguments = parser.parse_args()
    arguments.work = arguments.work.resolve()
    arguments.images = {name: int(number) for name, number in pairs(arguments.images).items()}
    arguments.evaluator = {name: os.fspath(Path(each).resolve()) for name, each in pairs(arguments.evaluator).items()}
    arguments.work.mkdir(parents=True, exist_ok=True)
    values = {"batch": BATCH, "width": arguments.width} | pairs(arguments.set)
    recipe = sg.recipe(RECIPE).change(values=values)
    made: list[tuple[str, ...]] = []
    captions: list[str] = []
    for source in arguments.data:
        data = read_data(source, arguments.work)
        judges: list[Judge] = [DomainJudge(source)]
        if data.name in arguments.evaluator:
            judges.append(Program(arguments.evaluator[data.name], data.name))
        found: dict[str, list[dict[str, Any]]] = {}
        for seed in arguments.seeds:
            for who in (PACKAGE, *arguments.backend):
                found.setdefault(who, []).append(trained(arguments, data, judges, recipe, who, seed))
        made += rows(data, judges, found)
        captions += [f"{data.name}: {judge.caption(arguments.samples)}" for judge in judges]
    head = ("data", "trained by", "images", "distance", "to the package", "floor", "judged", "seconds")
    text = (
        f"{machine(threads=arguments.threads)}; {len(arguments.seeds)} seeds.\n\n{table(head, made)}\n\n"
        + "\n\n".join(captions)
    )
    print(text, flush=True)
    if arguments.write is not None:
        write_section(arguments.write, SECTION, text)


if __name__ == "__main__":
    main()

"""Compares ways of upsampling for equal time and looks for grids of dots; prints the table in docs/quality.md.

    python benchmarks/dots.py --data photos/ [--resolution 64] [--minutes 5 | --images 30000] [--seeds 0]
        [--variants "" "--without transposed-convolutions"] [--recipe steady] [--work runs/dots]

A variant is a string of options of `steadygan train`. The figures are computed on 2,000 samples: the checkerboard ratio
(see steadygan.metrics.spectrum), with that of the data for comparison, and the sliced Wasserstein distance to the data.
grid.png in the folder of a run shows samples. spectrum.png shows the logarithm of the power at each frequency, of the
data on the left and of samples on the right, with frequency 0 in the middle. Runs that exist already are not repeated.
"""

import argparse
import json
import shlex
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from evaluation import run_cost, to_unit_range
from steadygan.data import DataSettings, Prepared, prepare
from steadygan.metrics.sliced import image_distance
from steadygan.metrics.spectrum import checkerboard_ratio, power_spectrum
from steadygan.runs.grid import image_grid, save_picture

SAMPLES, GRID_IMAGES, ENLARGED = 2_000, 36, 4


def spectrum_picture(real: Tensor, fake: Tensor) -> Image.Image:
    """A picture of both spectra side by side, with the same scale of greys."""
    both = torch.cat([torch.fft.fftshift(power_spectrum(images)).log() for images in (real, fake)], 1)
    both = (both - both.quantile(0.01)) / (both.quantile(0.995) - both.quantile(0.01))
    greys = (255 * both.clamp(0, 1)).to(torch.uint8).numpy()
    return Image.fromarray(greys.repeat(ENLARGED, 0).repeat(ENLARGED, 1))


def train_and_measure(arguments: argparse.Namespace, data: Prepared, variant: str, seed: int) -> dict[str, float]:
    """Train a variant, measure its samples and draw them."""
    changed = variant.replace("--", "+").replace(" ", "") or "+nothing"
    budget = ["--images", str(arguments.images)] if arguments.images else ["--minutes", f"{arguments.minutes:g}"]
    name = f"{Path(arguments.data).name}-{arguments.recipe}{changed}{''.join(budget)}-seed{seed}".replace("--", "-")
    run = arguments.work / name
    result = run / "figures.json"
    if not result.exists():
        steadygan = [sys.executable, "-m", "steadygan"]
        train = ["train", arguments.data, "--recipe", arguments.recipe, "--resolution", str(arguments.resolution)]
        train += [*budget, "--seed", str(seed), "--out", str(run), "--overwrite"]
        subprocess.run([*steadygan, *train, *shlex.split(variant)], check=True, stdout=sys.stderr)
        made = run / "samples.npz"
        sample = [*steadygan, "sample", str(run), "-n", str(SAMPLES), "--out", str(made)]
        subprocess.run(sample, check=True, stdout=sys.stderr)
        fakes = np.load(made)["images"]
        made.unlink()
        real, fake = to_unit_range(subset(data)), to_unit_range(fakes)
        save_picture(image_grid(fakes[:GRID_IMAGES]), run / "grid.png")
        save_picture(spectrum_picture(real, fake), run / "spectrum.png")
        figures = {"ratio": checkerboard_ratio(fake), "distance": image_distance(real, fake)}
        result.write_text(json.dumps(figures | run_cost(run)))
    figures = json.loads(result.read_text())
    print(f"{run.name}: {json.dumps(figures)}", file=sys.stderr, flush=True)
    return figures


def subset(data: Prepared) -> np.ndarray:
    """At most 2,000 images of the data, evenly spaced."""
    return np.asarray(data.images[: len(data) : max(1, len(data) // SAMPLES)][:SAMPLES])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--recipe", default="steady")
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument(
        "--images", type=int, help="real images to see, instead of a time; the machine may then be busy"
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument(
        "--variants", nargs="+", default=["", "--without transposed-convolutions", "--with pixel-shuffle"]
    )
    parser.add_argument("--work", type=Path, default=Path("runs/dots"))
    arguments = parser.parse_args()
    data = prepare(arguments.data, DataSettings(resolution=arguments.resolution))
    print("| doubling | seeds | images seen | checkerboard ratio | distance |\n| --- | --- | --- | --- | --- |")
    print(f"| (the data) | | | {checkerboard_ratio(to_unit_range(subset(data))):.2f} | |")
    for variant in arguments.variants:
        runs = [train_and_measure(arguments, data, variant, seed) for seed in arguments.seeds]
        medians = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        cells = [f"`{variant}`" if variant else "as it is", str(len(runs)), f"{medians['images']:,.0f}"]
        cells += [f"{medians['ratio']:.2f}", f"{medians['distance']:.4f}"]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

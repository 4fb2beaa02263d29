"""A run folder as training leaves it, with known content."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from PIL import Image

RECIPE: dict[str, Any] = {
    "name": "steady",
    "summary": "Relativistic objective with both gradient penalties and an average of the generator.",
    "measured": "MNIST, 5 minutes on two cores: Fréchet distance 2.4 (median of 3 seeds).",
    "sources": ["Huang et al. 2025, https://arxiv.org/abs/2501.05441", "https://arxiv.org/abs/1511.06434"],
    "network": "dcgan",
    "settings": {"batch": 64, "width": 32},
    "heuristics": {
        "normal-latent": {"dimension": 64},
        "strided-convolutions": {},
        "leaky-relu": {"slope": 0.2},
        "tanh-output": {},
        "horizontal-flip": {},
        "relativistic": {},
        "r1": {"gamma": 5.0},
        "r2": {"gamma": 5.0},
        "adam": {"lr": 0.0004, "betas": [0.0, 0.99]},
        "alternate": {},
        "ema": {},
    },
}
RUN: dict[str, Any] = {
    "format": 1,
    "version": "0.1.0",
    "name": "first",
    "started": "2026-11-21T22:14:05+00:00",
    "data": {
        "source": "mnist.npz",
        "kind": "images",
        "shape": [28, 28, 1],
        "count": 60000,
        "class_names": ["zero", "one", "two", "three"],
        "labelled": True,
        "fingerprint": "5f2c9a7be01d",
        "skipped": 3,
        "seconds": 1.84,
    },
    "data_settings": {"resolution": 28, "channels": None, "background": "white", "max_pixels": 64_000_000},
    "training": {
        "images": 600_000,
        "minutes": None,
        "seed": 1,
        "device": "auto",
        "precision": "fp32",
        "keep": 3,
        "tensorboard": False,
    },
    "networks": {
        "generator": {"name": "dcgan", "parameters": 1_243_009},
        "discriminator": {"name": "dcgan", "parameters": 998_401},
    },
    "notes": [],
}
ENVIRONMENT = {
    "steadygan": "0.1.0",
    "python": "3.11.2",
    "torch": "2.13.0",
    "numpy": "2.3.1",
    "system": "Linux",
    "processor": "x86_64",
    "cores": 2,
    "threads": 2,
    "device": "cpu",
}
SKIPPED = [
    {"path": "holiday/broken.jpg", "reason": "the file ends too early"},
    {"path": "holiday/empty.png", "reason": "the file is empty"},
    {"path": "more/broken too.jpg", "reason": "the file ends too early"},
]
FINDINGS = [
    {"images": 96_000, "finding": "discriminator-wins", "message": "Real and fake logits are 9.1 apart."},
    {"images": 144_000, "finding": "discriminator-wins", "message": "Real and fake logits are 11.4 apart."},
]


def rows(count: int = 200, images: int = 600_000) -> list[dict[str, Any]]:
    """Measurements of a plausible run."""
    noise = np.random.default_rng(0).normal(size=(count, 8))
    made: list[dict[str, Any]] = []
    for index in range(count):
        seen = images * (index + 1) // count
        time = (index + 1) / count
        wave = noise[index]
        gap = 1.2 + 2.2 * math.exp(-4 * time) + 0.25 * wave[0]
        made.append(
            {
                "images": seen,
                "step": seen // 64,
                "seconds": round(seen / 2013, 2),
                "images_per_second": 2013 + 40 * wave[1],
                "time/data": 0.002 + 0.0005 * wave[1],
                "discriminator/loss": math.log1p(math.exp(-gap)) + 0.02 * abs(wave[2]),
                "generator/loss": math.log1p(math.exp(gap)) + 0.05 * wave[3],
                "discriminator/gradient_norm": 0.8 * math.exp(0.35 * wave[4]) + 6 * math.exp(-20 * time),
                "generator/gradient_norm": 0.3 * math.exp(0.4 * wave[5]) + 2 * math.exp(-15 * time),
                "logits/real": gap / 2 + 0.1 * wave[6],
                "logits/fake": -gap / 2 + 0.1 * wave[7],
                "not_finite": 0,
                "r1": 0.04 * math.exp(0.3 * wave[0] - time),
                "r2": 0.05 * math.exp(0.3 * wave[1] - time),
            }
        )
        if index % 20 == 19:
            made.append({"images": seen, "quality/sliced_wasserstein": 0.012 + 0.16 * math.exp(-7 * time)})
    return made


def grid(shade: int, size: int = 62, colour: str = "L") -> Image.Image:
    """A grid of 2 x 2 plain squares, whose grey tells the moment."""
    image = Image.new(colour, (size, size), 0)
    cell = (size - 6) // 2
    for row in range(2):
        for column in range(2):
            image.paste(
                shade,
                (
                    2 + column * (cell + 2),
                    2 + row * (cell + 2),
                    2 + column * (cell + 2) + cell,
                    2 + row * (cell + 2) + cell,
                ),
            )
    return image


def write_lines(path: Path, objects: list[dict[str, Any]]) -> None:
    """JSON, one object a line."""
    path.write_text("".join(json.dumps(item) + "\n" for item in objects), encoding="utf-8")


def build_run(
    folder: Path,
    *,
    run: dict[str, Any] = RUN,
    recipe: dict[str, Any] = RECIPE,
    skipped: list[dict[str, Any]] = SKIPPED,
    findings: list[dict[str, Any]] = FINDINGS,
    measured: list[dict[str, Any]] | None = None,
    grids: int = 6,
) -> Path:
    """A complete run folder."""
    samples = folder / "samples"
    samples.mkdir(parents=True)
    (folder / "recipe.toml").write_text(tomli_w.dumps(recipe), encoding="utf-8")
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    (folder / "environment.json").write_text(json.dumps(ENVIRONMENT), encoding="utf-8")
    (folder / "skipped.json").write_text(json.dumps(skipped), encoding="utf-8")
    write_lines(folder / "metrics.jsonl", rows() if measured is None else measured)
    write_lines(folder / "findings.jsonl", findings)
    for index in range(grids):
        grid(40 + 200 * index // max(1, grids)).save(samples / f"{index * 120_000:012d}.png")
    grid(255).save(samples / "real.png")
    return folder

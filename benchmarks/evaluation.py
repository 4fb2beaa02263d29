"""Trains a recipe, samples from it and evaluates the samples; the tables of docs/quality.md are made with it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor


def evaluate_run(
    run: Path, evaluator: str, name: str, train: Sequence[str], samples: int, extra: Sequence[str] = ()
) -> dict[str, float]:
    """Train and evaluate a run, unless its folder contains the result already.

    Args:
        run: the run folder.
        evaluator: a program that is called as ``EVALUATOR NAME SAMPLES.npz`` and prints one JSON object.
        name: the evaluator's name of the data.
        train: arguments of ``steadygan train`` apart from ``--out``.
        samples: the number of samples to evaluate.
        extra: further arguments of ``steadygan sample``.

    Returns:
        The figures of the evaluator, and the images and seconds of the run.
    """
    result = run / "evaluation.json"
    if not result.exists():
        steadygan = [sys.executable, "-m", "steadygan"]
        subprocess.run([*steadygan, "train", *train, "--out", str(run), "--overwrite"], check=True, stdout=sys.stderr)
        made = run / "samples.npz"
        sample = [*steadygan, "sample", str(run), "-n", str(samples), "--out", str(made), *extra]
        subprocess.run(sample, check=True, stdout=sys.stderr)
        result.write_text(json.dumps(evaluate_samples(evaluator, name, made) | run_cost(run)))
        made.unlink()
    figures: dict[str, float] = json.loads(result.read_text())
    print(f"{run.name}: {json.dumps(figures)}", file=sys.stderr, flush=True)
    return figures


def evaluate_samples(evaluator: str, name: str, samples: Path) -> dict[str, float]:
    """The figures that the evaluator computes from samples."""
    answer = subprocess.run(
        [sys.executable, evaluator, name, str(samples)], check=True, stdout=subprocess.PIPE, text=True
    )
    figures: dict[str, float] = json.loads(answer.stdout)
    return figures


def run_cost(run: Path) -> dict[str, float]:
    """The images and the seconds that a run took."""
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    last = [row for row in rows if "seconds" in row][-1]
    return {"images": last["images"], "seconds": last["seconds"]}


def changes(add: Sequence[str], remove: Sequence[str], values: Sequence[str]) -> list[str]:
    """The options that change a recipe, as the command line takes them."""
    named = (("--with", add), ("--without", remove), ("--set", values))
    return [part for option, each in named for value in each for part in (option, value)]


def to_unit_range(images: np.ndarray) -> Tensor:
    """Images as networks see them, float32 [N, C, H, W] in [-1, 1], from uint8 [N, H, W, C]."""
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() / 127.5 - 1

"""Trains a recipe, samples from it and lets judges measure the samples; the tables of docs/quality.md are made so."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from judges import Figures, Judge, side_by_side
from steadygan.runs.folder import RunFolder

RESULT = "judged.json"
"""In a run folder: figures by the names of judges and the number of samples."""


def evaluate_run(
    run: Path, judges: Sequence[Judge], train: Sequence[str], samples: int, extra: Sequence[str] = ()
) -> Figures:
    """Train a run and let judges measure its samples; what its folder has already is not done again.

    Args:
        run: the run folder.
        judges: who measures.
        train: arguments of ``steadygan train`` apart from ``--out``.
        samples: the number of samples to measure.
        extra: further arguments of ``steadygan sample``.

    Returns:
        The figures of the judges side by side, and the images and seconds of the run.
    """
    steadygan = [sys.executable, "-m", "steadygan"]
    if not RunFolder(run).conclusion.is_file():
        subprocess.run([*steadygan, "train", *train, "--out", str(run), "--overwrite"], check=True, stdout=sys.stderr)
    result = run / RESULT
    known: dict[str, Figures] = json.loads(result.read_text()) if result.exists() else {}
    keys = [f"{judge.name}, {samples}" for judge in judges]
    if not known.keys() >= set(keys):
        made = run / "samples.npz"
        sample = [*steadygan, "sample", str(run), "-n", str(samples), "--out", str(made), *extra]
        subprocess.run(sample, check=True, stdout=sys.stderr)
        known |= {
            key: judge.figures(made, samples) for key, judge in zip(keys, judges, strict=True) if key not in known
        }
        result.write_text(json.dumps(known))
        made.unlink()
    figures = side_by_side(judges, [known[key] for key in keys]) | run_cost(run)
    print(f"{run.name}: {json.dumps(figures)}", file=sys.stderr, flush=True)
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

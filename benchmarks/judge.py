"""Trains a recipe, samples it and asks a ruler; what the tables of docs/quality.md are made with."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def judged(
    run: Path, ruler: str, name: str, train: Sequence[str], samples: int, extra: Sequence[str] = ()
) -> dict[str, float]:
    """Figures of one run; a run that is there is not run again.

    Args:
        run: its folder.
        ruler: a program that is called as ``RULER NAME SAMPLES.npz`` and prints one JSON object.
        name: what the ruler calls the data.
        train: arguments of ``steadygan train`` apart from ``--out``.
        samples: how many the ruler gets.
        extra: further arguments of ``steadygan sample``.
    """
    result = run / "ruler.json"
    if not result.exists():
        steadygan = [sys.executable, "-m", "steadygan"]
        subprocess.run([*steadygan, "train", *train, "--out", str(run), "--overwrite"], check=True, stdout=sys.stderr)
        made = run / "samples.npz"
        sample = [*steadygan, "sample", str(run), "-n", str(samples), "--out", str(made), *extra]
        subprocess.run(sample, check=True, stdout=sys.stderr)
        result.write_text(json.dumps(ruled(ruler, name, made) | spent(run)))
        made.unlink()
    figures: dict[str, float] = json.loads(result.read_text())
    print(f"{run.name}: {json.dumps(figures)}", file=sys.stderr, flush=True)
    return figures


def ruled(ruler: str, name: str, samples: Path) -> dict[str, float]:
    """What the ruler says of samples."""
    answer = subprocess.run([sys.executable, ruler, name, str(samples)], check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(answer.stdout)
    return figures


def spent(run: Path) -> dict[str, float]:
    """Images and seconds that a run took."""
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    last = [row for row in rows if "seconds" in row][-1]
    return {"images": last["images"], "seconds": last["seconds"]}


def changes(add: Sequence[str], remove: Sequence[str], values: Sequence[str]) -> list[str]:
    """The options that change a recipe, as the command line takes them."""
    named = (("--with", add), ("--without", remove), ("--set", values))
    return [part for option, each in named for value in each for part in (option, value)]

"""What each signal of a look is worth by itself: how well it tells failing trainings from healthy ones.

    python benchmarks/clinic/signals.py WORK [--half tuning]

For each figure, its mean between a quarter and a half of the run, and how often that of a failing training lies beyond
that of a healthy one (the area under the ROC curve; 0.5 tells nothing), in whichever direction is the better one.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from score import Training, gathered

from steadygan.doctor.logits import separation
from steadygan.doctor.looks import PREFIX

EARLY = (0.25, 0.5)
FEWEST = 8


def early(training: Training, name: str) -> float:
    """The mean of a figure between a quarter and a half of the run; NaN where there is none."""
    end = max(row["images"] for row in training.rows)
    low, high = (share * end for share in EARLY)
    values = [row[name] for row in training.rows if name in row and low <= row["images"] <= high]
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--half", choices=["tuning", "held-out", "both"], default="tuning")
    arguments = parser.parse_args()
    trainings = [each for each in gathered(arguments.work) if arguments.half in ("both", each.half)]
    names = sorted({name for each in trainings for row in each.rows for name in row if name.startswith(PREFIX)})
    names += ["discriminator/loss", "generator/loss", "discriminator/gradient_norm", "generator/gradient_norm"]
    lines = []
    for name in names:
        sides = [[early(each, name) for each in trainings if each.failed is failed] for failed in (True, False)]
        failing, healthy = (torch.tensor([value for value in side if value == value]) for side in sides)
        if min(len(failing), len(healthy)) >= FEWEST:
            order = separation(failing, healthy)
            where = "higher" if order >= 0.5 else "lower"
            lines.append(
                (
                    max(order, 1 - order),
                    f"| `{name}` | {max(order, 1 - order):.2f} | {where} | {len(failing)} | {len(healthy)} |",
                )
            )
    print("| figure | area | failing ones are | failing | healthy |\n| --- | --- | --- | --- | --- |")
    print("\n".join(line for _, line in sorted(lines, reverse=True)))


if __name__ == "__main__":
    main()

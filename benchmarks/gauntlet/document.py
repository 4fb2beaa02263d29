"""Writes the table of the gauntlet into a page.

    python benchmarks/gauntlet/document.py WORK --write docs/gauntlet.md

WORK is the folder of `attempts.py`. Only draws that were trained under every recipe count, so that all recipes are
compared on the same settings.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binomtest
from settings import RECIPES, VECTORS, draw

sys.path.append(str(Path(__file__).parent.parent))
from tables import table, write_section

HEALTHY = 3.0
"""Times the distance of `steady` as it is, up to which a training on images is healthy."""
MODES, QUALITY = 0.8, 0.4
"""Of the modes, and of the samples of high quality, that `steady` as it is has: the same for points."""


@dataclass(frozen=True)
class Usual:
    """What `steady` as it is reaches on some data; medians over seeds."""

    distance: float | None
    modes: float | None
    quality: float | None


def usual(work: Path, data: str) -> Usual:
    """What can be reached on some data."""
    found = [json.loads(path.read_text())["figures"] for path in work.glob(f"calm-{data}-seed*/outcome.json")]
    if not found:
        raise SystemExit(f"{work} has no training of steady as it is on {data} yet")

    def middle(name: str) -> float | None:
        values = [each[name] for each in found if name in each]
        return float(np.median(values)) if values else None

    return Usual(middle("fid"), middle("modes"), middle("high_quality"))


def is_healthy(outcome: dict[str, Any], reached: Usual) -> bool:
    """Whether a training came out well enough; one that was refused, or is not finite, did not."""
    figures = outcome.get("figures", {})
    if "fid" in figures and reached.distance is not None:
        return bool(figures["fid"] <= HEALTHY * reached.distance)
    if "modes" in figures and reached.modes is not None and reached.quality is not None:
        return bool(figures["modes"] >= MODES * reached.modes and figures["high_quality"] >= QUALITY * reached.quality)
    return False


def times(outcome: dict[str, Any], reached: Usual) -> float:
    """The distance over the usual one; infinite for what has none."""
    distance = outcome.get("figures", {}).get("fid")
    return float("inf") if distance is None or reached.distance is None else distance / reached.distance


def outcomes(work: Path) -> dict[int, dict[str, dict[str, Any]]]:
    """By draw and recipe, of the draws that are complete."""
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for path in work.glob("[0-9]*-*/outcome.json"):
        number, recipe = path.parent.name.split("-", 1)
        found.setdefault(int(number), {})[recipe] = json.loads(path.read_text())
    names = [each.replace(" --", "-") for each in RECIPES]
    return {number: by_recipe for number, by_recipe in sorted(found.items()) if set(by_recipe) == set(names)}


def text(work: Path) -> str:
    """The table."""
    complete = outcomes(work)
    reached = {data: usual(work, data) for data in {draw(number).data for number in complete}}
    rows = []
    for recipe in RECIPES:
        group = [(draw(number).data, by_recipe[recipe.replace(" --", "-")]) for number, by_recipe in complete.items()]
        rows.append([f"`{recipe}`", *_cells(group, reached)])
    points = sum(draw(number).data in VECTORS for number in complete)
    head = ["recipe", "healthy", "95 %", "of images", "of points", "times the usual distance (quartiles)", "refused"]
    return (
        f"{len(complete)} draws, {len(complete) - points} of images and {points} of points, each under all recipes.\n\n"
        + table([*head, "seconds"], rows)
    )


def _cells(group: list[tuple[str, dict[str, Any]]], reached: dict[str, Usual]) -> list[str]:
    healthy = [is_healthy(outcome, reached[data]) for data, outcome in group]
    images = [ok for (data, _), ok in zip(group, healthy, strict=True) if data not in VECTORS]
    points = [ok for (data, _), ok in zip(group, healthy, strict=True) if data in VECTORS]
    interval = binomtest(sum(healthy), max(1, len(healthy))).proportion_ci(method="wilson")
    distances = [times(outcome, reached[data]) for data, outcome in group if data not in VECTORS]
    quartiles = np.quantile(distances, [0.25, 0.5, 0.75], method="nearest") if distances else []
    seconds = [outcome["seconds"] for _, outcome in group if "seconds" in outcome]
    return [
        f"{sum(healthy)}/{len(healthy)}",
        f"{interval.low:.2f} to {interval.high:.2f}",
        f"{sum(images)}/{len(images)}",
        f"{sum(points)}/{len(points)}",
        ", ".join(f"{value:.1f}" for value in quartiles),
        str(sum("refused" in outcome for _, outcome in group)),
        f"{np.median(seconds):.0f}" if seconds else "–",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    if arguments.write is None:
        print(text(arguments.work))
    else:
        write_section(arguments.write, "gauntlet", text(arguments.work))


if __name__ == "__main__":
    main()

"""Draws what each failure looks like, from trainings of the clinic, for docs/doctor.md.

    python benchmarks/clinic/pictures.py WORK docs/images [--list]

WORK is the folder of `run.py`. Each picture shows samples of a training without the fault, samples of the one that
failed, and the figure that tells, of both. Its caption, which is kept in the file, says what it is; `make docs` puts
both into the page. Of several trainings the one is taken that has the failure among the names that fit its cause, of a
cause that shows it plainly, and in which it was found first.
"""

import argparse
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import torch
from cases import VECTORS, Case, cases
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo
from plot import Line, plot
from score import Result, results

from steadygan.cards.doctor_page import CAPTION, picture_name
from steadygan.doctor import Finding
from steadygan.runs.folder import RunFolder
from steadygan.vocabulary import Failure

FIRST: dict[Failure, tuple[str, ...]] = {
    Failure.DISCRIMINATOR_WINS: ("discriminator-rate", "strong-discriminator", "saturating"),
    Failure.STALLED: ("frozen", "dead", "saturating"),
    Failure.EXPLODING_GRADIENTS: ("generator-rate", "discriminator-rate", "momentum"),
    Failure.MODE_COLLAPSE: ("generator-rate", "momentum", "weak-discriminator", "batch"),
    Failure.MODE_DROPPING: ("repeated-latents", "momentum", "no-penalty"),
    Failure.OSCILLATION: ("momentum", "generator-rate", "no-penalty", "weak-discriminator", "jolt"),
    Failure.PREPROCESSING_MISMATCH: ("other-reals",),
    Failure.SATURATED_OUTPUT: ("other-reals",),
}
"""Causes that show a failure most plainly; the others come after them."""
CAUSES = {
    "generator-rate": "the generator's rate is too high",
    "discriminator-rate": "the discriminator's rate is too high",
    "strong-discriminator": "the discriminator moves more often",
    "weak-discriminator": "the discriminator's rate is too low",
    "saturating": "the saturating loss without batch norm",
    "tiny-data": "very few images",
    "other-reals": "real images were scaled in another way",
    "repeated-latents": "a few latents come again and again",
    "kernel": "kernels that their stride does not divide",
    "frozen": "one network is frozen",
    "clipping": "weights are clipped too tightly",
    "nan": "one weight becomes NaN",
    "swapped-labels": "the discriminator's targets are swapped",
    "dead": "rectifiers are dead",
    "batch": "a batch of very few",
    "momentum": "high momentum",
    "jolt": "weights were shaken once",
    "no-penalty": "no penalty",
}
"""The causes in words."""
FIGURES = {Failure.NOT_FINITE: "discriminator/loss"}
"""The figure that tells, where it is not the first of the evidence."""
RECIPES = (Failure.CHECKERBOARD,)
"""Failures that come with some recipes, without any fault."""
SHOWN, CELL, GAP = 6, 32, 2
"""Images in a row, their side in a grid and the space between, in pixels."""
SIDE = SHOWN * (CELL + GAP) + GAP
CHART = (330, SIDE)
SPACE, HEAD = 14, 18
COLOURS = 96
"""Colours of a picture, few so that the file is small."""
DATA = {"glyphs": "letters", "mnist": "MNIST", "cifar10": "CIFAR-10", "grid25": "a grid of 25", "ring8": "a ring of 8"}


@dataclass(frozen=True)
class Shown:
    """A training, and the finding that a picture is about."""

    result: Result
    finding: Finding


def candidates(found: Iterable[Result], failure: Failure) -> list[Shown]:
    """Trainings with a fault in which this was found, the best to show first; those that came out worse come before."""
    shown = [
        Shown(result, finding)
        for result in found
        if failure.value in result.names or (failure in RECIPES and result.cause is None)
        for finding in result.findings
        if finding.kind is failure
    ]
    first = FIRST.get(failure, ())
    return sorted(
        shown,
        key=lambda each: (
            (True, None, False).index(each.result.failed),
            each.result.data in VECTORS,
            each.finding.ended_at is not None,
            first.index(each.result.cause) if each.result.cause in first else len(first),
            [*each.result.names, failure.value].index(failure.value),
            each.finding.seen_at / each.result.images,
            each.result.name,
        ),
    )


def twin_of(shown: Shown, found: Iterable[Result]) -> Result | None:
    """A healthy training on the same data without this failure, of the same recipe if there is one."""
    planned = {case.name: case for case in cases()}
    case = planned[shown.result.name]
    kind = shown.finding.kind
    healthy = [
        each
        for each in found
        if each.cause is None
        and each.data == shown.result.data
        and kind not in [finding.kind for finding in each.findings]
    ]
    wanted = "steady" if case.fault is None else case.base.name
    return min(healthy, key=lambda each: (planned[each.name].base.name != wanted, each.name), default=None)


def draw(shown: Shown, twin: Result, work: Path) -> Image.Image:
    """The picture of a failure."""
    finding, images = shown.finding, shown.result.images
    until = finding.ended_at or images
    moment = min(until, finding.seen_at + (until - finding.seen_at) // 2)
    panels = [grid_at(work / twin.name, moment), grid_at(work / shown.result.name, moment)]
    figure = FIGURES.get(finding.kind, finding.evidence[0].figure)
    names = ("without the fault", "with it")
    if shown.result.cause is None:
        planned = {case.name: case for case in cases()}
        names = tuple(f"recipe {recipe_of(planned[each.name])}" for each in (twin, shown.result))
    lines = [
        Line(series(work / twin.name, figure), names[0], (120, 120, 125)),
        Line(series(work / shown.result.name, figure), names[1], (196, 60, 40)),
    ]
    panels.append(plot(lines, CHART, (finding.since, until), images, figure.removeprefix("doctor/")))
    width = sum(panel.width for panel in panels) + SPACE * (len(panels) - 1)
    sheet, left = Image.new("RGB", (width, HEAD + SIDE), "white"), 0
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=12)
    for panel, line in zip_longest(panels, lines):
        sheet.paste(panel, (left, HEAD))
        if line is not None:
            pen.text((left, 1), line.name, fill=line.colour, font=font)
        left += panel.width + SPACE
    return sheet


def caption(shown: Shown, moment: str) -> str:
    """What a picture shows, in words."""
    case = next(case for case in cases() if case.name == shown.result.name)
    harm = "" if shown.result.failed or case.fault is None else ", which did little harm yet"
    return (
        f"{DATA[case.data]}, recipe {recipe_of(case)}: {words_of(case)}. Both samples are from {moment}; where the "
        f"tint begins on the right, the failure began{harm}"
    )


def recipe_of(case: Case) -> str:
    """The recipe without the fault."""
    return " with ".join([case.base.recipe, *([" and ".join(case.base.add)] if case.base.add else [])])


def words_of(case: Case) -> str:
    """The cause, as one reads it."""
    if case.fault is None:
        return "no fault but the recipe's own, beside a recipe that is free of it"
    return CAUSES.get(case.fault.cause, case.fault.cause.replace("-", " "))


def grid_at(folder: Path, images: float) -> Image.Image:
    """A part of the grid of samples that is nearest to a moment."""
    grids = RunFolder(folder).sample_grids()
    _, path = min(grids, key=lambda pair: abs(pair[0] - images))
    with Image.open(path) as opened:
        grid = opened.convert("RGB")
    if grid.width % (CELL + GAP) == GAP:
        return grid.crop((0, 0, SIDE, SIDE))
    return grid.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def series(folder: Path, figure: str) -> list[tuple[float, float | None]]:
    """A figure over images seen; None where it was not finite."""
    run = RunFolder(folder)
    rows: list[Mapping[str, Any]] = run.read_rows(run.metrics)
    return [(row["images"], row[figure]) for row in rows if figure in row]


def main() -> None:
    """Draw all pictures for which there is a training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--list", action="store_true", help="say which trainings there are for each failure, and stop")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    found = results(arguments.work)
    for failure in Failure:
        there = candidates(found, failure)
        print(f"{failure}: {', '.join(each.result.name for each in there[:8]) or 'none'}", flush=True)
        twin = twin_of(there[0], found) if there else None
        if arguments.list or twin is None:
            continue
        picture = draw(there[0], twin, arguments.work)
        finding, images = there[0].finding, there[0].result.images
        share = (finding.seen_at + (finding.ended_at or images)) / 2 / images
        moment = f"{share:.0%} of the training"
        info = PngInfo()
        info.add_itxt(CAPTION, caption(there[0], moment))
        path = arguments.images / picture_name(failure)
        picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, pnginfo=info, optimize=True)
        print(json.dumps({"file": path.name, "bytes": path.stat().st_size, "twin": twin.name}), flush=True)


if __name__ == "__main__":
    main()

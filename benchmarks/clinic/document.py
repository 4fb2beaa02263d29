"""Writes what the doctor makes of the clinic into docs/doctor.md.

    python benchmarks/clinic/document.py WORK --write docs/doctor.md

WORK is the folder of `run.py`. The text between `<!-- begin clinic -->` and `<!-- end clinic -->` is replaced.
"""

import argparse
from collections import Counter
from itertools import pairwise
from pathlib import Path

from outcome import WORSE
from score import OBJECTIVES, Result, confusion, gathered, judged_by, share

from steadygan.doctor import Severity

BEGIN, END = "<!-- begin clinic -->", "<!-- end clinic -->"
DATA = ("mnist", "cifar10", "glyphs", "grid25", "ring8")
HARM = (WORSE, 3.0, 6.0, float("inf"))
HEAD = (
    "| | failing ones found | before half of the run | rightly named | healthy ones warned of | called critical |",
    "| --- | --- | --- | --- | --- | --- |",
)


def row(name: str, found: list[Result]) -> str:
    """A line of the table."""
    failing = [each for each in found if each.failed is True]
    healthy = [each for each in found if each.failed is False]
    seen = [each for each in failing if each.serious]
    early = [each for each in seen if each.first is not None and each.first.seen_at <= each.images / 2]
    known = [each for each in seen if each.names]
    alarms = [each for each in healthy if each.serious]
    critical = [each for each in alarms if any(one.severity is Severity.CRITICAL for one in each.serious)]
    cells = [
        share(len(seen), len(failing)),
        share(len(early), len(failing)),
        share(sum(each.named for each in known), len(known)),
        share(len(alarms), len(healthy)),
        share(len(critical), len(healthy)),
    ]
    return f"| {name} | " + " | ".join(cells) + " |"


def text(work: Path) -> str:
    """All tables."""
    trainings = gathered(work)
    by_looks = [judged_by(each) for each in trainings]
    by_losses = [judged_by(each, losses=True) for each in trainings]
    held_out, tuning = ([each for each in by_looks if each.half == half] for half in ("held-out", "tuning"))
    states = Counter(each.failed for each in by_looks)
    lines = [
        f"{len(trainings)} trainings: {states[True]} failed, {states[False]} are healthy, {states[None]} lie between "
        "and count nowhere. Shares with their counts and exact 95 % intervals:",
        "",
        *HEAD,
        row("held out", held_out),
        row("the rounds on which rules were tuned", tuning),
        row("held out, judged by losses alone", [each for each in by_losses if each.half == "held-out"]),
        *(row(f"held out, {name}", [each for each in held_out if each.data == name]) for name in DATA),
        *(row(f"held out, `{name}`", [each for each in held_out if each.objective == name]) for name in OBJECTIVES),
        "",
        "Held-out trainings on images by how much further from the data than their healthy twins they ended:",
        "",
        "| times the distance | found |",
        "| --- | --- |",
        *_by_harm(held_out),
        "",
        "What was found first in held-out trainings, by their cause:",
        "",
        *confusion(held_out),
    ]
    return "\n".join(lines)


def _by_harm(found: list[Result]) -> list[str]:
    lines = []
    for low, high in pairwise(HARM):
        group = [each for each in found if each.failed and each.harm is not None and low < each.harm <= high]
        name = f"more than {low:g}" if high == float("inf") else f"{low:g} to {high:g}"
        lines.append(f"| {name} | {share(sum(bool(each.serious) for each in group), len(group))} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--write", type=Path, required=True)
    arguments = parser.parse_args()
    page = arguments.write.read_text("utf-8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    arguments.write.write_text(f"{before}{BEGIN}\n\n{text(arguments.work)}\n\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()

"""What the command ``diagnose`` does: it judges a training by what it has written, and shows what is found."""

import json
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from steadygan.doctor.diagnosis import Diagnosis, diagnose
from steadygan.doctor.files import parse_mapping
from steadygan.doctor.words import summary
from steadygan.errors import printable
from steadygan.screen import shown

FAILING = 1
"""Exit status where a warning or something critical lasts."""


def diagnose_on_screen(
    path: Path,
    pairs: Iterable[str],
    batch: int,
    items: int | None,
    report: Path | None,
    as_json: bool,
    console: Console,
) -> int:
    """Judge a training, and show what is found.

    Args:
        path: a run folder, or a file of measurements.
        pairs: which column is what.
        batch: images in a step, where a file counts steps.
        items: how many the data have, if it is known.
        report: where a page is written; None for none.
        as_json: whether JSON is printed.
        console: where to.

    Returns:
        The exit status: 0 if nothing lasts that is a warning or worse, else 1.
    """
    found = diagnose(path, parse_mapping(pairs), batch, items)
    text = json.dumps(found.as_json(), indent=1) if as_json else _sentences(found)
    console.print(Text(printable(text, keep="\n")), soft_wrap=True)
    if report is not None:
        _write(found, report)
        if not as_json:
            console.print(f"report: {shown(str(report))}", soft_wrap=True)
    return 0 if found.is_healthy else FAILING


def _sentences(found: Diagnosis) -> str:
    note = f"\n{found.note}." if found.note else ""
    return summary(found.findings, found.images) + note


def _write(found: Diagnosis, path: Path) -> None:
    from steadygan.report.doctor_page import Page, write_page

    write_page(Page(Path(found.source).name, found.rows, found.findings, found.images, note=found.note), path)

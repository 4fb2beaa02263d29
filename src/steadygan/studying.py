"""What the command ``study`` does: it reads what is asked for, runs the study, and says what came of it."""

import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console

from steadygan.screen import shown
from steadygan.study.edit import Edit
from steadygan.study.planning import Request
from steadygan.study.progress import StudyProgress
from steadygan.study.start import on_ray, run_study
from steadygan.study.study import Study

_BETWEEN = re.compile(r",(?![^\[]*\])")
"""A comma that is not in a list such as ``adam.betas=[0.5,0.9]``."""


def names(given: Iterable[str] | None) -> tuple[str, ...] | None:
    """Names that are separated by commas, or given one after another.

    Args:
        given: the values of an option; None or empty where it was left out.
    """
    found = tuple(part.strip() for text in given or () for part in _BETWEEN.split(text) if part.strip())
    return found or None


def study_on_screen(
    request: dict[str, Any],
    edit: Edit,
    out: Path | None,
    resume: bool,
    address: str | None,
    parallel: int | None,
    per_gpu: int,
    console: Console,
) -> Study:
    """Run a study, and show how it goes.

    Args:
        request: the fields of :class:`steadygan.study.planning.Request`.
        edit: of the recipe, before anything is compared.
        out: the folder.
        resume: whether a study that is there goes on.
        address: of a Ray cluster.
        parallel: most trials at the same time.
        per_gpu: trials that share a GPU.
        console: where to.
    """
    asked = Request(**request, edit=edit)
    progress = StudyProgress(console, asked.search)
    study = run_study(asked, out, resume, on_ray(address, parallel, per_gpu), progress)
    _say_end(study, console)
    return study


def _say_end(study: Study, console: Console) -> None:
    folder = study.folder
    path = shown(shlex.quote(str(folder.path)))
    if study.interrupted:
        console.print(f"stopped and saved; go on with: [bold]steadygan study --resume --out {path}[/]", soft_wrap=True)
    if folder.best.is_file():
        best = shown(shlex.quote(str(folder.best)))
        console.print(f"best recipe: steadygan train DATA --recipe {best}", soft_wrap=True)
    if folder.table.is_file():
        console.print(f"table: {shown(str(folder.table))}", soft_wrap=True)
    if folder.report.is_file():
        console.print(f"report: {shown(str(folder.report))}", soft_wrap=True)

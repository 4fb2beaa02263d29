"""The commands that look after the folders of runs."""

from pathlib import Path
from typing import Annotated

import typer

from steadygan.cli.app import app, show
from steadygan.cli.arguments import RunPath


@app.command()
def clean(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="RUN", help="Folders of runs whose checkpoints are to go.", show_default=False),
    ] = None,
    cache: Annotated[bool, typer.Option("--cache", help="The cache of prepared data is to go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove it; otherwise only say how much that would free.")] = False,
) -> None:
    """Free the space of checkpoints and of prepared data; generators, samples and reports stay.

    A run without checkpoints cannot be resumed.
    """
    from steadygan.cleaning import clean as cleaned

    show(cleaned(runs or (), cache, remove=yes))


@app.command()
def report(run: RunPath) -> None:
    """Write a run's report.html again."""
    from steadygan.report import write_report

    show(str(write_report(run)))

"""What the command ``evaluate`` does: it says what happens while it measures, and shows the figures."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from steadygan import api, distributed
from steadygan.distributed import is_main_process
from steadygan.evaluation import Evaluation, Watcher
from steadygan.evaluation.table import as_table, as_text
from steadygan.screen import shown

FILE_WIDTH = 100
"""Columns of the table where nobody says how many there are, as in a file."""


class ScreenWatcher(Watcher):
    """Shows the step that an evaluation takes on one line, which goes when all is done.

    Args:
        bar: what is redrawn.
    """

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None)

    def begins(self, what: str) -> None:
        """A step begins."""
        self._bar.reset(self._task, total=None, description=shown(what))

    def progress(self, done: int, total: int) -> None:
        """So much of the step is done."""
        self._bar.update(self._task, completed=done, total=total)


def evaluate_on_screen(
    path: str,
    against: str | None,
    features: str,
    weights: Path | None,
    device: str,
    samples: int,
    seed: int,
    data_settings: dict[str, Any],
    metrics: tuple[str, ...],
    out: Path | None,
    screen: Console,
) -> Evaluation:
    """Evaluate what a user named.

    Args:
        path: a run folder, a file of Keras, a folder of images, or an array file.
        against: the real data; those of the run when None.
        features: the name of an extractor.
        weights: where its weights are.
        device: where networks run.
        samples: how many.
        seed: of the samples.
        data_settings: the settings of the data that they gave, by name.
        metrics: names of further metrics.
        out: a folder for figures and pictures.
        screen: where steps are shown; figures are for standard output.
    """
    distributed.start()
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=16), TimeElapsedColumn())
    seen = screen.is_terminal and is_main_process()
    # shown only where it can be redrawn: off a terminal it would be a column of bars
    with Progress(*columns, console=screen, transient=True, disable=not seen) as bar:
        return api.evaluate(
            path,
            against,
            features=features,
            weights=weights,
            device=device,
            samples=samples,
            seed=seed,
            metrics=metrics,
            out=out,
            watcher=ScreenWatcher(bar),
            **data_settings,
        )


def show(evaluation: Evaluation, out: Path | None, console: Console) -> None:
    """Print the table, and where the pictures are."""
    if console.is_terminal:
        console.print(as_table(evaluation, console.width))
    else:
        console.print(Text(as_text(evaluation, FILE_WIDTH)), soft_wrap=True)
    if out is not None and evaluation.kind == "images":
        console.print(f"figures, and the samples nearest to training images: {shown(str(out))}", soft_wrap=True)

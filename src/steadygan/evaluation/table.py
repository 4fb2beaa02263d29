"""An evaluation as a table for people."""

import io
import math

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from steadygan.amounts import things
from steadygan.errors import printable
from steadygan.evaluation.result import Evaluation, Figure

WIDE = 140
"""Columns from which on the table has room for hints."""


def as_text(evaluation: Evaluation, width: int) -> str:
    """The table as plain text of at most so many columns."""
    console = Console(file=io.StringIO(), width=width, no_color=True, highlight=False)
    console.print(as_table(evaluation, width))
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def as_table(evaluation: Evaluation, width: int) -> RenderableType:
    """What was found, with its protocol above it and what is to be known below.

    Args:
        evaluation: what was found.
        width: columns of the screen.
    """
    item = evaluation.kind[:-1]
    count = things(evaluation.count, "sample")
    shape = "x".join(map(str, evaluation.shape))
    head = Text(
        printable(f"{count} of {evaluation.samples} against {evaluation.against}, {evaluation.kind} of {shape}")
    )
    features = things(evaluation.dimensions, "number")
    extracted = f"features: {evaluation.features}, {features} for each {item}"
    lines: list[RenderableType] = [head, Text(printable(evaluation.split), "dim")]
    lines += [Text(printable(extracted), "dim")] if evaluation.kind == "images" else []
    lines.append(Padding(_table(evaluation, width), (1, 0)))
    lines += [Text.assemble(("note: ", "yellow"), printable(note)) for note in evaluation.notes]
    return Group(*lines)


def _table(evaluation: Evaluation, width: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("measure", no_wrap=True)
    table.add_column("samples", justify="right", no_wrap=True)
    table.add_column("held-out reals", justify="right", no_wrap=True)
    table.add_column("better", no_wrap=True)
    table.add_column("measured", justify="right", no_wrap=True)
    if width >= WIDE:
        table.add_column("how to read it")
    for features in dict.fromkeys(figure.features for figure in evaluation.figures):
        figures = [figure for figure in evaluation.figures if figure.features == features]
        table.add_row(Text(f"by {printable(features)}", "cyan"))
        for figure in figures:
            row = [f"  {figure.name}", *_numbers(figure), _better(figure), _of(figure)]
            table.add_row(*row, *([figure.hint] if width >= WIDE else []))
    return table


def _better(figure: Figure) -> str:
    if figure.like_data:
        return "like reals"
    return "lower" if figure.lower_is_better else "higher"


def _of(figure: Figure) -> str:
    return f"{figure.samples:,}" + (f" : {figure.reference:,}" if figure.reference else "")


def _numbers(figure: Figure) -> tuple[str, str]:
    return _estimate(figure.value, figure.error), _estimate(figure.floor, figure.floor_error)


def _estimate(value: float | None, error: float | None) -> str:
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.4g}" if error is None else f"{value:.4g} ± {error:.1g}"

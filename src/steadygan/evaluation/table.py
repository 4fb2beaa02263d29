"""An evaluation as a table for people."""

import io
import math
from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from steadygan.amounts import things
from steadygan.errors import printable
from steadygan.evaluation.result import Evaluation, Figure

WIDE = 140
"""Columns from which on the table has room for hints."""

MOST_DECIMALS = 6
HEADER = ("measure", "samples", "held-out reals", "best")


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
    lines.append(Padding(Group(*_sections(evaluation, width)), (1, 0)))
    lines += [Text.assemble(("note: ", "yellow"), printable(note)) for note in evaluation.notes]
    return Group(*lines)


def _sections(evaluation: Evaluation, width: int) -> Iterator[RenderableType]:
    """A line for each protocol and its figures in columns, which are as wide in all sections."""
    cells = {figure: (f"  {figure.name}", *_numbers(figure), _best(figure)) for figure in evaluation.figures}
    widths = [max(map(len, column)) for column in zip(HEADER, *cells.values(), strict=True)]
    yield _columns([HEADER], widths, "bold", () if width < WIDE else ("how to read it",))
    for protocol in dict.fromkeys(map(_protocol, evaluation.figures)):
        some = [figure for figure in evaluation.figures if _protocol(figure) == protocol]
        yield Text(printable(protocol), "cyan")
        hints = () if width < WIDE else [figure.hint for figure in some]
        yield _columns([cells[figure] for figure in some], widths, "", hints)


def _columns(rows: Sequence[tuple[str, ...]], widths: Sequence[int], style: str, hints: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False, style=style)
    for place, width in enumerate(widths):
        table.add_column(width=width, no_wrap=True, justify="right" if place in (1, 2) else "left")
    for place, row in enumerate(rows):
        table.add_row(*map(printable, row), *hints[place : place + 1])
    return table


def _protocol(figure: Figure) -> str:
    """By what, and of how many items, figures were measured; those of one protocol stand side by side."""
    compared = f" with {figure.reference:,} reals" if figure.reference else ""
    return f"by {figure.features}, {things(figure.samples, 'sample')}{compared}"


def _best(figure: Figure) -> str:
    if figure.like_data:
        return "as reals"
    return "lower" if figure.lower_is_better else "higher"


def _numbers(figure: Figure) -> tuple[str, str]:
    return _estimate(figure.value, figure.error), _estimate(figure.floor, figure.floor_error)


def _estimate(value: float | None, error: float | None) -> str:
    if value is None or math.isnan(value):
        return "–"
    if error is None or not math.isfinite(error) or not math.isfinite(value):
        return f"{value:.4g}"
    # one digit beyond the first one of the error: more would say nothing
    decimals = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{decimals}f} ± {error:.1g}" if decimals <= MOST_DECIMALS else f"{value:.3g} ± {error:.1g}"

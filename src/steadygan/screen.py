"""The screen of a program that has more to do than to print."""

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from steadygan.amounts import things
from steadygan.errors import printable

if TYPE_CHECKING:  # the doctor imports PyTorch, and a program begins before that
    from steadygan.doctor.finding import Finding

COLOURS = {"watch": "cyan", "warning": "yellow", "critical": "bold red"}
"""Of a finding, by its severity."""
QUIET = "dim"
"""Style of what is said without raising the voice."""


def shown(text: str) -> str:
    """Text from a file or a name as markup for a console, which shows it without obeying what may be hidden in it."""
    return escape(printable(text))


def finding_text(finding: "Finding") -> Text:
    """What the doctor has found as two or three lines: how serious it is and since when, why, and what to try first.

    A finding that has ended is one quiet line.
    """
    if finding.ended_at is not None:
        return Text(printable(finding.farewell), style=QUIET)
    text = Text()
    text.append(f"{finding.severity}: {finding.kind}", style=COLOURS[finding.severity])
    text.append(f" since {things(finding.since, 'image')}")
    if finding.reasons:
        text.append(f"\n  {printable(finding.reasons)}")
    if finding.treatments:
        first = finding.treatments[0]
        text.append(f"\n  try: {printable(first.command or first.sentence)}")
    return text


def print_words(console: Console, text: Text) -> None:
    """Print sentences, which a terminal breaks between words, and which are one line anywhere else."""
    console.print(text, soft_wrap=not console.is_terminal)


def print_command(console: Console, text: Text) -> None:
    """Print a line that someone may copy: nothing is put into it where it is longer than the terminal is wide."""
    console.print(text, soft_wrap=True)


def print_finding(console: Console, finding: "Finding") -> None:
    """Print what the doctor has found; see :func:`finding_text`. A terminal breaks its sentences between words."""
    lines = list(finding_text(finding).split("\n"))
    if console.is_terminal:
        ends_in_command = finding.ended_at is None and any(each.command for each in finding.treatments[:1])
        whole = lines[-1:] if ends_in_command else []
        lines = [part for line in lines[: len(lines) - len(whole)] for part in _broken(console, line)] + whole
    print_command(console, Text("\n").join(lines))  # at once, so that a line that is redrawn comes only below it


def _broken(console: Console, line: Text) -> list[Text]:
    """A line as several that fit on the terminal, each as far from its edge as the first."""
    indent = "  " if line.plain.startswith("  ") else ""
    parts = line[len(indent) :].wrap(console, max(1, console.width - len(indent)))
    return [Text.assemble(indent, part) for part in parts]


def lasting_console() -> Console:
    """A console on standard output for hours of training, which go on when nobody reads it or the disk is full."""
    return Console(file=None if sys.stdout is None else cast(TextIO, LastingOutput(sys.stdout)), highlight=False)


class LastingOutput:
    """A text file that falls silent when it cannot be written to, instead of raising.

    Args:
        file: where to write; other attributes are its own.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._silent = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, text: str) -> int:
        """Write text, or nothing once the file has failed."""
        if not self._silent:
            try:
                return self._file.write(text)
            except OSError:
                self._fall_silent()
        return len(text)

    def flush(self) -> None:
        """Pass on what was written."""
        if not self._silent:
            try:
                self._file.flush()
            except OSError:
                self._fall_silent()

    def _fall_silent(self) -> None:
        self._silent = True
        with suppress(OSError, ValueError):
            # what is still in the buffer would raise again when the program ends
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._file.fileno())
            os.close(nowhere)

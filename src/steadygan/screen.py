"""The screen of a program that has more to do than to print."""

import os
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

from rich.console import Console
from rich.markup import escape

from steadygan.errors import printable


def shown(text: str) -> str:
    """Text from a file or a name as markup for a console, which shows it without obeying what may be hidden in it."""
    return escape(printable(text))


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

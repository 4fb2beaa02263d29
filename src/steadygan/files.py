"""Reads text files that anybody may have changed: their size, their encoding and their nesting are not trusted."""

import json
import os
import stat
from pathlib import Path
from typing import Any

from steadygan.errors import SteadyganError

LARGEST_RECIPE = 4_000_000
"""Bytes of a recipe, which a person writes."""
LARGEST_DESCRIPTION = 64_000_000
"""Bytes of a file that describes something, with the names of a million classes."""
LARGEST_LIST = 1_000_000_000
"""Bytes of a file that lists something: the measurements of a week, or millions of files that were skipped."""


class UnreadableFileError(SteadyganError):
    """A file that is there cannot be read, or holds something else than it should.

    Args:
        path: the file.
        reason: what is wrong with it.
        what: how the sentence goes on after the name of the file.

    Attributes:
        reason: what is wrong with it, without its name.
    """

    def __init__(self, path: Path, reason: str, what: str = "is damaged") -> None:
        super().__init__(f"'{path}' {what}: {reason}; restore it or start a new run")
        self.reason = reason


def read_text(path: Path, largest: int = LARGEST_DESCRIPTION) -> str:
    """Read a text file in UTF-8; a pipe or a device is never waited for.

    Args:
        path: the file.
        largest: the most bytes that it may have.

    Raises:
        FileNotFoundError: when there is none.
        UnreadableFileError: when it cannot be read, is no text, or is too large.
    """
    try:
        return _read(path, largest).decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableFileError(path, "it is not text in UTF-8") from None


def read_json(path: Path, largest: int = LARGEST_DESCRIPTION) -> Any:
    """Read a JSON file.

    Args:
        path: the file.
        largest: the most bytes that it may have.

    Raises:
        FileNotFoundError: when there is none.
        UnreadableFileError: when it cannot be read, is no JSON, is nested too deeply, or is too large.
    """
    text = read_text(path, largest)
    try:
        return json.loads(text)
    except ValueError:
        raise UnreadableFileError(path, "it is not JSON") from None
    except RecursionError:
        raise UnreadableFileError(path, "its JSON is nested too deeply") from None


def read_json_lines(path: Path, largest: int = LARGEST_LIST) -> list[dict[str, Any]]:
    """Read the objects of a file with one JSON object a line; a line that is none is left out.

    Args:
        path: the file.
        largest: the most bytes that it may have.

    Raises:
        FileNotFoundError: when there is none.
        UnreadableFileError: when it cannot be read or is too large.
    """
    rows = []
    for line in _read(path, largest).split(b"\n"):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue  # the last line may have been cut short by a crash
        if isinstance(row, dict):
            rows.append(row)
    return rows


def _read(path: Path, largest: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise UnreadableFileError(path, "it is not a regular file", "cannot be read")
            # read() sets aside as much memory as it is asked for
            content = file.read(min(found.st_size, largest) + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreadableFileError(path, error.strerror or str(error), "cannot be read") from None
    if len(content) > largest:
        raise UnreadableFileError(path, f"it has more than {largest:,} bytes")
    return content

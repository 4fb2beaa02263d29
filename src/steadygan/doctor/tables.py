"""Files of measurements of any trainer, as rows with the names that they have in it."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from steadygan.doctor.names import LOSSES, canonical
from steadygan.errors import SteadyganError
from steadygan.files import LARGEST_LIST, UnreadableFileError, read_text

Row = dict[str, Any]
EVENTS = "tfevents"
DELIMITERS = ",;\t"
_PAIR = re.compile(r"([A-Za-z_][\w/.()-]*)\s*[:=]\s*([-+]?(?:\d[\d.]*(?:[eE][-+]?\d+)?|nan|inf)\b)")


def read_table(path: Path) -> list[Row]:
    """Read a file of measurements: one JSON object a line, a JSON list, CSV, a log, or event files of TensorBoard.

    Args:
        path: the file, or a folder with event files.

    Returns:
        Rows by the file's own names, oldest first. An empty field of a CSV file is left out. Of a log, each line with
        ``name: number`` or ``name=number`` is a row.

    Raises:
        SteadyganError: when it cannot be read, or holds none of these.
    """
    if path.is_dir() or EVENTS in path.name:
        from steadygan.doctor.event_files import read_events

        return read_events(path)
    try:
        text = read_text(path, LARGEST_LIST)
    except FileNotFoundError:
        raise SteadyganError(
            f"There is no file or folder '{path}'; give a run folder, or a .jsonl, .csv or event file"
        ) from None
    except UnreadableFileError as error:
        raise SteadyganError(f"'{path}' cannot be read: {error.reason}; give a .jsonl, .csv or event file") from None
    rows = next((rows for read in _readers(text) if (rows := read(text))), [])
    if not rows:
        raise SteadyganError(f"'{path}' holds no rows of measurements; give a .jsonl, .csv or event file that does")
    return rows


def _readers(text: str) -> tuple[Callable[[str], list[Row]], ...]:
    """How a text may be read, the likeliest way first."""
    if text.lstrip()[:1] == "{":
        return (_json,)
    # a log may begin with a bracket too
    return (_json, _log) if text.lstrip()[:1] == "[" else (_log, _csv)


def _log(text: str) -> list[Row]:
    """The lines of what a program has printed, such as ``[0/5][10/938] Loss_D: 1.4 Loss_G: 2.1``."""
    rows = [dict(_PAIR.findall(line)) for line in text.splitlines()]
    return [row for row in rows if any(canonical(name) in LOSSES for name in row)]


def _json(text: str) -> list[Row]:
    lines = text.splitlines() if text.lstrip()[:1] == "{" else [text]
    found: list[Any] = []
    for line in lines:
        try:
            read = json.loads(line)
        except (ValueError, RecursionError):
            continue  # a log may have other lines, and the last one may have been cut short
        found += read if isinstance(read, list) else [read]
    if not found:  # one object over several lines
        try:
            found = [json.loads(text)]
        except (ValueError, RecursionError):
            return []
    return [row for row in found if isinstance(row, dict)]


def _csv(text: str) -> list[Row]:
    lines = [line for line in text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}").splitlines() if line.strip()]
    if not lines:
        return []
    delimiter = max(DELIMITERS, key=lines[0].count)
    try:
        read = list(csv.DictReader(lines, delimiter=delimiter, skipinitialspace=True, restkey="", restval=""))
    except csv.Error:
        return []
    return [{name.strip(): value for name, value in row.items() if name and value.strip()} for row in read]

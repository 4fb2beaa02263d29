"""Read a run folder that may have stopped at any moment: what is missing or damaged is left out and said."""

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steadygan.errors import SteadyganError
from steadygan.files import LARGEST_RECIPE, read_text
from steadygan.runs.folder import RunFolder
from steadygan.runs.manifest import NewerFormatError, RunManifest, read_manifest
from steadygan.runs.rescues import Rescue, read_rescues
from steadygan.settings import TrainingSettings

Table = Mapping[str, Any]


@dataclass(frozen=True)
class RunRecord:
    """What a run folder holds, apart from its pictures.

    Attributes:
        folder: where it was read from.
        manifest: settings, data and networks; None when they cannot be read.
        recipe: the recipe as it was written.
        environment: versions and machine.
        skipped: files that were not used, each with ``path`` and ``reason``.
        single_colour: paths of images that were used although all their pixels are the same.
        rows: measurements, oldest first; each has a number ``images``.
        findings: warnings, oldest first.
        rescues: decisions about critical findings, oldest first.
        conclusion: what was said at the end, with ``message`` and ``command``; empty for a run that has not ended.
        unreadable: names of files that are there but damaged.
    """

    folder: RunFolder
    manifest: RunManifest | None
    recipe: Table
    environment: Table
    skipped: tuple[Table, ...]
    single_colour: tuple[str, ...]
    rows: tuple[Table, ...]
    findings: tuple[Table, ...]
    rescues: tuple[Rescue, ...]
    conclusion: Table
    unreadable: tuple[str, ...]

    @property
    def training(self) -> TrainingSettings:
        """How long, with which seed and on what the run trains; nothing is known when the manifest cannot be read."""
        return TrainingSettings() if self.manifest is None else self.manifest.training


def read_run_record(folder: Path | str) -> RunRecord:
    """Read everything but the pictures.

    Raises:
        SteadyganError: when the folder holds no run, or a newer version of steadygan wrote it.
    """
    run_folder = RunFolder(folder).require()
    unreadable: list[str] = []

    def attempt(path: Path, read: Callable[[Path], Any]) -> Any:
        """What ``read`` gives, or None when the file is missing or damaged."""
        if not path.is_file():
            return None
        try:
            return read(path)
        except NewerFormatError:
            raise
        except (SteadyganError, ValueError, OSError, RecursionError):
            unreadable.append(path.name)
            return None

    rows = [
        row
        for row in tables(attempt(run_folder.metrics, run_folder.read_rows))
        if number(row.get("images")) is not None
    ]
    return RunRecord(
        folder=run_folder,
        manifest=attempt(run_folder.manifest, lambda _: read_manifest(run_folder)),
        recipe=table(attempt(run_folder.recipe, _read_toml)),
        environment=table(attempt(run_folder.environment, run_folder.read_json)),
        skipped=tables(attempt(run_folder.skipped, run_folder.read_json)),
        single_colour=texts(attempt(run_folder.single_colour, run_folder.read_json)),
        rows=tuple(sorted(rows, key=lambda row: number(row["images"]) or 0.0)),
        findings=tables(attempt(run_folder.findings, run_folder.read_rows)),
        rescues=tuple(attempt(run_folder.rescues, lambda _: read_rescues(run_folder)) or ()),
        conclusion=table(attempt(run_folder.conclusion, run_folder.read_json)),
        unreadable=tuple(unreadable),
    )


def _read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as tables."""
    return tomllib.loads(read_text(path, LARGEST_RECIPE))


def number(value: object) -> float | None:
    """A finite number, or None for anything else (booleans too)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        as_float = float(value)
    except OverflowError:
        return None
    return as_float if math.isfinite(as_float) else None


def text(value: object) -> str:
    """A string, or nothing for anything else."""
    return value if isinstance(value, str) else ""


def newest(rows: Sequence[Table], key: str) -> float | None:
    """The last finite value of a measurement."""
    values = (number(row.get(key)) for row in reversed(rows))
    return next((value for value in values if value is not None), None)


def table(value: object) -> Table:
    """A table, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def tables(value: object) -> tuple[Table, ...]:
    """The tables of a list; what is no table is left out."""
    return tuple(item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def texts(value: object) -> tuple[str, ...]:
    """The strings of a list; what is no string is left out."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

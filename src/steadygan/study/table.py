"""The table of a study: trials.parquet, one row for each trial that has ended."""

import math
import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from steadygan.errors import SteadyganError
from steadygan.runs.folder import write_errors_as_sentences
from steadygan.study.libraries import library
from steadygan.study.result import METRIC, Result


def write_table(path: Path, results: Sequence[Result]) -> None:
    """Write the table, so that at every moment the file is either the old one or the new one, whole.

    Args:
        path: of the file.
        results: one for each row.

    Raises:
        SteadyganError: when the file cannot be written, or the library for it is missing.
    """
    pyarrow, parquet = library("pyarrow"), library("pyarrow.parquet")
    rows = [result.row() for result in results]
    metrics = sorted({name for row in rows for name in row if name.startswith(METRIC)})
    schema = pyarrow.schema([*_columns(pyarrow), *((name, pyarrow.float64()) for name in metrics)])
    columns = {field.name: [_finite(row.get(field.name)) for row in rows] for field in schema}
    new = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    with write_errors_as_sentences(path):
        try:
            parquet.write_table(pyarrow.table(columns, schema=schema), new)
            with new.open("rb") as file:
                os.fsync(file.fileno())
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)


def read_table(path: Path) -> list[dict[str, Any]]:
    """The rows of the table.

    Args:
        path: of the file.

    Raises:
        SteadyganError: when there is none, or the library for it is missing.
    """
    parquet = library("pyarrow.parquet")
    if not path.is_file():
        raise SteadyganError(f"There is no table '{path}'; no trial of this study has ended yet")
    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return rows


def _columns(pyarrow: Any) -> list[tuple[str, Any]]:
    text, number = pyarrow.string(), pyarrow.float64()
    return [
        ("trial", text),
        ("variant", text),
        ("change", text),
        ("heuristics", pyarrow.list_(text)),
        ("seed", pyarrow.int64()),
        ("status", text),
        ("reason", text),
        ("healthy", pyarrow.bool_()),
        ("findings", pyarrow.list_(text)),
        ("images_seen", pyarrow.int64()),
        ("seconds", number),
        ("images_per_second", number),
        ("trial_seconds", number),
        ("score", number),
        ("grid", text),
        ("run", text),
    ]


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value

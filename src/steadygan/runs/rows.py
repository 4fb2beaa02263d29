"""Files of rows: they grow while a run trains, and are truncated to the checkpoint when it is resumed."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from steadygan.runs.folder import write_errors_as_sentences


class RowFile:
    """A JSONL file that grows.

    Args:
        path: the file; rows are appended to what it holds.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with write_errors_as_sentences(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab")

    def append(self, row: dict[str, Any]) -> None:
        """Write one row, so that a reader sees it at once."""
        with write_errors_as_sentences(self.path):
            self._file.write(json.dumps(row, allow_nan=False).encode("utf-8") + b"\n")
            self._file.flush()

    def flush_to_disk(self) -> int:
        """Wait until the rows are on the disk.

        Returns:
            The file's length in bytes.
        """
        with write_errors_as_sentences(self.path):
            self._file.flush()
            os.fsync(self._file.fileno())
            return self._file.tell()

    def truncate(self, length: int) -> None:
        """Remove what comes after ``length`` bytes."""
        with write_errors_as_sentences(self.path):
            self._file.truncate(min(length, self._file.tell()))
            self._file.seek(0, os.SEEK_END)

    def close(self) -> None:
        """Close the file; what a full disk refused before is given up."""
        with contextlib.suppress(OSError):
            self._file.close()

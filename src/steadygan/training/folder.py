"""A run folder: where everything that a run writes has its place, and how it is written safely."""

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from steadygan.errors import SteadyganError


class RunFolder:
    """The files of one run. Only this class knows their names.

    Args:
        path: the folder; it need not exist.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @property
    def recipe(self) -> Path:
        """The complete recipe, which ``--recipe`` accepts."""
        return self.path / "recipe.toml"

    @property
    def run(self) -> Path:
        """Settings and data of the run, JSON."""
        return self.path / "run.json"

    @property
    def environment(self) -> Path:
        """Versions and the kind of machine, JSON."""
        return self.path / "environment.json"

    @property
    def skipped(self) -> Path:
        """Files that were not used: a JSON list of objects with ``path`` and ``reason``."""
        return self.path / "skipped.json"

    @property
    def metrics(self) -> Path:
        """One JSON object a line; ``images`` is the clock."""
        return self.path / "metrics.jsonl"

    @property
    def findings(self) -> Path:
        """Warnings, one JSON object a line, with ``images``, ``finding`` and ``message``."""
        return self.path / "findings.jsonl"

    @property
    def samples(self) -> Path:
        """Grids of the same latents over time, ``<images, 12 digits>.png``, and ``real.png``."""
        return self.path / "samples"

    @property
    def checkpoints(self) -> Path:
        """States to resume from, ``<images, 12 digits>.pt``, and ``best.pt``."""
        return self.path / "checkpoints"

    @property
    def generator(self) -> Path:
        """Weights of the generator that samples are made with."""
        return self.path / "generator.safetensors"

    @property
    def generator_config(self) -> Path:
        """What is needed to rebuild that generator, JSON."""
        return self.path / "generator.json"

    @property
    def report(self) -> Path:
        """The report, one HTML file."""
        return self.path / "report.html"

    def sample_grid(self, images: int) -> Path:
        """Where the grid after so many images lies."""
        return self.samples / f"{images:012d}.png"

    def sample_grids(self) -> list[tuple[int, Path]]:
        """All grids with their images seen, oldest first; a stray copy such as ``12 (1).png`` is none."""
        grids = (path for path in self.samples.glob("*.png") if path.stem.isdecimal())
        return sorted((int(path.stem), path) for path in grids)

    def sweep(self) -> None:
        """Remove what writes left behind that a killed process never finished."""
        for part in self.path.rglob(".*.part"):
            part.unlink(missing_ok=True)

    def exists(self) -> bool:
        """Whether a run has begun here."""
        return self.run.is_file()

    def require(self) -> "RunFolder":
        """The folder itself, if it holds a run.

        Raises:
            SteadyganError: when it does not.
        """
        if self.exists():
            return self
        if not self.path.is_dir():
            raise SteadyganError(f"There is no run folder '{self.path}'; give the folder that `steadygan train` made")
        raise SteadyganError(f"'{self.path}' is not a run folder: it has no run.json; give one that training made")

    def read_json(self, path: Path) -> Any:
        """The content of one of the JSON files.

        Raises:
            SteadyganError: when it is missing or is no JSON.
        """
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise SteadyganError(f"'{self.path}' has no {path.name}, so it is not a complete run folder") from None
        except (ValueError, UnicodeDecodeError):
            raise SteadyganError(f"'{path}' is damaged: it is not JSON; restore it or start a new run") from None

    def read_rows(self, path: Path) -> list[dict[str, Any]]:
        """The whole lines of one of the JSONL files; a last line cut short by a crash is left out."""
        if not path.is_file():
            return []
        rows = []
        for line in path.read_bytes().split(b"\n"):
            try:
                rows.append(json.loads(line))
            except ValueError:
                continue
        return rows


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write a file so that at every moment it is either the old one or the new one, whole.

    Raises:
        SteadyganError: when the folder cannot be written or the disk is full; the old file is still there.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with said_clearly(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


@contextmanager
def said_clearly(path: Path) -> Iterator[None]:
    """Turn what the system says of a failed write into one sentence.

    Raises:
        SteadyganError: instead of OSError.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            what = "the disk is full; free some space and go on with --resume, what was saved before is intact"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            what = "it may not be written to; choose another folder with --out"
        else:
            what = f"{error.strerror or error}; choose another folder with --out"
        raise SteadyganError(f"Cannot write '{path}': {what}") from error

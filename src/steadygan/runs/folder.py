"""A run folder: where everything that a run writes has its place, and how it is written safely."""

import errno
import json
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from steadygan.errors import SteadyganError
from steadygan.files import LARGEST_DESCRIPTION, LARGEST_LIST, read_json, read_json_lines

GO_ON = "go on with --resume"
_TEMPORARY = re.compile(r"\.(.+)\.[a-z0-9_]+\.part")
_SNAPSHOT = "snapshot-"
_SECTIONS = ("data", "training", "networks")
"""What every ``run.json`` of a run has."""


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
    def manifest(self) -> Path:
        """Data, settings and networks of the run, JSON; see :class:`steadygan.runs.manifest.RunManifest`."""
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
    def single_colour(self) -> Path:
        """Images that were used although all their pixels are the same: a JSON list of paths."""
        return self.path / "single_colour.json"

    @property
    def metrics(self) -> Path:
        """One JSON object a line; ``images`` is the clock."""
        return self.path / "metrics.jsonl"

    @property
    def findings(self) -> Path:
        """Warnings, one JSON object a line, with ``images``, ``finding`` and ``message``."""
        return self.path / "findings.jsonl"

    @property
    def rescues(self) -> Path:
        """What was decided about critical findings, one JSON object a line; see :mod:`steadygan.runs.rescues`."""
        return self.path / "rescues.jsonl"

    @property
    def first_recipe(self) -> Path:
        """The recipe with which a run began whose recipe has changed since; only there in such runs."""
        return self.path / "recipe-before.toml"

    def abandoned(self, number: int) -> "RunFolder":
        """What a line of the run has written after the state to which a rescue went back.

        Args:
            number: of the line, from 0; its metrics, findings, samples and recipe lie there.
        """
        return RunFolder(self.path / "abandoned" / str(number))

    @property
    def samples(self) -> Path:
        """Grids of the same latents over time, ``<images, 12 digits>.png``, and ``real.png``."""
        return self.path / "samples"

    @property
    def checkpoints(self) -> Path:
        """States to resume from, ``<images, 12 digits>.pt``, and ``best.pt``, which may be the newest itself."""
        return self.path / "checkpoints"

    def snapshot(self, images: int) -> Path:
        """Where the state after so many images lies, to which a rescue can go back."""
        return self.checkpoints / f"{_SNAPSHOT}{images:012d}.pt"

    def snapshots(self) -> list[tuple[int, Path]]:
        """All states to which a rescue can go back with their images seen, oldest first."""
        return _numbered_files(self.checkpoints, ".pt", _SNAPSHOT)

    @property
    def best_checkpoint(self) -> Path:
        """The state whose samples were nearest to the data."""
        return self.checkpoints / "best.pt"

    @property
    def best(self) -> "RunFolder":
        """The folder of the generator of that state, from which samples are made like from a run."""
        return RunFolder(self.path / "best")

    @property
    def generator(self) -> Path:
        """Weights of the generator that samples are made with."""
        return self.path / "generator.safetensors"

    @property
    def generator_config(self) -> Path:
        """What is needed to rebuild that generator, JSON."""
        return self.path / "generator.json"

    @property
    def keras_generator(self) -> Path:
        """The generator of a run that Keras trained, as ``keras.saving.load_model`` reads it."""
        return self.path / "generator.keras"

    @property
    def conclusion(self) -> Path:
        """What can be said of training at its end, JSON; see :class:`steadygan.training.conclusion.Conclusion`."""
        return self.path / "conclusion.json"

    @property
    def lock(self) -> Path:
        """Who trains here now, JSON; see :func:`steadygan.runs.lock.locked`."""
        return self.path / ".lock"

    @property
    def report(self) -> Path:
        """The report, one HTML file."""
        return self.path / "report.html"

    def sample_grid(self, images: int) -> Path:
        """Where the grid after so many images lies."""
        return self.samples / f"{images:012d}.png"

    def sample_grids(self) -> list[tuple[int, Path]]:
        """All grids with their images seen, oldest first; a stray copy such as ``12 (1).png`` is none."""
        return _numbered_files(self.samples, ".png")

    def numbered_checkpoints(self) -> list[tuple[int, Path]]:
        """All checkpoints but the best, with their images seen, oldest first; a stray copy is none."""
        return _numbered_files(self.checkpoints, ".pt")

    @property
    def tensorboard(self) -> Path:
        """Event files of TensorBoard."""
        return self.path / "tensorboard"

    def remove_unfinished_files(self) -> None:
        """Remove the temporary files of writes that a killed process never finished."""
        for folder in (self.path, self.samples, self.checkpoints, self.best.path):
            for part in folder.glob(".*.part"):
                if self._is_unfinished(part):
                    part.unlink(missing_ok=True)

    def checkpoint_files(self) -> list[Path]:
        """All files of checkpoints, the best and unfinished ones among them; a person's own beside them are none."""
        found = sorted(self.checkpoints.iterdir()) if self.checkpoints.is_dir() else []
        return [path for path in found if path.is_file() and (self._is_written(path) or self._is_unfinished(path))]

    def _is_unfinished(self, path: Path) -> bool:
        """Whether a file is the temporary one of a write that training began."""
        found = _TEMPORARY.fullmatch(path.name)
        return found is not None and self._is_written(path.with_name(found[1]))

    def _is_written(self, path: Path) -> bool:
        """Whether training writes a file of this name, there or not."""
        if path.parent == self.samples:
            return path.name == "real.png" or _images_seen(path, ".png") is not None
        if path.parent == self.checkpoints:
            numbered = _images_seen(path, ".pt") is not None or _images_seen(path, ".pt", _SNAPSHOT) is not None
            return path == self.best_checkpoint or numbered
        if path.parent == self.best.path:
            return path in (self.best.generator, self.best.generator_config)
        if path.parent == self.tensorboard:
            return path.name.startswith("events.out.tfevents.")
        names = (self.recipe, self.environment, self.skipped, self.metrics, self.findings, self.conclusion, self.report)
        generators = (self.generator, self.generator_config, self.keras_generator)
        rescues = (self.rescues, self.first_recipe)
        return path in (*names, *generators, *rescues, self.single_colour, self.manifest)

    def _remove_run(self) -> None:
        """Remove the files that training wrote, and nothing else; ``run.json`` last, without which it is no run."""
        self.remove_unfinished_files()
        for line in self._abandoned_lines():
            line._remove_run()
        for folder in (self.samples, self.checkpoints, self.best.path, self.tensorboard, self.path):
            for path in sorted(folder.glob("*"), key=self.manifest.__eq__):
                if self._is_written(path):
                    path.unlink(missing_ok=True)

    def _abandoned_lines(self) -> list["RunFolder"]:
        numbers = (path.name for path in (self.path / "abandoned").glob("*") if path.name.isdigit())
        return [self.abandoned(int(number)) for number in sorted(numbers, key=int)]

    def exists(self) -> bool:
        """Whether a run has begun here."""
        return self.manifest.is_file()

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

    def require_generator(self) -> "RunFolder":
        """The folder itself, if it holds a generator; one that was copied here without its run is enough.

        Raises:
            SteadyganError: when it does not.
        """
        missing = [path.name for path in (self.generator, self.generator_config) if not path.is_file()]
        if not missing:
            return self
        if self.keras_generator.is_file():
            raise SteadyganError(
                f"'{self.path}' was trained with Keras; name its generator instead: {self.keras_generator}"
            )
        if self.exists():
            raise SteadyganError(f"'{self.path}' has no generator yet; train longer with --resume")
        if len(missing) == 1:
            raise SteadyganError(f"'{self.path}' has no {missing[0]}; copy both files of a generator there")
        if self.path.is_dir():
            raise SteadyganError(
                f"'{self.path}' holds no generator; give the folder of a run, "
                f"or one with {self.generator.name} and {self.generator_config.name}"
            )
        return self.require()

    def refuse_occupied(self, overwrite: bool) -> None:
        """Refuse a folder in which a new run would mix with something else; nothing is written.

        Args:
            overwrite: whether a run that is there may be replaced.

        Raises:
            SteadyganError: when the folder holds a run that may not be replaced, or something that is no run.
        """
        with write_errors_as_sentences(self.path):
            self._refuse_occupied(overwrite)

    def _refuse_occupied(self, overwrite: bool) -> None:
        path = self.path
        if self.exists() and not overwrite:
            raise SteadyganError(
                f"'{path}' holds a run already; go on with --resume {path}, "
                "choose another folder with --out, or replace it with --overwrite"
            )
        if self.exists() and not self._holds_our_manifest():
            raise SteadyganError(
                f"'{path}' is not replaced, because its run.json is damaged or not from steadygan; "
                "choose another folder with --out, or remove the folder yourself"
            )
        files = (each for each in path.rglob("*") if each.is_file() and each != self.lock)
        if path.is_dir() and not self.exists() and any(files):
            raise SteadyganError(f"'{path}' is not empty and holds no run; choose another folder with --out")
        if path.exists() and not path.is_dir():
            raise SteadyganError(f"'{path}' is a file, not a folder; choose another name with --out")

    def _holds_our_manifest(self) -> bool:
        content = None
        with suppress(SteadyganError):
            content = self.read_json(self.manifest)
        return isinstance(content, dict) and all(isinstance(content.get(section), dict) for section in _SECTIONS)

    def create(self, overwrite: bool) -> None:
        """Make the folder ready for a new run; of a run that is there, the files that training wrote are removed.

        Args:
            overwrite: whether a run that is there may be replaced.

        Raises:
            SteadyganError: when the folder is occupied (see :meth:`refuse_occupied`) or cannot be written.
        """
        self.refuse_occupied(overwrite)
        if self.exists():
            with write_errors_as_sentences(self.path):
                self._remove_run()
        with write_errors_as_sentences(self.path):
            for path in (self.path, self.samples, self.checkpoints):
                path.mkdir(parents=True, exist_ok=True)

    def read_json(self, path: Path) -> Any:
        """The content of one of the JSON files.

        Raises:
            SteadyganError: when it is missing, is no JSON, or is too large.
        """
        largest = LARGEST_LIST if path in (self.skipped, self.single_colour) else LARGEST_DESCRIPTION
        try:
            return read_json(path, largest)
        except FileNotFoundError:
            raise SteadyganError(f"'{self.path}' has no {path.name}, so it is not a complete run folder") from None

    def read_rows(self, path: Path) -> list[dict[str, Any]]:
        """The objects in one of the JSONL files; a last line cut short by a crash is left out.

        Raises:
            SteadyganError: when the file is there and cannot be read, or is too large.
        """
        try:
            return read_json_lines(path)
        except FileNotFoundError:
            return []


def _numbered_files(folder: Path, suffix: str, prefix: str = "") -> list[tuple[int, Path]]:
    """The files that are named by images seen, the lowest number first."""
    found = ((_images_seen(path, suffix, prefix), path) for path in folder.glob(f"*{suffix}"))
    return sorted((images, path) for images, path in found if images is not None)


def _images_seen(path: Path, suffix: str, prefix: str = "") -> int | None:
    """The number in the name of a grid or a checkpoint; None for other names, such as those of a person's files."""
    digits = path.name.removesuffix(suffix)
    if not digits.startswith(prefix):
        return None
    digits = digits.removeprefix(prefix)
    return int(digits) if re.fullmatch("[0-9]{12,18}", digits) else None


def write_atomically(path: Path, content: bytes | str, when_full: str = GO_ON) -> None:
    """Write a file so that at every moment it is either the old one or the new one, whole; its mode is up to the umask.

    Args:
        path: the file.
        content: all of it.
        when_full: what to do once there is space again, when the disk is full.

    Raises:
        SteadyganError: when the folder cannot be written or the disk is full; the old file is still there.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with write_errors_as_sentences(path, when_full):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _temporary(path)
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def link_or_write(path: Path, content: bytes, same: Path) -> None:
    """Write a file whose content another file has, as a second name of that file where the file system has such.

    At every moment it is either the old one or the new one, whole.

    Args:
        path: the file.
        content: all of it.
        same: the file that has this content already, beside it.

    Raises:
        SteadyganError: when the folder cannot be written or the disk is full; the old file is still there.
    """
    temporary = _temporary(path)
    try:
        os.link(same, temporary)
    except OSError:  # no such links there, or too many of this file
        write_atomically(path, content)
        return
    with write_errors_as_sentences(path):
        try:
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)  # replacing a name of the same file leaves both


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk, as far as the file system can tell."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")


def write_json(path: Path, content: Any) -> None:
    """Write readable JSON so that at every moment the file is either the old one or the new one, whole."""
    write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


@contextmanager
def write_errors_as_sentences(path: Path, when_full: str = GO_ON) -> Iterator[None]:
    """Turn the operating system's error about a failed write into one sentence.

    Args:
        path: what is written.
        when_full: what to do once there is space again, when the disk is full.

    Raises:
        SteadyganError: instead of OSError.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            what = f"the disk is full; free some space and {when_full}, what was saved before is intact"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            what = "it may not be written to; choose another folder with --out"
        else:
            what = f"{error.strerror or error}; choose another folder with --out"
        raise SteadyganError(f"Cannot write '{path}': {what}") from error

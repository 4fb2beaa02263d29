"""The cache of prepared data, with one folder for each combination of content and settings.

A folder is filled under a temporary name, flushed and renamed, so that it is never incomplete, even if the process is
killed or two processes work at once. Arrays are appended to ordinary files rather than written through a memory map,
because there a full disk would end the process without an error.
"""

import contextlib
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from filelock import FileLock

from steadygan.arrays import Array
from steadygan.data.data_source import Outcome
from steadygan.data.prepared import Skipped
from steadygan.data.verified import content_digest, is_verified, write_verified
from steadygan.errors import SteadyganError
from steadygan.files import LARGEST_LIST, read_json

_FORMAT = 1
BUILDING = ".building"
"""How the name of a folder ends while it is being filled."""
_COPY_ROWS = 1024


@dataclass(frozen=True)
class StoredData:
    """Prepared data as they are in the cache; the fields are those of ``Prepared``."""

    images: Array
    labels: Array | None
    class_names: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]
    fingerprint: str
    single_colour: tuple[str, ...]


def cache_folder(chosen: Path | None) -> Path:
    """Returns the folder of the cache: the chosen one, ``$STEADYGAN_CACHE``, or ``~/.cache/steadygan``."""
    if chosen is not None:
        return Path(chosen).expanduser()
    named = os.environ.get("STEADYGAN_CACHE")
    return Path(named).expanduser() if named else Path("~/.cache/steadygan").expanduser()


def cache_key(*parts: str) -> str:
    """Hashes everything on which prepared data depend into a short name for their folder in the cache."""
    digest = hashlib.blake2b(str(_FORMAT).encode(), digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogateescape")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def load(folder: Path) -> StoredData | None:
    """Opens prepared data.

    Args:
        folder: the folder in which they should be.

    Returns:
        The data, with images that are memory-mapped; None if there are none, or they are damaged or of another format.
    """
    try:
        meta = read_json(folder / "meta.json", LARGEST_LIST)
        if meta["format"] != _FORMAT or any(
            (folder / name).stat().st_size != size for name, size in meta["files"].items()
        ):
            return None
        images = np.load(folder / "images.npy", mmap_mode="r", allow_pickle=False)
        labels = np.load(folder / "labels.npy", allow_pickle=False) if meta["labelled"] else None
        class_names = tuple(meta["class_names"])
        if not is_verified(folder, meta["files"]):
            if _fingerprint(content_digest(images), images.shape, labels, class_names) != meta["fingerprint"]:
                return None
            write_verified(folder, meta["files"])
        return StoredData(
            images=images,
            labels=labels,
            class_names=class_names,
            skipped=tuple(Skipped(one["path"], one["reason"]) for one in meta["skipped"]),
            notes=tuple(meta["notes"]),
            fingerprint=meta["fingerprint"],
            single_colour=tuple(meta.get("single_colour", ())),
        )
    except (SteadyganError, OSError, ValueError, KeyError, TypeError, AttributeError, EOFError):
        # whatever is wrong with the files, preparing the data again repairs it
        return None


def load_or_build(
    root: Path, key: str, about: dict[str, Any], fill: Callable[["Writer"], Outcome]
) -> tuple[StoredData, bool]:
    """Opens prepared data, or prepares them.

    Args:
        root: the folder of the cache.
        key: the name of the data in the cache.
        about: further facts to write down for people to read.
        fill: a function that puts all items into a writer.

    Returns:
        The data, and whether they were in the cache already.

    Raises:
        SteadyganError: when the cache cannot be written.
    """
    folder = root / key
    stored = load(folder)
    if stored is not None:
        return stored, True
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
    with locked_key(root, key) as held:
        # another process may have prepared it while this one waited for the lock
        stored = load(folder)
        if stored is not None:
            return stored, True
        if held:
            remove_leftovers(root, key)
        return _build(root, key, about, fill), False


class Writer:
    """Appends items to an ``.npy`` file, hashes them, and checks whether all are grey.

    Args:
        folder: the folder to write to.
        collapse: whether to reduce colour to one channel at the end if every pixel is grey.
    """

    def __init__(self, folder: Path, collapse: bool) -> None:
        self._folder = folder
        self._collapse = collapse
        self._file: IO[bytes] | None = None
        self.count = 0
        self.shape: tuple[int, ...] = ()
        self.digest = ""

    def start(self, shape: tuple[int, ...], dtype: type[np.generic]) -> None:
        """Sets the shape and the type of one item; a second call discards all items and starts again."""
        self.close()
        self.count = 0
        self.shape, self._dtype = shape, np.dtype(dtype)
        self._hash = hashlib.blake2b(digest_size=32)
        self._grey = self._collapse and len(shape) == 3 and shape[-1] == 3
        with writing(self._folder.parent):
            self._file = (self._folder / "images.npy").open("wb")
            self._write_header(self._file)

    def append(self, block: Array) -> None:
        """Adds items, [n, *shape]."""
        if self._file is None or block.shape[1:] != self.shape:
            raise ValueError(f"a block of shape {block.shape} for items of shape {self.shape}")
        data = np.ascontiguousarray(block, dtype=self._dtype)
        self._grey = self._grey and bool((data[..., :1] == data).all())
        self._hash.update(data.data)
        with writing(self._folder.parent):
            self._file.write(data.data)
        self.count += len(data)

    def finish(self) -> None:
        """Completes the file, and waits until it is on the disk."""
        if self._file is None:
            raise ValueError("nothing was written")
        with writing(self._folder.parent):
            # the header leaves room for the number of items, which is known only now
            self._file.seek(0)
            self._write_header(self._file)
            _flush(self._file)
            self._file.close()
        self.digest = self._hash.hexdigest()
        if self._grey and self.count:
            self._keep_one_channel()

    def close(self) -> None:
        """Closes the file, whether it is complete or not."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()

    def _write_header(self, file: IO[bytes]) -> None:
        header = {"descr": self._dtype.str, "fortran_order": False, "shape": (self.count, *self.shape)}
        np.lib.format.write_array_header_1_0(file, header)

    def _keep_one_channel(self) -> None:
        colour = self._folder / "colour.npy"
        (self._folder / "images.npy").rename(colour)
        images = np.load(colour, mmap_mode="r", allow_pickle=False)
        self._collapse = False
        self.start((*self.shape[:-1], 1), np.uint8)
        for low in range(0, len(images), _COPY_ROWS):
            self.append(images[low : low + _COPY_ROWS, ..., :1])
        del images
        colour.unlink()
        self.finish()


def _build(root: Path, key: str, about: dict[str, Any], fill: Callable[[Writer], Outcome]) -> StoredData:
    building = root / f"{key}.{uuid.uuid4().hex[:8]}{BUILDING}"
    with writing(root):
        building.mkdir()
    writer = Writer(building, collapse=about["settings"]["channels"] is None)
    try:
        outcome = fill(writer)
        writer.finish()
        with writing(root):
            _complete(building, writer, outcome, about)
            _put_in_place(building, root / key)
    finally:
        writer.close()
        shutil.rmtree(building, ignore_errors=True)
    stored = load(root / key)
    if stored is None:
        raise SteadyganError(f"The prepared data in {root} cannot be read back: {_ADVICE}")
    return stored


def _complete(building: Path, writer: Writer, outcome: Outcome, about: dict[str, Any]) -> None:
    labels = outcome.labels
    if labels is not None:
        with (building / "labels.npy").open("wb") as file:
            np.save(file, labels.astype(np.int64), allow_pickle=False)
            _flush(file)
    names = ["images.npy"] if labels is None else ["images.npy", "labels.npy"]
    meta = {
        "format": _FORMAT,
        **about,
        "count": writer.count,
        "shape": writer.shape,
        "fingerprint": _fingerprint(writer.digest, (writer.count, *writer.shape), labels, outcome.class_names),
        "labelled": labels is not None,
        "class_names": outcome.class_names,
        "notes": outcome.notes,
        "files": {name: (building / name).stat().st_size for name in names},
        "skipped": [asdict(one) for one in outcome.skipped],
        "single_colour": outcome.single_colour,
    }
    with (building / "meta.json").open("w") as text:
        json.dump(meta, text, indent=1)
        _flush(text)
    write_verified(building, names)


def _fingerprint(digest: str, shape: tuple[int, ...], labels: Array | None, class_names: tuple[str, ...]) -> str:
    count, *item = shape
    hashed = "" if labels is None else hashlib.blake2b(labels.astype("<i8").tobytes()).hexdigest()
    return cache_key(digest, repr((count, tuple(item))), hashed, repr(class_names))


def _put_in_place(building: Path, folder: Path) -> None:
    if load(folder) is not None:
        # on a file system without locks, another process was faster
        return
    if folder.exists():
        # the folder is damaged, and is moved away first, because a rename cannot replace a folder that is not empty
        aside = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}{BUILDING}")
        folder.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)
    building.rename(folder)


def _flush(file: IO[Any]) -> None:
    file.flush()
    os.fsync(file.fileno())


_ADVICE = "free some space there, or set STEADYGAN_CACHE to another folder."


@contextlib.contextmanager
def writing(root: Path, what: str = "Prepared data") -> Iterator[None]:
    """Turns the error of a failed write to the cache into one sentence, which begins with what was to be written."""
    try:
        yield
    except OSError as error:
        raise SteadyganError(f"{what} cannot be written to {root} ({error.strerror or error}): {_ADVICE}") from error


@contextlib.contextmanager
def locked_key(root: Path, key: str, what: str = "Prepared data") -> Iterator[bool]:
    """Waits until no other process prepares what has this name; yields whether the file system has locks."""
    lock = file_lock(root, key)
    with writing(root, what):
        Path(lock.lock_file).touch()
    with contextlib.ExitStack() as held:
        # some network file systems have no locks: two processes may then prepare the data, and the first result stays
        with contextlib.suppress(OSError):
            held.enter_context(lock)
        yield lock.is_locked


@contextlib.contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """A new folder beside prepared data, on a disk with room for images; it goes with the block.

    If the process is killed, the next one that prepares data removes it.

    Args:
        root: the folder of the cache.
    """
    key = uuid.uuid4().hex
    folder = root / f"{key}.{key[:8]}{BUILDING}"
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
    with locked_key(root, key):
        try:
            with writing(root):
                folder.mkdir()
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    (root / f"{key}.lock").unlink(missing_ok=True)


def file_lock(root: Path, key: str) -> FileLock:
    """The lock of whoever prepares data.

    Args:
        root: the folder of the cache.
        key: the name of the data in the cache.
    """
    # the system releases the lock of a killed process, but would not release a soft lock in its place
    return FileLock(root / f"{key}.lock", fallback_to_soft=False)


def remove_leftovers(root: Path, own_key: str) -> None:
    """Removes the incomplete folders of killed processes: those whose lock no other process holds."""
    for building in root.glob(f"*{BUILDING}"):
        key = building.name.partition(".")[0]
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            if key != own_key:
                held.enter_context(file_lock(root, key).acquire(blocking=False))
            shutil.rmtree(building, ignore_errors=True)

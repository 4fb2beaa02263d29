"""Lists all files below a folder, without opening any of them and without following links in circles."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from steadygan.data.prepared import Skipped
from steadygan.errors import printable

_OF_THE_SYSTEM = frozenset({"__MACOSX", "Thumbs.db", "ehthumbs.db", "desktop.ini", "$RECYCLE.BIN"})
_KINDS = (
    (stat.S_ISFIFO, "a named pipe, not a file"),
    (stat.S_ISSOCK, "a socket, not a file"),
    (stat.S_ISCHR, "a device, not a file"),
    (stat.S_ISBLK, "a device, not a file"),
)


@dataclass(frozen=True, order=True, slots=True)
class Entry:
    """A regular file.

    Args:
        relative: its path below the folder, with ``/``.
        size: bytes.
        changed: the time of the last change, in nanoseconds.
        mode: the type and permissions, as ``stat`` returns them.
    """

    relative: str
    size: int
    changed: int
    mode: int


@dataclass
class _Walk:
    root: str
    files: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    folders: list[tuple[str, str]] = field(default_factory=list)
    seen: set[tuple[int, int]] = field(default_factory=set)

    def skip(self, relative: str, reason: str) -> None:
        self.skipped.append(Skipped(printable(relative), reason))


def walk(root: Path) -> tuple[list[Entry], list[Skipped]]:
    """Lists the regular files below a folder, and what was skipped.

    Every link is followed once, after everything in the folder itself has been listed. A link to a file or folder that
    is listed already, or to a folder that contains the link, is skipped. The folders of runs are skipped too, because a
    run that is saved inside its own data must not change them.

    Args:
        root: a folder that exists.

    Returns:
        The files and the skipped entries, each sorted by path.
    """
    state = _Walk(os.fspath(root))
    status = root.stat()
    state.seen.add((status.st_dev, status.st_ino))
    state.folders.append((state.root, ""))
    while state.folders or state.links:
        if state.folders:
            _list_folder(state, *state.folders.pop())
        else:
            # links are followed in sorted order, so that the same folder always gives the same list
            state.links.sort(reverse=True)
            _follow(state, *state.links.pop())
    return sorted(state.files), sorted(state.skipped, key=lambda skipped: skipped.path)


def is_run(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder is that of a run, whose pictures are grids of samples."""
    try:
        return all(Path(folder, name).is_file() for name in ("run.json", "recipe.toml"))
    except OSError:
        return False  # the folder cannot be looked into; listing it says why


def _list_folder(state: _Walk, folder: str, relative: str) -> None:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                _sort_in(state, entry, f"{relative}{entry.name}")
    except OSError as error:
        state.skip(relative or ".", f"a folder that cannot be read ({error.strerror})")


def _sort_in(state: _Walk, entry: "os.DirEntry[str]", relative: str) -> None:
    if entry.name.startswith("."):
        state.skip(relative, "hidden")
    elif entry.name in _OF_THE_SYSTEM:
        state.skip(relative, "made by the operating system")
    elif entry.is_symlink():
        state.links.append((relative, entry.path))
    else:
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            state.skip(relative, f"cannot be read ({error.strerror})")
            return
        _add(state, relative, entry.path, status)


def _follow(state: _Walk, relative: str, path: str) -> None:
    try:
        # this fails if the link leads nowhere, or into a circle of links
        status = Path(path).stat()
    except OSError:
        state.skip(relative, "a link that leads nowhere")
        return
    target = os.path.realpath(path)
    if stat.S_ISDIR(status.st_mode) and f"{os.path.realpath(state.root)}/".startswith(f"{target.rstrip('/')}/"):
        state.skip(relative, "a link to a folder that holds it")
    elif (status.st_dev, status.st_ino) in state.seen:
        state.skip(relative, "a link to what is already here")
    else:
        _add(state, relative, path, status)


def _add(state: _Walk, relative: str, path: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        state.seen.add((status.st_dev, status.st_ino))
        if is_run(path):
            state.skip(relative, "the folder of a run, whose pictures are no data")
            return
        state.folders.append((path, f"{relative}/"))
        return
    if not stat.S_ISREG(status.st_mode):
        state.skip(relative, next((reason for test, reason in _KINDS if test(status.st_mode)), "not a regular file"))
        return
    state.seen.add((status.st_dev, status.st_ino))
    if status.st_size == 0:
        state.skip(relative, "empty")
    else:
        state.files.append(Entry(relative, status.st_size, status.st_mtime_ns, status.st_mode))

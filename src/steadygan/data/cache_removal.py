"""What the cache of prepared data takes on the disk, and its removal: files that steadygan wrote, and no others."""

import contextlib
import re
from pathlib import Path

from filelock import Timeout

from steadygan.data.derived import DERIVED_PREFIX
from steadygan.data.store import file_lock
from steadygan.data.verified import VERIFIED

_FOLDER = re.compile(r"([0-9a-f]{32})(\.[0-9a-f]{8}\.building)?")
ENCODER = "encoder.safetensors"
"""An encoder of the features of some data, which has a folder of its own beside that of the data."""
_FILE = re.compile(
    rf"meta\.json|images\.npy|labels\.npy|colour\.npy|{re.escape(VERIFIED)}(\.\d+)?"
    rf"|{DERIVED_PREFIX}[a-z]+\.npy|{re.escape(ENCODER)}(\.[0-9a-f]{{8}})?"
)


def cached_files(root: Path) -> dict[Path, list[Path]]:
    """The files of the cache by folders: prepared data, finished or not, what was computed from them, and encoders.

    Args:
        root: the folder of the cache, which need not exist.
    """
    if not root.is_dir():
        return {}
    folders = (each for each in sorted(root.iterdir()) if _FOLDER.fullmatch(each.name) and each.is_dir())
    found = {folder: [path for path in sorted(folder.iterdir()) if _FILE.fullmatch(path.name)] for folder in folders}
    return {folder: files for folder, files in found.items() if files}


def remove_cached_files(root: Path) -> list[Path]:
    """Remove the files of the cache, but for data that another process prepares at the moment.

    A process that reads the data keeps them until it ends; whoever needs them next prepares them again.

    Args:
        root: the folder of the cache.

    Returns:
        Folders whose files were left, because a process is at work there.

    Raises:
        OSError: when a file cannot be removed.
    """
    left = []
    for folder, files in cached_files(root).items():
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(file_lock(root, folder.name.partition(".")[0]).acquire(blocking=False))
            except Timeout:
                left.append(folder)
                continue
            except OSError:
                pass  # a file system without locks: whoever prepares data there finds them gone, and starts again
            _remove(folder, files)
    return left


def _remove(folder: Path, files: list[Path]) -> None:
    for path in sorted(files, key=lambda path: path.name != "meta.json"):  # first, without which the data are none
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # something of a person lies there
        folder.rmdir()

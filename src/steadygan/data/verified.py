"""Checks that prepared data in the cache have the content that was written.

Sizes tell nothing of pages that a crash left as zeros. A digest does, and takes a second for each gigabyte. It is
therefore taken once after each start of the machine, and again whenever a file has changed.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from steadygan.arrays import Array
from steadygan.errors import SteadyganError
from steadygan.files import read_json

VERIFIED = "verified.json"
"""The file that says for which files, and since which start of the machine, the content was found right."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_BLOCK = 1 << 24


def is_verified(folder: Path, names: Iterable[str]) -> bool:
    """Returns whether the files have not changed since they were verified, and the machine has not started anew.

    Args:
        folder: the folder of the prepared data.
        names: the names of the files in it.
    """
    try:
        return bool(read_json(folder / VERIFIED) == _state(folder, names))
    except (OSError, SteadyganError):
        return False


def write_verified(folder: Path, names: Iterable[str]) -> None:
    """Notes that the files have the right content. Where that cannot be written, they are verified again next time."""
    with contextlib.suppress(OSError, ValueError):
        state = json.dumps(_state(folder, names))
        new = folder / f"{VERIFIED}.{os.getpid()}"
        new.write_text(state)
        new.replace(folder / VERIFIED)


def content_digest(array: Array) -> str:
    """Hashes the values of an array, block by block, as they were hashed when they were written."""
    digest = hashlib.blake2b(digest_size=32)
    rows = max(1, _BLOCK // max(1, array[:1].nbytes))
    for low in range(0, len(array), rows):
        digest.update(array[low : low + rows].tobytes())
    return digest.hexdigest()


def _state(folder: Path, names: Iterable[str]) -> dict[str, Any]:
    """What changes when one of the files does.

    Raises:
        OSError: when a file is missing, or the system does not tell when the machine was started.
    """
    found = {name: (folder / name).stat() for name in names}
    files = {name: [status.st_ino, status.st_size, status.st_mtime_ns] for name, status in sorted(found.items())}
    return {"started": _BOOT_ID.read_text().strip(), "files": files}

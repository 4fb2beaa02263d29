"""Arrays that are computed from prepared data, such as the features of images, kept beside them in the cache."""

import contextlib
import json
import shutil
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from steadygan.arrays import Array
from steadygan.data.store import BUILDING, locked_key, remove_leftovers, writing
from steadygan.errors import SteadyganError
from steadygan.files import read_json

DERIVED_PREFIX = "derived-"
"""How the names of their files begin."""
_META = "meta.json"


def load_or_derive(root: Path, key: str, derive: Callable[[], Mapping[str, Array]]) -> tuple[dict[str, Array], bool]:
    """Opens arrays that were computed before, or computes them.

    Args:
        root: the folder of the cache.
        key: their name in the cache, of :func:`steadygan.data.store.cache_key`; it must change whenever they do.
        derive: computes them; names of lower-case letters to arrays of numbers or text.

    Returns:
        The arrays by name, as read-only memory maps where they are large, and whether they were in the cache already.

    Raises:
        SteadyganError: when the cache cannot be written.
    """
    folder = root / key
    found = _load(folder)
    if found is not None:
        return found, True
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
    with locked_key(root, key) as held:
        # another process may have computed them while this one waited for the lock
        found = _load(folder)
        if found is not None:
            return found, True
        if held:
            remove_leftovers(root, key)
        _store(folder, derive())
    found = _load(folder)
    if found is None:
        raise SteadyganError(f"What was computed in {root} cannot be read back: free some space there, and try again")
    return found, False


def is_derived(root: Path, key: str) -> bool:
    """Whether :func:`load_or_derive` has these arrays already.

    Args:
        root: the folder of the cache.
        key: their name in the cache.
    """
    return _load(root / key) is not None


def _store(folder: Path, arrays: Mapping[str, Array]) -> None:
    building = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}{BUILDING}")
    with writing(folder.parent):
        building.mkdir()
        try:
            for name, array in arrays.items():
                np.save(building / _file(name), array, allow_pickle=False)
            sizes = {name: (building / _file(name)).stat().st_size for name in arrays}
            (building / _META).write_text(json.dumps({"derived": sizes}), "utf-8")
            shutil.rmtree(folder, ignore_errors=True)  # what is there is damaged, or of a process that was as fast
            building.rename(folder)
        finally:
            shutil.rmtree(building, ignore_errors=True)


def _load(folder: Path) -> dict[str, Array] | None:
    """The arrays; None if there are none, or their files are not what was written."""
    with contextlib.suppress(SteadyganError, OSError, ValueError, KeyError, TypeError, AttributeError, EOFError):
        sizes = read_json(folder / _META)["derived"]
        if all((folder / _file(name)).stat().st_size == size for name, size in sizes.items()):
            return {name: _open(folder / _file(name)) for name in sizes}
    return None


def _open(path: Path) -> Array:
    array: Array = np.load(path, mmap_mode="r" if path.stat().st_size > 1_000_000 else None, allow_pickle=False)
    return array


def _file(name: str) -> str:
    return f"{DERIVED_PREFIX}{name}.npy"

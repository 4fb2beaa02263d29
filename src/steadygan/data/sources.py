"""Finds the data source that a path, a name or an array stands for."""

import difflib
import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from steadygan.arrays import Array
from steadygan.data.array_files import array_file_source
from steadygan.data.array_rows import Classes, classes_of, read_rows, rows_of
from steadygan.data.data_source import DataSource, Outcome, Progress, Sink
from steadygan.data.external import external_source
from steadygan.data.folder import folder_source
from steadygan.data.glyphs import EXAMPLE_SIZE, GLYPHS, glyphs_source
from steadygan.data.hub import SHORT_NAMES, hub_source, is_saved, looks_like_hub_name, saved_source
from steadygan.data.in_memory import items_in_memory
from steadygan.data.prepared import Prepared
from steadygan.data.stacked import STACKED, stacked_source
from steadygan.data.streamed import STREAMED
from steadygan.data.toys import TOYS, toy_source
from steadygan.data.walk import is_run
from steadygan.errors import SteadyganError
from steadygan.settings import DataSettings

if TYPE_CHECKING:
    import torch

Holder = Union[
    np.ndarray[Any, Any], "torch.Tensor", "torch.utils.data.Dataset[Any]", "torch.utils.data.DataLoader[Any]"
]
"""Items that only a program has."""
DataInput = str | Path | Prepared | Holder | tuple[Holder, Any]
"""Everything that data can be named by; the second of two is labels."""

_DIGITS = "digits"
_EMBEDDED = (GLYPHS, _DIGITS, *TOYS)
_KINDS = (
    f"a folder of images, an .npz or .npy file, {', '.join(map(repr, _EMBEDDED))}, a data set of the Hugging Face hub, "
    f"or '{STACKED}' before any of these that holds images, or '{STREAMED}' before a name of the hub"
)


def find_source(named: DataInput, root: Path) -> DataSource:
    """Finds the source for some data.

    Args:
        named: a path, the name of an embedded data set or of one on the hub, ``stacked:`` followed by one of these,
            ``streamed:`` followed by the name of a data set on the hub, prepared data, or anything that
            :func:`steadygan.data.in_memory.items_in_memory` takes.
        root: the folder of the cache, for sources that are made from others.

    Returns:
        The source. Nothing of it has been read yet, except for arrays, whose content is hashed.

    Raises:
        SteadyganError: when there is nothing of that name, or it is of an unknown kind.
    """
    if isinstance(named, Prepared):
        classes = None if named.labels is None else Classes(named.labels, named.class_names)
        return _memory_source(named.images, named.source, classes)
    items = items_in_memory(named)
    if items is not None:
        labels = None if items.labels is None else classes_of(items.labels, len(items.array), "memory")
        return _memory_source(items.array, items.name, labels, items.channels_first)
    if isinstance(named, str | os.PathLike):
        return _named_source(os.fspath(named), root)
    raise SteadyganError(
        f"Data of type {type(named).__name__} cannot be prepared: give {_KINDS}, an array, a tensor, a torch "
        "Dataset or DataLoader with a length, or a pair of one of these and labels."
    )


def absolute_name(name: str) -> str:
    """The name under which data on the disk are found from any working folder.

    Args:
        name: the name of data, as the user gave it.

    Returns:
        The name with an absolute path; empty if no file or folder of this name is there.
    """
    stacked, path = name.startswith(STACKED), Path(name.removeprefix(STACKED)).expanduser()
    try:
        there = path.exists()
    except (OSError, ValueError):
        there = False
    return f"{STACKED if stacked else ''}{path.absolute()}" if name and there else ""


def _named_source(name: str, root: Path) -> DataSource:
    if not name or "\0" in name:
        raise SteadyganError(f"An empty or broken name was given for the data: name {_KINDS}.")
    path = Path(name).expanduser()
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return _unpathed_source(name, path, root)
    except OSError as error:
        raise SteadyganError(f"'{name}' cannot be read ({error.strerror}).") from error
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise SteadyganError(f"'{name}' is neither a file nor a folder: name {_KINDS}.")
    if not os.access(path, os.R_OK | (os.X_OK if stat.S_ISDIR(mode) else 0)):
        raise SteadyganError(f"'{name}' may not be read: its permissions forbid it.")
    if is_saved(path):
        return saved_source(path, name)
    if stat.S_ISDIR(mode):
        if is_run(path):
            raise SteadyganError(f"'{name}' is the folder of a run, whose pictures are grids and plots: name {_KINDS}.")
        return folder_source(path, name)
    if path.suffix.lower() in (".npz", ".npy"):
        return array_file_source(path, name)
    raise SteadyganError(f"'{name}' is a single file of another kind: name {_KINDS}.")


def _unpathed_source(name: str, path: Path, root: Path) -> DataSource:
    """Finds the source for a name that is not a path: an embedded one, one made from another, or one on the hub."""
    if name == _DIGITS:
        return DataSource(name, "scikit-learn digits", _read_digits)
    if name == GLYPHS or name.startswith(f"{GLYPHS}:"):
        return glyphs_source(name)
    if name in TOYS:
        return toy_source(name)
    if name.startswith(STACKED) or f"{name}:" == STACKED:
        return stacked_source(_named_source(_stackable(name), root), root)
    hint = _hint(name, path)
    misspelt = ":" in name and hint.startswith("did you mean")
    outside = None if name.startswith(STREAMED) or misspelt else external_source(name)
    if outside is not None:
        return outside
    if name.startswith(STREAMED):
        return hub_source(_streamable(name), hint, streamed=True)
    meant_as_path = path.suffix.lower() in (".npz", ".npy", ".parquet") or (
        len(path.parts) > 1 and path.parent.exists()
    )
    if looks_like_hub_name(name) and not meant_as_path:
        return hub_source(name, hint)
    raise SteadyganError(f"There is no file or folder '{name}'; {hint}")


def _stackable(name: str) -> str:
    """Returns the name of the source that a ``stacked:`` name stacks."""
    inner = name.removeprefix(STACKED)
    if not inner or inner == name:
        raise SteadyganError(f"'{name}' does not say what to stack: write for example '{STACKED}{_DIGITS}'.")
    if inner.startswith(STACKED):
        raise SteadyganError(f"'{name}' stacks what is stacked already: write '{STACKED}' once.")
    return inner


def _streamable(name: str) -> str:
    """Returns the name of the data set that a ``streamed:`` name streams."""
    inner = name.removeprefix(STREAMED)
    if not looks_like_hub_name(inner):
        raise SteadyganError(f"'{name}' names no data set of the Hugging Face hub: write '{STREAMED}owner/name'.")
    return inner


def _hint(name: str, path: Path) -> str:
    kind, colon, inner = name.partition(":")
    if colon and "/" not in kind:
        examples = {STACKED[:-1]: _DIGITS, STREAMED[:-1]: _DIGITS, GLYPHS: EXAMPLE_SIZE}
        meant = difflib.get_close_matches(kind.strip().lower(), examples, n=1, cutoff=0.6)
        if meant:
            return f"did you mean '{meant[0]}:{inner.strip() or examples[meant[0]]}'?"
    try:
        siblings = [one.name for one in path.parent.iterdir()]
    except OSError:
        siblings = []
    known = {one: one for one in (*_EMBEDDED, *SHORT_NAMES)} if len(path.parts) == 1 else {}
    known |= {one: str(path.with_name(one)) for one in siblings}
    known.pop(name, None)
    close = difflib.get_close_matches(path.name, known, n=1, cutoff=0.6)
    return f"did you mean '{known[close[0]]}'?" if close else f"name {_KINDS}."


def _memory_source(array: Array, name: str, classes: Classes | None = None, channels_first: bool = False) -> DataSource:
    if array.dtype.hasobject:
        raise SteadyganError(f"The array in memory holds {array.dtype}: give a plain array of numbers.")
    digest = hashlib.blake2b(digest_size=32)
    for block in rows_of(array).walk() if array.ndim and array.size else ():
        digest.update(np.ascontiguousarray(block).data)
    labels = None if classes is None else (classes.labels.tobytes(), classes.names)

    def read(settings: DataSettings, sink: Sink, workers: int, progress: Progress) -> Outcome:
        return read_rows(rows_of(array), classes, "memory", settings, sink, progress, channels_first)

    identity = (digest.hexdigest(), array.shape, array.dtype.str, channels_first, labels)
    return DataSource(name, repr(identity), read)


def _read_digits(settings: DataSettings, sink: Sink, workers: int, progress: Progress) -> Outcome:
    """Reads the 1,797 images of 8 x 8 digits that come with scikit-learn, and scales their values 0..16 to 0..255."""
    from sklearn.datasets import load_digits

    found = load_digits()
    images = np.rint(found.images * (255.0 / 16.0)).astype(np.uint8)
    classes = classes_of(found.target, len(images), _DIGITS)
    return read_rows(rows_of(images), classes, _DIGITS, settings, sink, progress)

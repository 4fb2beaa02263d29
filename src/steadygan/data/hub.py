"""Reads data sets of the Hugging Face hub, or saved ones from the disk, with the library ``datasets``."""

import re
import shutil
import socket
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import numpy as np

from steadygan.amounts import things
from steadygan.arrays import Array
from steadygan.data.data_source import DataSource, Outcome, Progress, Sink
from steadygan.data.decoder_pool import Item
from steadygan.data.encoded_images import (
    IMAGE_CONVENTION,
    DecodedImages,
    EncodedImages,
    nothing_usable,
    read_encoded,
)
from steadygan.data.labels import LABEL_CONVENTION, UNLABELLED, labels_with_notes
from steadygan.data.streamed import STREAMED, Stream, read_streamed
from steadygan.errors import SteadyganError
from steadygan.settings import DataSettings

# short names of data sets that have since been moved to their owners' accounts
SHORT_NAMES = {
    "mnist": "ylecun/mnist",
    "fashion_mnist": "zalando-datasets/fashion_mnist",
    "cifar10": "uoft-cs/cifar10",
    "cifar100": "uoft-cs/cifar100",
}
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_TYPICAL_BYTES = 100_000


def looks_like_hub_name(name: str) -> bool:
    """Says whether a name could be that of a data set on the hub: ``name`` or ``owner/name``."""
    return _NAME.fullmatch(name) is not None


def is_saved(path: Path) -> bool:
    """Says whether a path is a parquet file, or a folder written by ``save_to_disk`` of ``datasets``."""
    if path.is_dir():
        return (path / "dataset_dict.json").is_file() or (
            (path / "dataset_info.json").is_file() and (path / "state.json").is_file()
        )
    return path.suffix == ".parquet"


def hub_source(name: str, hint: str, *, streamed: bool = False) -> DataSource:
    """Makes a source of a data set on the hub.

    The data set is either downloaded as a whole, and then kept for runs with other settings, or streamed: its images
    are prepared as they arrive, and nothing else is kept. It is also streamed if downloading it would take half of the
    free space of the disk.

    Args:
        name: for example ``mnist`` or ``owner/name``; its split ``train`` is used.
        hint: the end of the error message when it cannot be loaded.
        streamed: whether to stream it in any case.

    Returns:
        The source. Its identity is the name alone, so that a second start needs no network.
    """
    full = SHORT_NAMES.get(name, name)

    def load(library: Any) -> Any:
        try:
            with _without_waiting():
                if streamed or _too_large(library, full):
                    return library.load_dataset(full, split="train", streaming=True)
                return library.load_dataset(full, split="train")
        except Exception as error:
            raise SteadyganError(
                f"'{name}' is no file or folder here, and the Hugging Face hub gave no data set of that name "
                f"({_said(error)}); {hint}"
            ) from error

    called = f"{STREAMED}{name}" if streamed else name
    identity = repr(("hub", full, LABEL_CONVENTION, IMAGE_CONVENTION))
    return _source(called, identity, load, f"'{name}' is no file or folder here; {hint} ")


def _too_large(library: Any, full: str) -> bool:
    """Says whether downloading a data set would take half of the free space, as far as the hub knows its size."""
    try:
        builder = library.load_dataset_builder(full)
        here = Path(builder.cache_dir)
        if here.exists():
            return False
        disk = next(each for each in here.absolute().parents if each.exists())
        needed = (builder.info.download_size or 0) + (builder.info.dataset_size or 0)
        return bool(needed > shutil.disk_usage(disk).free / 2)
    except Exception:
        # the error is reported when the data set is loaded
        return False


def _said(error: Exception) -> str:
    if isinstance(error, ConnectionError):
        return "it cannot be reached"
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200].rstrip('.')}"


@contextmanager
def _without_waiting() -> Iterator[None]:
    """Makes the library use only its own cache when the address of the hub cannot be resolved, instead of retrying."""
    constants: Any = import_module("huggingface_hub.constants")

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or not _known_host(constants.ENDPOINT)
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def _known_host(address: str) -> bool:
    if getproxies():
        # a proxy can resolve hosts that this machine cannot
        return True
    try:
        return bool(socket.getaddrinfo(urlsplit(address).hostname, 443))
    except OSError:
        return False


def saved_source(path: Path, name: str) -> DataSource:
    """Makes a source of a data set on this machine: a parquet file, or a folder written by ``save_to_disk``.

    Args:
        path: the file or folder.
        name: the name that the user gave.

    Returns:
        The source. Its identity consists of the path and of the names, sizes and times of its files.
    """
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    statuses = [(str(one), one.stat().st_size, one.stat().st_mtime_ns) for one in files]

    def load(library: Any) -> Any:
        try:
            if path.is_dir():
                found = library.load_from_disk(str(path))
                return found if not isinstance(found, dict) else found.get("train", next(iter(found.values())))
            return library.load_dataset("parquet", data_files=str(path), split="train")
        except Exception as error:
            raise SteadyganError(f"'{name}' cannot be read as a data set ({type(error).__name__}).") from error

    return _source(name, repr((str(path.resolve()), statuses, LABEL_CONVENTION, IMAGE_CONVENTION)), load, "")


def _source(name: str, identity: str, load: Callable[[Any], Any], before: str) -> DataSource:
    def read(settings: DataSettings, sink: Sink, workers: int, progress: Progress) -> Outcome:
        try:
            import datasets
        except ImportError as error:
            raise SteadyganError(
                f"{before}To read '{name}' as a data set, install the library datasets: pip install 'steadygan[hub]'."
            ) from error
        return _read(load(datasets), datasets, name, settings, sink, workers, progress)

    return DataSource(name, identity, read)


def _read(
    found: Any, library: Any, name: str, settings: DataSettings, sink: Sink, workers: int, progress: Progress
) -> Outcome:
    features = dict(found.features or {})
    images = [key for key, feature in features.items() if isinstance(feature, library.Image)]
    labels = [key for key, feature in features.items() if isinstance(feature, library.ClassLabel)]
    if not images:
        raise SteadyganError(f"The data set '{name}' has no column of images, only: {', '.join(features) or 'none'}.")
    columns = [images[0], *labels[:1]]
    raw = found.select_columns(columns).cast_column(images[0], library.Image(decode=False))
    if isinstance(raw, library.IterableDataset):
        decoded, cells = _read_arriving(raw, columns, name, settings, sink, workers, progress)
    else:
        decoded, cells = _read_stored(raw, columns, settings, sink, workers, progress)
    if len(decoded.kept) == 0:
        raise SteadyganError(nothing_usable(name, decoded.skipped))
    notes = decoded.notes
    if len(images) > 1:
        notes = (*notes, f"'{name}' has several columns of images; '{images[0]}' is used.")
    if not labels:
        return Outcome(None, (), decoded.skipped, notes, decoded.single_colour)
    values = np.maximum(cells, UNLABELLED)[decoded.kept]
    known, names, about_labels = labels_with_notes(values, tuple(features[labels[0]].names), f"'{name}'")
    return Outcome(known, names, decoded.skipped, (*notes, *about_labels), decoded.single_colour)


def _read_stored(
    raw: Any, columns: Sequence[str], settings: DataSettings, sink: Sink, workers: int, progress: Progress
) -> tuple[DecodedImages, Array]:
    """Reads a data set that is stored on this machine; also returns the labels of all rows, if there are any."""
    image = columns[0]

    def items(low: int, high: int) -> list[Item]:
        return [_item(cell) for cell in raw[low:high][image]]

    encoded = EncodedImages(lambda position: f"{image}[{position}]", np.full(len(raw), _TYPICAL_BYTES), items)
    decoded = read_encoded(encoded, settings, sink, workers, progress)
    cells = [_label(cell) for cell in raw[columns[1]][:]] if len(columns) > 1 else []
    return decoded, np.asarray(cells, dtype=np.int64)


def _read_arriving(
    raw: Any, columns: Sequence[str], name: str, settings: DataSettings, sink: Sink, workers: int, progress: Progress
) -> tuple[DecodedImages, Array]:
    """Reads a data set row by row as it arrives; also returns the labels of all rows, if there are any."""
    image, labels = columns[0], array("q")

    def items() -> Iterator[Item]:
        done = 0
        try:
            for row in raw:
                labels.extend(_label(row[label]) for label in columns[1:])
                yield _fetched(_item(row[image]))
                done += 1
        except Exception as error:
            raise SteadyganError(
                f"The data set '{name}' broke off after {things(done, 'row')} ({_said(error)}): start again."
            ) from error

    splits = raw.info.splits or {}
    count = splits["train"].num_examples if "train" in splits else None
    stream = Stream(items(), lambda position: f"{image}[{position}]", count)
    decoded = read_streamed(stream, settings, sink, workers, progress)
    return decoded, np.frombuffer(labels, dtype=np.int64)


def _label(cell: int | None) -> int:
    # both -1 and an empty cell mark an image without a label
    return UNLABELLED if cell is None else int(cell)


def _item(cell: Any) -> Item:
    if cell is None:
        return b""
    data, path = cell.get("bytes"), cell.get("path")
    return bytes(data) if data is not None else str(path or "")


def _fetched(item: Item) -> Item:
    """Fetches the bytes of an image that is on another machine or inside an archive."""
    if isinstance(item, bytes) or "://" not in item:
        return item
    with import_module("fsspec").open(item, "rb") as file:
        return bytes(file.read())

"""Reads ``.npy`` and ``.npz`` files in blocks, and never unpickles anything."""

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from steadygan.arrays import Array
from steadygan.data.array_rows import ArrayRows, Classes, classes_of, read_rows, refuse_labels, rows_of
from steadygan.data.data_source import DataSource, Outcome, Progress, Sink
from steadygan.data.labels import LABEL_CONVENTION
from steadygan.errors import SteadyganError
from steadygan.settings import DataSettings

IMAGE_KEYS = ("images", "train_images", "x_train", "data")
VECTOR_KEYS = ("points", "vectors")
LABEL_KEYS = ("labels", "train_labels", "y_train", "y")
_COPY_BYTES = 1_000_000


def array_file_source(path: Path, name: str) -> DataSource:
    """Makes a source of an ``.npy`` or ``.npz`` file that exists.

    Args:
        path: the file.
        name: the name that the user gave.

    Returns:
        The source. Its identity consists of the path, the size and the time of the last change.
    """
    status = path.stat()

    def read(settings: DataSettings, sink: Sink, workers: int, progress: Progress) -> Outcome:
        try:
            rows, classes = _open_npz(path, name) if _starts_with(path, b"PK") else (_open_npy(path, name), None)
            return read_rows(rows, classes, f"'{name}'", settings, sink, progress)
        except (
            OSError,
            EOFError,
            ValueError,
            zipfile.BadZipFile,
            zlib.error,
            NotImplementedError,
            RuntimeError,
        ) as error:
            # the last two are raised for compression that zipfile does not know, and for passwords
            raise SteadyganError(f"'{name}' is broken and cannot be read ({error}).") from error

    return DataSource(name, repr((str(path.resolve()), status.st_size, status.st_mtime_ns, LABEL_CONVENTION)), read)


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _open_npy(path: Path, name: str) -> ArrayRows:
    with path.open("rb") as file:
        if file.read(6) != b"\x93NUMPY":
            raise SteadyganError(f"'{name}' is not a NumPy file, whatever its name says.")
        file.seek(0)
        shape, _, dtype = _header(file, name)
    _refuse_objects(dtype, name, path.name)
    if 0 in shape:
        return rows_of(np.empty(shape, dtype))
    return rows_of(np.load(path, mmap_mode="r", allow_pickle=False))


def _open_npz(path: Path, name: str) -> tuple[ArrayRows, Classes | None]:
    with zipfile.ZipFile(path) as archive:
        members = {
            one.filename.removesuffix(".npy"): one for one in archive.infolist() if one.filename.endswith(".npy")
        }
        headers: dict[str, tuple[tuple[int, ...], bool, np.dtype[Any]]] = {}
        for key, member in members.items():
            with archive.open(member) as file:
                headers[key] = _header(file, name)
        chosen = _choose({key: header[0] for key, header in headers.items()}, name)
        shape, fortran, dtype = headers[chosen]
        _refuse_objects(dtype, name, chosen)
        if members[chosen].file_size < int(np.prod(shape, dtype=object)) * dtype.itemsize:
            raise SteadyganError(f"'{name}' is cut short: its array '{chosen}' holds less than its header says.")
        labels = next((key for key in LABEL_KEYS if key in headers and key != chosen), None)
        classes = None
        if labels is not None:
            _refuse_objects(headers[labels][2], name, labels)
            count = shape[0] if shape else 0
            refuse_labels(headers[labels][0], headers[labels][2], count, f"'{name}'")
            with archive.open(members[labels]) as file:
                classes = classes_of(_whole(file), count, f"'{name}'")
    if fortran:
        # stored column by column: rows cannot be streamed
        return rows_of(_unpacked(path, members[chosen], name)), classes
    return ArrayRows(shape, dtype, lambda rows: _stream(path, members[chosen], rows, name)), classes


def _stream(path: Path, member: zipfile.ZipInfo, rows: int, name: str) -> Iterator[Array]:
    with zipfile.ZipFile(path) as archive, archive.open(member) as file:
        shape, _, dtype = _header(file, name)
        row_bytes = dtype.itemsize * int(np.prod(shape[1:], dtype=np.int64))
        for low in range(0, shape[0], rows):
            wanted = min(rows, shape[0] - low)
            data = file.read(wanted * row_bytes)
            if len(data) != wanted * row_bytes:
                raise EOFError("it ends too early")
            yield np.frombuffer(data, dtype=dtype).reshape(wanted, *shape[1:])


def _unpacked(path: Path, member: zipfile.ZipInfo, name: str) -> Array:
    """Unpacks a whole array into a temporary file without a name, and maps it; the file disappears with the map."""
    with zipfile.ZipFile(path) as archive, archive.open(member) as packed, tempfile.TemporaryFile() as plain:
        shape, fortran, dtype = _header(packed, name)
        shutil.copyfileobj(packed, plain, _COPY_BYTES)
        return np.memmap(plain, dtype, "r", 0, shape, "F" if fortran else "C")


def _header(file: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version in readers:
        shape, fortran, dtype = readers[version](file)
        if any(length < 0 for length in shape):
            raise SteadyganError(f"'{name}' is broken: an array in it has the impossible shape {list(shape)}.")
        return shape, fortran, dtype
    raise SteadyganError(f"'{name}' holds an array with named fields: save the images as a plain array of numbers.")


def _whole(file: IO[bytes]) -> Array:
    array: Array = np.lib.format.read_array(file, allow_pickle=False)
    return array


def _refuse_objects(dtype: np.dtype[Any], name: str, key: str) -> None:
    if dtype.hasobject:
        raise SteadyganError(
            f"The array '{key}' in '{name}' holds Python objects, which could run programs and are not loaded: "
            "save it as a plain array of numbers."
        )


def _choose(shapes: dict[str, tuple[int, ...]], name: str) -> str:
    """Chooses the key of the array to train on; earlier branches take precedence."""
    for key in (*IMAGE_KEYS, *VECTOR_KEYS):
        if key in shapes:
            return key
    images = [key for key, shape in shapes.items() if len(shape) in (3, 4)]
    if len(images) == 1:
        return images[0]
    others = [key for key in shapes if key not in LABEL_KEYS]
    if len(others) == 1 and not images:
        return others[0]
    listed = ", ".join(f"{key} {list(shape)}" for key, shape in shapes.items()) or "no arrays"
    raise SteadyganError(f"'{name}' holds {listed}: call the array to train on 'images' or 'points'.")

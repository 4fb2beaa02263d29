"""Makes a source of a folder of image files."""

import hashlib
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from steadygan.arrays import Array
from steadygan.data.data_source import DataSource, Outcome, Progress, Sink
from steadygan.data.decoder_pool import Item
from steadygan.data.encoded_images import IMAGE_CONVENTION, EncodedImages, nothing_usable, read_encoded
from steadygan.data.foreign import installed_plugins
from steadygan.data.labels import LABEL_CONVENTION, UNLABELLED, labels_with_notes
from steadygan.data.walk import Entry, walk
from steadygan.errors import SteadyganError, printable
from steadygan.settings import DataSettings

_UNLABELLED = ("unlabelled", "unlabeled")


def folder_source(path: Path, name: str) -> DataSource:
    """Makes a source of a folder that exists.

    Its sub-folders are the classes, if at least two of them hold images. Images beside them, or in a sub-folder called
    ``unlabelled`` or ``unlabeled``, are unlabelled.

    Args:
        path: the folder.
        name: the name that the user gave.

    Returns:
        The source. Its identity consists of the path, of the names, sizes and times of all files below it, and of the
        plugins that read some of them.
    """
    files, skipped = walk(path)

    def items(low: int, high: int) -> list[Item]:
        return [os.path.join(path, file.relative) for file in files[low:high]]  # noqa: PTH118 (a Path per file is slow)

    def read(settings: DataSettings, sink: Sink, workers: int, progress: Progress) -> Outcome:
        sizes = np.fromiter((file.size for file in files), np.int64, len(files))
        encoded = EncodedImages(lambda position: files[position].relative, sizes, items)
        decoded = read_encoded(encoded, settings, sink, workers, progress)
        all_skipped = sorted([*skipped, *decoded.skipped], key=lambda one: one.path)
        if len(decoded.kept) == 0:
            raise SteadyganError(nothing_usable(name, all_skipped))
        labels, class_names, notes = _label([files[i].relative for i in decoded.kept], name)
        return Outcome(labels, class_names, tuple(all_skipped), decoded.notes + notes, decoded.single_colour)

    plugins = installed_plugins(file.relative for file in files)
    identity = (str(path.resolve()), _digest(files), skipped, LABEL_CONVENTION, IMAGE_CONVENTION, plugins)
    return DataSource(name, repr(identity), read)


def _digest(files: Iterable[Entry]) -> str:
    """Hashes names, sizes, times and modes, one file after the other, because there may be millions."""
    digest = hashlib.blake2b(digest_size=32)
    for file in files:
        digest.update(repr((file.relative, file.size, file.changed, file.mode)).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _label(relatives: Sequence[str], name: str) -> tuple[Array | None, tuple[str, ...], tuple[str, ...]]:
    """Derives labels, class names and notes from the first-level sub-folders."""
    classes = [_class_of(relative) for relative in relatives]
    names = sorted({one for one in classes if one is not None})
    loose = classes.count(None)
    if len(names) < 2:
        lie = "lies elsewhere" if loose == 1 else "lie elsewhere"
        note = f"No labels: '{name}' has only one class folder, and {loose:,} of {len(classes):,} images {lie}."
        return None, (), (note,) if names and loose else ()
    positions: dict[str | None, int] = {one: position for position, one in enumerate(names)} | {None: UNLABELLED}
    labels = np.asarray([positions[one] for one in classes], dtype=np.int64)
    return labels_with_notes(labels, tuple(map(printable, names)), f"'{name}'", "in no class folder")


def _class_of(relative: str) -> str | None:
    """Returns the first-level sub-folder of a file, if it is a class."""
    first, inside, _ = relative.partition("/")
    first = sys.intern(first)  # the same text is stored once, not once for each of its files
    return first if inside and first.casefold() not in _UNLABELLED else None

"""A folder of image files as a source."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from steadygan.data.encoded import Encoded, nothing_usable, read_encoded
from steadygan.data.prepared import printable
from steadygan.data.reading import Array, Outcome, Progress, Sink, Source
from steadygan.data.settings import DataSettings
from steadygan.data.walk import walk
from steadygan.errors import SteadyganError


def folder_source(path: Path, name: str) -> Source:
    """A folder that exists, as a source.

    Args:
        path: the folder.
        name: what the user named.

    Returns:
        The source; its identity is the path with names, sizes and times of all files below it.
    """
    files, skipped = walk(path)
    identity = repr((str(path.resolve()), [(f.relative, f.size, f.changed, f.mode) for f in files], skipped))

    def read(settings: DataSettings, sink: Sink, workers: int, progress: Progress) -> Outcome:
        relatives = [file.relative for file in files]
        paths = [os.path.join(path, relative) for relative in relatives]  # noqa: PTH118 (a Path per file is slow)
        encoded = Encoded(relatives, [file.size for file in files], lambda low, high: paths[low:high])
        decoded = read_encoded(encoded, settings, sink, workers, progress)
        all_skipped = sorted([*skipped, *decoded.skipped], key=lambda one: one.path)
        if len(decoded.kept) == 0:
            raise SteadyganError(nothing_usable(name, all_skipped))
        labels, class_names, notes = _label([relatives[i] for i in decoded.kept], name)
        return Outcome(labels, class_names, tuple(all_skipped), decoded.notes + notes)

    return Source(name, identity, read)


def _label(relatives: Sequence[str], name: str) -> tuple[Array | None, tuple[str, ...], tuple[str, ...]]:
    """Labels from first-level sub-folders, if every image lies in one and there are at least two."""
    classes = [relative.partition("/")[0] if "/" in relative else None for relative in relatives]
    names = sorted({one for one in classes if one is not None})
    loose = sum(1 for one in classes if one is None)
    if names and loose:
        note = f"No labels: {loose:,} of {len(classes):,} images lie directly in '{name}', not in a sub-folder."
        return None, (), (note,)
    if len(names) < 2:
        return None, (), ()
    positions = {one: position for position, one in enumerate(names)}
    labels = np.asarray([positions[one] for one in classes if one is not None], dtype=np.int64)
    return labels, tuple(printable(one) for one in names), ()

"""Earlier states of a run, to which a rescue can go back: the first, the last few, and ever fewer in between."""

import io
from pathlib import Path
from typing import Any

import torch

from steadygan.runs.checkpoint import FORMAT
from steadygan.runs.folder import RunFolder, write_atomically

NEWEST = 3
"""Snapshots that stay because they are the newest; of older ones stay the 1st, 2nd, 4th, 8th and so on."""


def save_snapshot(folder: RunFolder, state: dict[str, Any], every: int) -> None:
    """Write a state, and remove those that are no longer needed; which ones depends on images seen alone.

    Args:
        folder: of the run.
        state: as for :func:`steadygan.runs.checkpoint.save_checkpoint`.
        every: images from one snapshot to the next.
    """
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **state}, buffer)
    write_atomically(folder.snapshot(state["images_seen"]), buffer.getvalue())
    found = folder.snapshots()
    for images, path in found[:-NEWEST]:
        if not _lasts(images // every):
            path.unlink(missing_ok=True)


def _lasts(place: int) -> bool:
    return place & (place - 1) == 0  # 0 and the powers of two


def snapshots_before(folder: RunFolder, images: int) -> list[tuple[int, Path]]:
    """Snapshots of fewer images seen than this, and the first one in any case; newest first."""
    found = folder.snapshots()
    return [*reversed([pair for pair in found[1:] if pair[0] < images]), *found[:1]]


def remove_snapshots_after(folder: RunFolder, images: int) -> None:
    """Remove snapshots of more images seen, which are of a future that will be another one."""
    for seen, path in folder.snapshots():
        if seen > images:
            path.unlink(missing_ok=True)

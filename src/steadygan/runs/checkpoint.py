"""Checkpoints: each is written completely or not at all, and checked when read; the last few and the best are kept."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from steadygan.errors import SteadyganError
from steadygan.runs.folder import RunFolder, link_or_write, sync_folder, write_atomically

FORMAT = 1


def save_checkpoint(folder: RunFolder, state: dict[str, Any], keep: int, best: bool = False) -> Path:
    """Write the state, then remove the oldest beyond ``keep``.

    Where the file system has hard links, the best and the newest are one file as long as they are the same state.

    Args:
        folder: the run's folder.
        state: tensors and plain values, with ``images_seen``.
        keep: how many stay, besides the best.
        best: whether it is kept as ``best.pt`` too.

    Returns:
        Where it was written.

    Raises:
        SteadyganError: when it could not be written; those before are intact.
    """
    path = folder.checkpoints / f"{state['images_seen']:012d}.pt"
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **state}, buffer)
    if best or _are_one_file(path, folder.best_checkpoint):
        # First: if the process dies in between, the run goes on from before and comes by here again.
        write_atomically(folder.best_checkpoint, buffer.getvalue())
        link_or_write(path, buffer.getvalue(), folder.best_checkpoint)
    else:
        write_atomically(path, buffer.getvalue())
    sync_folder(folder.checkpoints)  # so that a power failure cannot take the old ones and the name of the new one
    # the one just written stays in any case: one of a later number is damaged, or the run would go on from it
    others = [old for old in checkpoints(folder) if old != path]
    for old in others[keep - 1 :]:
        old.unlink(missing_ok=True)
    return path


def _are_one_file(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False


def checkpoints(folder: RunFolder) -> list[Path]:
    """The checkpoints to resume from, newest first."""
    return [path for _, path in reversed(folder.numbered_checkpoints())]


def load_newest(folder: RunFolder, line: int = 0) -> tuple[dict[str, Any], list[str]]:
    """The newest checkpoint that is whole, or the best if none of the others is.

    Args:
        folder: the run's folder.
        line: of the run, for one that was rescued; see :mod:`steadygan.runs.rescues`. Checkpoints of other lines do not
            count.

    Returns:
        Its state, and a sentence for every newer one that was damaged.

    Raises:
        SteadyganError: when there is none.
    """
    damaged: list[str] = []
    best = [folder.best_checkpoint] if folder.best_checkpoint.is_file() else []
    for path in [*checkpoints(folder), *best]:
        try:
            state = load_checkpoint(path)
            if state.get("line", 0) == line:
                return state, damaged
        except SteadyganError as error:
            damaged.append(f"{error}; going back to an earlier one")
    if damaged:
        raise SteadyganError(f"Every checkpoint in '{folder.checkpoints}' is damaged; start a new run")
    raise SteadyganError(f"'{folder.path}' has no checkpoint to resume from; start a new run with --overwrite")


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read one checkpoint; nothing but tensors and plain values is unpickled.

    Raises:
        SteadyganError: when it is not whole.
    """
    try:
        content = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            damaged = archive.testzip()  # torch itself does not compare checksums
        state: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:
        raise SteadyganError(f"The checkpoint '{path}' is damaged ({type(error).__name__})") from None
    if damaged is not None or not isinstance(state, dict):
        raise SteadyganError(f"The checkpoint '{path}' is damaged (checksum of {damaged})")
    if state.get("format") != FORMAT:
        raise SteadyganError(f"The checkpoint '{path}' has format {state.get('format')}; this version reads {FORMAT}")
    impossible = next(_impossible_counts(state), None)
    if impossible is not None:
        raise SteadyganError(f"The checkpoint '{path}' is damaged ('{impossible}' is no possible number)")
    return state


def _impossible_counts(state: dict[str, Any]) -> Iterator[str]:
    """The names of those counts, as far as they are there, that cannot be what a run has counted."""
    files = state.get("files", {})
    counts = {**state, **files} if isinstance(files, dict) else {**state, "metrics": None}
    for name in ("images_seen", "steps", "metrics", "findings"):
        if name in counts and not (type(counts[name]) is int and counts[name] >= 0):
            yield name
    for name in ("seconds", "best"):
        if name in counts and not (type(counts[name]) in (int, float) and counts[name] >= 0):
            yield name

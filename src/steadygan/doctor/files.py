"""Measurements of any trainer as the rows that the rules read: with canonical names, over images seen."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from steadygan.doctor.clock import USUAL_BATCH, Clock
from steadygan.doctor.names import LOSSES, canonical
from steadygan.doctor.tables import Row, read_table
from steadygan.errors import SteadyganError, nearest

USUAL_EPOCH = 10_000
"""Images in an epoch of a training that does not say how many there are."""
NOT_FINITE = "not_finite"
_CLOCKS = {
    "images": ("images", "images_seen", "num_images", "n_images", "nimg", "cur_nimg"),
    "kimg": ("kimg", "progress_kimg"),
    "step": ("step", "steps", "global_step", "iteration", "iterations", "iter", "iters", "it", "train_step"),
    "epoch": ("epoch", "epochs"),
}
"""What columns that tell the time are called, the most exact first."""
_MAPPED = {"d_loss": LOSSES[0], "g_loss": LOSSES[1], **dict.fromkeys(LOSSES, ""), **{name: name for name in _CLOCKS}}


def parse_mapping(pairs: Iterable[str]) -> dict[str, str]:
    """Which column is what, as ``d_loss=errD`` says it.

    Args:
        pairs: each the package's name, an equals sign, and the name in the file.

    Returns:
        The names in the file by canonical name.

    Raises:
        SteadyganError: when a pair is incomplete, or its first name unknown.
    """
    mapping = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        name, column = name.strip(), column.strip()
        if not (name and equals and column):
            raise SteadyganError(f"--map {pair} is incomplete; write --map d_loss=NAME, with the name in the file")
        if name not in _MAPPED:
            raise SteadyganError(f"--map {pair} names '{name}', which is nothing to map; {nearest(name, _MAPPED)}")
        mapping[_MAPPED[name] or name] = column
    return mapping


def read_rows(
    path: Path | str, mapping: Mapping[str, str] | None = None, batch: int = USUAL_BATCH, items: int | None = None
) -> list[dict[str, Any]]:
    """Read what another trainer measured, one row for each moment.

    Args:
        path: a file with one JSON object a line, a CSV file, or an event file of TensorBoard or a folder with some.
        mapping: names in the file by canonical name, such as ``{"discriminator/loss": "errD"}``; what is not in it is
            found by its name.
        batch: images in a step, where the file counts steps.
        items: images in an epoch, where the file counts epochs; 10,000 when None.

    Returns:
        Rows with ``images``, ``not_finite``, losses and gradient norms by canonical names, and other numbers by their
        own; None stands for a number that is not finite.

    Raises:
        SteadyganError: when the file cannot be read, or holds neither player's loss.
    """
    table = [_numbers(row) for row in read_table(Path(path))]
    names = _names(table, mapping or {}, Path(path))
    clock, kind = _clock(table, mapping or {})
    time, rows = Clock(), []
    for place, row in enumerate(table):
        _tick(time, kind, row.get(clock, place if kind == "row" else None), batch, items or USUAL_EPOCH)
        named = {names.get(name, name): value for name, value in row.items() if name != clock}
        if any(name not in _clock_names() for name in named):
            bad = sum(value is None for value in named.values())
            rows.append({NOT_FINITE: bad, **named, "images": time.images})
    return rows


def _numbers(row: Row) -> dict[str, float | None]:
    """The numbers of a row; None where one is not finite."""
    own = NOT_FINITE in row  # a row of this package, in which null stands for what is not finite
    found: dict[str, float | None] = {}
    for name, value in row.items():
        value = value.get("mean") if isinstance(value, dict) else value  # as StyleGAN's trainers write them
        if value is None and own:
            found[name] = None
        if value is None or isinstance(value, bool | list):
            continue
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            continue
        found[name] = number if math.isfinite(number) else None
    return found


def _names(table: Sequence[Mapping[str, Any]], mapping: Mapping[str, str], path: Path) -> dict[str, str]:
    """The canonical names of columns; of several with the same meaning, the one with the most values has it."""
    counts: dict[str, int] = {}
    for row in table:
        for name in row:
            counts[name] = counts.get(name, 0) + 1
    for wanted, column in mapping.items():
        if column not in counts:
            raise SteadyganError(f"'{path}' has no column '{column}' for {wanted}; {nearest(column, counts)}")
    chosen = {canonical_name: column for canonical_name, column in mapping.items() if canonical_name not in _CLOCKS}
    taken = set(mapping.values())
    for name in sorted(counts, key=lambda name: (canonical(name) != name, -counts[name], len(name))):
        if name not in taken and canonical(name).partition("/")[0] in ("discriminator", "generator"):
            chosen.setdefault(canonical(name), name)
    if not any(loss in chosen for loss in LOSSES):
        shown = ", ".join(sorted(counts)[:12]) or "none"
        raise SteadyganError(
            f"'{path}' has no column that is the discriminator's or the generator's loss by its name; say which one "
            f"is, with --map d_loss=NAME or --map g_loss=NAME; it has: {shown}"
        )
    return {column: name for name, column in chosen.items()}


def _clock(table: Sequence[Mapping[str, Any]], mapping: Mapping[str, str]) -> tuple[str, str]:
    """The column that tells the time, and what it counts."""
    for kind in _CLOCKS:
        if kind in mapping:
            return mapping[kind], kind
    columns = dict.fromkeys(name for row in table for name in row)
    for kind, called in _CLOCKS.items():
        for name in columns:
            if re.sub(r"[^a-z]+", "_", name.lower()).strip("_") in called:
                return name, kind
    return "", "row"


def _clock_names() -> set[str]:
    return {NOT_FINITE, *(name for called in _CLOCKS.values() for name in called)}


def _tick(time: Clock, kind: str, value: float | None, batch: int, items: int) -> None:
    """Go on to the time that a row tells; a row that tells none is of the same time as the one before."""
    if value is None:
        return
    if kind in ("images", "kimg"):
        images = round(value * (1000 if kind == "kimg" else 1))
        time.tick(images, images=images)
    else:
        time.tick(round(value), items if kind == "epoch" else batch)

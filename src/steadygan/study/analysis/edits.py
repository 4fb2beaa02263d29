"""Edits by the names of variants, such as ``with r1 without batch-norm`` or ``with r1.gamma=5``."""

import re
from collections.abc import Iterable, Sequence

OUT = "without"
IN = "with"
_EDITS = re.compile(rf"(?:^| )({OUT}|{IN}) (\S.*?)(?= (?:{OUT}|{IN}) \S|$)")

Edit = tuple[str, str]
"""The direction of an edit, ``with`` or ``without``, and what is put in, set or taken out."""


def edits_of(variant: str, change: str, heuristics: Sequence[str]) -> frozenset[Edit]:
    """The edits of a variant.

    Args:
        variant: its name, which says them; two values of one number are so told apart.
        change: what kind of change it is.
        heuristics: names of what was edited, for variants whose names do not say it.
    """
    if change == "baseline":
        return frozenset()
    said = _EDITS.findall(variant)
    return frozenset(said or ((OUT if change == OUT else IN, name) for name in heuristics))


def cell_name(edits: Iterable[Edit]) -> str:
    """One name for a set of edits, whatever their order; empty for none."""
    return " ".join(f"{direction} {name}" for direction, name in sorted(edits))

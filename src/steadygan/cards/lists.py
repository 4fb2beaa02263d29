"""The lists of recipes and heuristics, for a terminal and for its completion, without PyTorch.

PyTorch takes seconds to import, and the heuristics need it. So that a list is there at once, what it says of those that
come with the package lies in ``heuristics.json``, which ``make docs`` writes from the cards.
"""

import json
import textwrap
import tomllib
from collections.abc import Iterable
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from steadygan.plugins import HEURISTICS, entry_point_names
from steadygan.recipe_files import recipe_names, recipe_text
from steadygan.vocabulary import Slot

if TYPE_CHECKING:
    from steadygan.heuristics.base import Heuristic

HEURISTICS_FILE = "heuristics.json"
"""What is listed of the heuristics that come with the package; it lies beside this module."""


class ListedHeuristic(NamedTuple):
    """What a list says of a heuristic.

    Attributes:
        name: as the command line knows it.
        slot: that it fills, or beside which it stands.
        modifies: whether it stands beside what fills the slot.
        summary: of its card.
    """

    name: str
    slot: Slot
    modifies: bool
    summary: str


def listed(kind: "type[Heuristic]") -> ListedHeuristic:
    """What a list says of a heuristic's class."""
    return ListedHeuristic(kind.name, kind.slot, kind.modifies, kind.card.summary)


def heuristics_json(kinds: "Iterable[type[Heuristic]]") -> str:
    """The content of :data:`HEURISTICS_FILE` for these heuristics."""
    return json.dumps([listed(kind)._asdict() for kind in kinds], indent=1, ensure_ascii=False) + "\n"


def listed_heuristics() -> tuple[ListedHeuristic, ...]:
    """All heuristics that can be named; only where installed packages declare some of their own is PyTorch imported.

    Raises:
        SteadyganError: when what an installed package declares is no heuristic.
    """
    if entry_point_names(HEURISTICS):
        from steadygan.heuristics.catalogue import catalogue

        return tuple(listed(kind) for kind in catalogue())
    rows = json.loads((resources.files("steadygan") / "cards" / HEURISTICS_FILE).read_text("utf-8"))
    return tuple(ListedHeuristic(**{**row, "slot": Slot(row["slot"])}) for row in rows)


def listed_recipes() -> dict[str, str]:
    """The summaries of the recipes that come with the package, by name."""
    return {name: tomllib.loads(recipe_text(name))["summary"] for name in recipe_names()}


def recipe_list(width: int | None = None) -> str:
    """Every recipe, a line each.

    Args:
        width: columns to wrap at; None leaves lines whole.
    """
    summaries = listed_recipes()
    column = max(14, 2 + max(len(name) for name in summaries))
    return "\n".join(line for name, summary in summaries.items() for line in _entry(name, summary, column, width))


def heuristic_list(width: int | None = None, shown: Iterable[ListedHeuristic] | None = None) -> str:
    """Every heuristic by slot, a line each; what stands beside the one of a slot comes after those that fill it.

    Args:
        width: columns to wrap at; None leaves lines whole.
        shown: which heuristics; all that can be named when None.
    """
    rows = tuple(listed_heuristics() if shown is None else shown)
    column = max(30, 6 + max(len(row.name) for row in rows))
    return "\n\n".join("\n".join(_slot_lines(slot, rows, column, width)) for slot in Slot)


def _slot_lines(slot: Slot, rows: tuple[ListedHeuristic, ...], column: int, width: int | None) -> list[str]:
    fill = [row for row in rows if row.slot is slot and not row.modifies]
    modify = [row for row in rows if row.slot is slot and row.modifies]
    question = f"{slot.question} (one of)" if slot.holds_one else slot.question
    lines = _entry(f"{slot.value}: ", question, 0, width)
    lines += [line for row in fill for line in _entry(f"  {row.name}", row.summary, column, width)]
    lines += ["  beside it:"] if modify else []
    lines += [line for row in modify for line in _entry(f"    {row.name}", row.summary, column, width)]
    return lines


def _entry(name: str, text: str, column: int, width: int | None) -> list[str]:
    """A name and, from a column on, what it is."""
    if width is None or width < column + 20:
        return [f"{name:<{column}}{text}"]
    # one column short of the edge, where some terminals wrap
    indent = " " * column
    return textwrap.wrap(
        text, width - 1, initial_indent=f"{name:<{column}}", subsequent_indent=indent, break_on_hyphens=False
    )

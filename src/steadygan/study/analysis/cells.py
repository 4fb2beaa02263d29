"""Trials as cells, one for each set of edits, and the comparisons that a heuristic takes part in."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from steadygan.study.analysis.edits import OUT, Edit, cell_name
from steadygan.study.analysis.table import SEARCH

if TYPE_CHECKING:
    import pandas as pd

BASELINE = cell_name(())


class Comparison(NamedTuple):
    """Two cells that differ by nothing but one heuristic.

    Attributes:
        present: the cell with it.
        absent: the cell without it.
    """

    present: str
    absent: str


class Square(NamedTuple):
    """Four cells that differ by nothing but two edits."""

    both: str
    first: str
    second: str
    neither: str


class Cells:
    """The trials of a study by what was edited; those of a search have no place here.

    Args:
        table: as :func:`steadygan.study.analysis.table.prepared` gives it.

    Attributes:
        edits: every single edit, in the order of the table.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table[table["change"] != SEARCH]
        self._sets: dict[str, frozenset[Edit]] = dict(zip(self.table["cell"], self.table["edits"], strict=True))
        self.edits: list[Edit] = list(dict.fromkeys(edit for edits in self._sets.values() for edit in sorted(edits)))
        of_factorials = self.table.loc[self.table["change"] == "factorial", "edits"]
        self._factors = frozenset(edit for edits in of_factorials for edit in edits)

    def by_seed(self, column: str) -> pd.DataFrame:
        """One column of the table: a row for each seed, a column for each cell, NaN where there is no trial."""
        unique = self.table.drop_duplicates(["seed", "cell"], keep="last")
        return unique.pivot(index="seed", columns="cell", values=column)

    def comparisons(self, edit: Edit) -> list[Comparison]:
        """Every two cells by which the effect of an edit is told.

        Of a full factorial these are all its combinations. Otherwise they are the baseline and the edit alone: what the
        edit does beside another is said by their interaction.
        """
        rests = [edits - {edit} for edits in self._sets.values() if edit in edits]
        rests = [rest for rest in rests if cell_name(rest) in self._sets and (not rest or self._inside(rest | {edit}))]
        pairs = [(cell_name(rest | {edit}), cell_name(rest)) for rest in rests]
        return [Comparison(*(reversed(pair) if edit[0] == OUT else pair)) for pair in pairs]

    def squares(self, first: Edit, second: Edit) -> list[Square]:
        """Every four cells that differ by two edits."""
        found = []
        for edits in self._sets.values():
            if first in edits and second in edits:
                rest = edits - {first, second}
                square = Square(*(cell_name(each) for each in (edits, rest | {first}, rest | {second}, rest)))
                if all(cell in self._sets for cell in square):
                    found.append(square)
        return found

    def pairs(self) -> list[tuple[Edit, Edit]]:
        """Every two edits whose interaction the design shows."""
        return [(first, second) for first, second in combinations(self.edits, 2) if self.squares(first, second)]

    def _inside(self, edits: frozenset[Edit]) -> bool:
        """Whether the full factorial holds these edits."""
        return edits <= self._factors

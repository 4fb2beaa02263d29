"""Which variants of a recipe a study compares: each is an edit and the kind of change that it is."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Literal, NamedTuple

from steadygan.errors import SteadyganError
from steadygan.heuristics.catalogue import catalogue
from steadygan.recipe import Recipe
from steadygan.study.edit import Edit, put_in, taken_out, together, toggled

ALL = "all"
"""Stands for every heuristic that a design could name."""
MOST_FACTORS = 6
"""Most heuristics of a full factorial, which has two to their power variants."""

Change = Literal["baseline", "without", "with", "pair", "factorial", "search"]
"""What a variant is: the recipe itself, one edit of it, two, several, or what a search came upon."""


class Variant(NamedTuple):
    """A recipe with an edit.

    Attributes:
        edit: of the study's recipe.
        change: what kind of change that is.
    """

    edit: Edit
    change: Change

    @property
    def name(self) -> str:
        """What the variant is called."""
        return self.edit.name


def take_out_names(names: Sequence[str], recipe: Recipe) -> tuple[str, ...]:
    """The heuristics to take out one by one, with ``all`` written out."""
    everything = [each.name for each in recipe.heuristics]
    return _spelled_out(names, everything)


def try_names(names: Sequence[str], recipe: Recipe) -> tuple[str, ...]:
    """The heuristics to put in one by one, with ``all`` written out: those of the catalogue that the recipe lacks."""
    everything = [kind.name for kind in catalogue() if not recipe.has(kind.name)]
    return _spelled_out(names, everything)


def variants(
    recipe: Recipe,
    take_out: Sequence[str] = (),
    try_in: Sequence[str] = (),
    pairs: Sequence[str] = (),
    factorial: Sequence[str] = (),
) -> tuple[Variant, ...]:
    """The variants of a study, each once, the baseline first.

    Args:
        recipe: that is changed.
        take_out: heuristics that are taken out one by one.
        try_in: heuristics that are put in one by one, or ``KEY=VALUE``.
        pairs: what is changed one by one and two by two: taken out where the recipe has it, else put in.
        factorial: what is changed in all combinations, likewise.

    Raises:
        SteadyganError: when a name is wrong, or there are too many for a full factorial.
    """
    if len(factorial) > MOST_FACTORS:
        raise SteadyganError(
            f"A full factorial of {len(factorial)} has {2 ** len(factorial):,} variants; name at most {MOST_FACTORS}, "
            "or take --pairs"
        )
    found = [Variant(Edit(), "baseline")]
    found += [Variant(taken_out(name, recipe), "without") for name in take_out]
    found += [Variant(put_in(name, recipe), "with") for name in try_in]
    found += _combined(recipe, pairs, range(1, 3))
    found += _combined(recipe, factorial, range(1, len(factorial) + 1))
    unique: dict[str, Variant] = {}
    for variant in found:
        unique.setdefault(variant.name, variant)
    return tuple(unique.values())


def _combined(recipe: Recipe, names: Sequence[str], sizes: Iterable[int]) -> Iterator[Variant]:
    edits = [toggled(name, recipe) for name in names]
    for size in sizes:
        for some in combinations(edits, size):
            yield Variant(together(some), _change(some))


def _change(edits: Sequence[Edit]) -> Change:
    if len(edits) == 1:
        return "without" if edits[0].remove else "with"
    return "pair" if len(edits) == 2 else "factorial"


def _spelled_out(names: Sequence[str], everything: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for name in names for each in (everything if name == ALL else [name])))

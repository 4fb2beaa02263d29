"""An edit of a recipe: what is put in, taken out and set, and what that is called."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict

from steadygan.errors import SteadyganError
from steadygan.heuristics.catalogue import heuristic_class
from steadygan.options import assignment
from steadygan.recipe import Recipe

BASELINE = "baseline"
"""What a recipe without an edit is called."""


class Edit(BaseModel):
    """A change of a recipe.

    Attributes:
        add: names of heuristics that are put in.
        remove: names of heuristics that are taken out.
        values: what is set, by key, as for :meth:`steadygan.recipe.Recipe.set`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    values: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """The edit in words, such as ``with r1 without batch-norm``; ``baseline`` for none."""
        owners = {key.partition(".")[0] for key in self.values}
        put_in = [name for name in self.add if name not in owners]
        parts = [f"with {name}" for name in (*put_in, *(f"{key}={value}" for key, value in self.values.items()))]
        return " ".join([*parts, *(f"without {name}" for name in self.remove)]) or BASELINE

    @property
    def heuristics(self) -> tuple[str, ...]:
        """The names of what is edited, each once: heuristics, or settings of the recipe such as ``batch``."""
        return tuple(dict.fromkeys((*self.add, *(key.partition(".")[0] for key in self.values), *self.remove)))

    def apply(self, recipe: Recipe) -> Recipe:
        """The recipe with this edit.

        Raises:
            SteadyganError: when the pieces do not go together, with the reason.
        """
        changed = recipe.change(self.add, self.remove, self.values)
        for name in self.add:
            if not changed.has(heuristic_class(name).name):
                raise SteadyganError(f"'{name}' shares a slot that holds one with another that is put in; keep one")
        return changed

    def __add__(self, other: "Edit") -> "Edit":
        """Both edits together."""
        return Edit(
            add=tuple(dict.fromkeys((*self.add, *other.add))),
            remove=tuple(dict.fromkeys((*self.remove, *other.remove))),
            values=self.values | other.values,
        )


def taken_out(name: str, recipe: Recipe) -> Edit:
    """The edit that takes a heuristic out of a recipe.

    Args:
        name: of the heuristic.
        recipe: that has it.

    Raises:
        SteadyganError: when the recipe has none of that name, or nobody has.
    """
    if not recipe.has(heuristic_class(name).name):
        raise SteadyganError(f"The recipe '{recipe.name}' has no '{name}' that could be taken out; leave it away")
    return Edit(remove=(name,))


def put_in(wanted: str, recipe: Recipe) -> Edit:
    """The edit that puts a heuristic into a recipe, or sets a number of it.

    Args:
        wanted: the name of a heuristic, or ``KEY=VALUE`` as for ``--set``; a heuristic whose parameter is set is put in
            where the recipe lacks it.
        recipe: that is changed.

    Raises:
        SteadyganError: when the recipe has that heuristic, or nobody has.
    """
    if "=" not in wanted:
        if recipe.has(heuristic_class(wanted).name):
            raise SteadyganError(
                f"The recipe '{recipe.name}' has '{wanted}' already; take it out instead, or set a number of it, such "
                "as --try r1.gamma=5"
            )
        return Edit(add=(wanted,))
    key, value = assignment(wanted, "--try")
    name, dot, _ = key.partition(".")
    lacks = bool(dot) and not recipe.has(heuristic_class(name).name)
    return Edit(add=(name,) if lacks else (), values={key: value})


def toggled(wanted: str, recipe: Recipe) -> Edit:
    """The edit that takes out what a recipe has, and puts in or sets what it has not.

    Args:
        wanted: as for :func:`put_in`.
        recipe: that is changed.
    """
    has = "=" not in wanted and recipe.has(heuristic_class(wanted).name)
    return taken_out(wanted, recipe) if has else put_in(wanted, recipe)


def together(edits: Iterable[Edit]) -> Edit:
    """Several edits as one."""
    return sum(edits, Edit())

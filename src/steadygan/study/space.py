"""What a search chooses from: a recipe and up to two edits of it."""

from collections.abc import Sequence
from typing import Any

from steadygan.data import Prepared
from steadygan.heuristics.catalogue import catalogue
from steadygan.recipe import Recipe
from steadygan.study.edit import Edit, together, toggled
from steadygan.study.plan import Plan
from steadygan.study.trial import Trial, refusal, trial_name

RECIPE, EDITS = "recipe", ("first edit", "second edit")
"""The names of what is chosen."""
NONE = "none"
"""Stands for no edit."""


class Space:
    """The recipes and edits of a search.

    Args:
        plan: of the study.
        data: the prepared data.
    """

    def __init__(self, plan: Plan, data: Prepared) -> None:
        self._plan, self._data = plan, data
        self.recipes = {recipe.name: recipe for recipe in plan.recipes or (plan.recipe,)}
        named = (*plan.take_out, *plan.try_in, *plan.pairs, *plan.factorial)
        self.edits = (NONE, *(dict.fromkeys(named) if named else (kind.name for kind in catalogue())))

    def plain(self) -> list[dict[str, str]]:
        """What is tried first: each recipe as it is."""
        return [{RECIPE: name} | dict.fromkeys(EDITS, NONE) for name in self.recipes]

    def choose(self, trial: Any) -> dict[str, str]:
        """What Optuna's trial chooses."""
        chosen = {RECIPE: trial.suggest_categorical(RECIPE, tuple(self.recipes))}
        return chosen | {name: trial.suggest_categorical(name, self.edits) for name in EDITS}

    def trial(self, number: int, chosen: dict[str, str]) -> Trial:
        """The trial of a choice; one that is refused says why.

        Args:
            number: that no other trial has.
            chosen: as :meth:`choose` returns it.
        """
        recipe = self.recipes[chosen[RECIPE]]
        wanted = dict.fromkeys(chosen[name] for name in EDITS if chosen[name] != NONE)
        edit = _edit(list(wanted), recipe)
        seed = self._plan.training.seed
        return Trial(
            name=f"{number:03d}-{trial_name(' '.join(part for part in (recipe.name, edit.name) if part), seed)}",
            edit=edit,
            change="search",
            seed=seed,
            recipe=recipe.to_toml(),
            base=recipe.name,
            refusal=refusal(edit, recipe, self._data, self._plan.training.labels),
        )


def _edit(wanted: Sequence[str], recipe: Recipe) -> Edit:
    return together(toggled(each, recipe) for each in sorted(wanted))

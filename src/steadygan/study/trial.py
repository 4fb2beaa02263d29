"""A trial: one variant of a recipe with one seed, and why it is refused, if it is."""

import hashlib
import re
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from steadygan.data import Prepared
from steadygan.errors import SteadyganError
from steadygan.heuristics.catalogue import heuristic_class
from steadygan.recipe import Recipe, Settings
from steadygan.study.designs import Change, Variant
from steadygan.study.edit import Edit

LONGEST_NAME = 120
"""Characters of a trial's name, which is that of its folder."""


class Trial(BaseModel):
    """The unit of a study.

    Attributes:
        name: that no other trial of the study has, and that of its folder.
        edit: of the recipe.
        change: what kind of change that is.
        seed: of the training.
        recipe: the recipe that is edited, as TOML; empty for that of the study.
        base: the name of that recipe; empty for that of the study.
        refusal: why this recipe cannot be trained; empty if it can.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    edit: Edit
    change: Change
    seed: int
    recipe: str = ""
    base: str = ""
    refusal: str = ""

    @property
    def variant(self) -> str:
        """What the variant is called, which trials of other seeds share."""
        if not self.base:
            return self.edit.name
        return self.base if self.edit == Edit() else f"{self.base} {self.edit.name}"


def trials(found: Sequence[Variant], seeds: Iterable[int], refusals: dict[str, str]) -> tuple[Trial, ...]:
    """The trials of a study: all variants with the first seed, then all with the next.

    A study that is broken off has so tried all variants about equally often.

    Args:
        found: the variants.
        seeds: of the trainings.
        refusals: why variants are refused, by their names.
    """
    return tuple(
        Trial(
            name=trial_name(variant.name, seed),
            edit=variant.edit,
            change=variant.change,
            seed=seed,
            refusal=refusals.get(variant.name, ""),
        )
        for seed in seeds
        for variant in found
    )


def trial_name(variant: str, seed: int) -> str:
    """The name of a trial, which any file system takes, such as ``without-batch-norm-seed0``.

    Args:
        variant: its name; of one that is long or has unusual characters, a digest takes their place.
        seed: of the training.
    """
    plain = re.sub(r"[^A-Za-z0-9._=-]+", "-", variant.replace(" ", "-"))
    if plain != variant.replace(" ", "-") or len(plain) > LONGEST_NAME:
        plain = f"{plain[:LONGEST_NAME]}-{hashlib.blake2b(variant.encode(), digest_size=4).hexdigest()}"
    return f"{plain}-seed{seed}"


def refusal(edit: Edit, recipe: Recipe, data: Prepared, labels: bool) -> str:
    """Why a variant would not be worth a training: its pieces do not go together, or it changes nothing here.

    Args:
        edit: of the recipe.
        recipe: that is edited.
        data: to train on.
        labels: whether the training uses labels.

    Returns:
        A sentence; empty if there is no reason.
    """
    from steadygan.api import fit_recipe

    try:
        changed, _ = fit_recipe(edit.apply(recipe), data, labels)
    except SteadyganError as error:
        return str(error)
    before, _ = fit_recipe(recipe, data, labels)
    idle = next((name for name in edit.heuristics if _is_idle(name, edit, before, changed)), None)
    if idle is None:
        return ""
    if idle in {*changed.idle_heuristics, *before.idle_heuristics}:
        return f"The network {changed.network} decides itself what '{idle}' would"
    return f"'{idle}' changes nothing for {data.kind}"


def _is_idle(edited: str, edit: Edit, before: Recipe, changed: Recipe) -> bool:
    """Whether what was edited is as it was, in recipes that have been fitted to the data."""
    if edited in Settings.model_fields:
        return bool(getattr(before.settings, edited) == getattr(changed.settings, edited))
    if edited == "network":
        return before.network == changed.network
    name = heuristic_class(edited).name
    was, now = (next((each for each in one.heuristics if each.name == name), None) for one in (before, changed))
    return was == now or name in {*changed.idle_heuristics, *before.idle_heuristics}

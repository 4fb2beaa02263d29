"""Makes the plan of a study from what a user asked for and, where it goes on, from the plan that it began with."""

import os
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from steadygan import api
from steadygan.data import Prepared, absolute_name, prepare
from steadygan.data.data_source import Progress, no_progress
from steadygan.errors import SteadyganError, sentence
from steadygan.recipe import Recipe
from steadygan.recipes import recipe_names
from steadygan.settings import TrainingSettings
from steadygan.study.designs import Variant, take_out_names, try_names, variants
from steadygan.study.edit import Edit, toggled
from steadygan.study.plan import MINUTES, SAMPLES, Plan, differences
from steadygan.study.trial import refusal
from steadygan.training.device import resolve_settings

DEFAULT_RECIPE = "steady"
SEARCH_SHARE = 0.25
"""Of the minutes of a search that its finalists train, unless the user says otherwise."""
SEEDS = 5
"""Of each variant, unless the user says otherwise."""
OFFERED = (
    "images",
    "minutes",
    "seed",
    "device",
    "precision",
    "tuned_for",
    "compile",
    "labels",
    "label_share",
    "labels_per_class",
    "stop_on",
    "rescue",
    "rescue_tries",
)
"""Settings of training that a study offers; of the others one value suits all trials."""
FIXED = {"features": "none"}
"""Settings that a study decides: the judge measures at the end, and what is timed on the way would not repeat."""


class Request(BaseModel):
    """What a user asked for; None stands for what they left out.

    Attributes:
        data: the name of the data.
        recipe: the name of the recipe that is edited, or the recipe.
        edit: of that recipe, before anything is compared.
        take_out: heuristics to take out one by one; ``all`` for those of the recipe.
        try_in: heuristics to put in one by one, or ``KEY=VALUE``; ``all`` for those that the recipe lacks.
        pairs: what is changed one by one and two by two.
        factorial: what is changed in all combinations.
        search: minutes in all of a search.
        seeds: how many trials of each variant.
        samples: how many are judged of each trial.
        threads: of each trial.
        data_settings: the settings of the data that they gave, by name.
        training: the settings of training that they gave, by name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: str | None = None
    recipe: str | Recipe | None = None
    edit: Edit = Edit()
    take_out: tuple[str, ...] | None = None
    try_in: tuple[str, ...] | None = None
    pairs: tuple[str, ...] | None = None
    factorial: tuple[str, ...] | None = None
    search: float | None = None
    seeds: int | None = None
    samples: int | None = None
    threads: int | None = None
    data_settings: dict[str, Any] = {}
    training: dict[str, Any] = {}


def make_plan(request: Request, before: Plan | None, progress: Progress = no_progress) -> tuple[Plan, Prepared]:
    """The plan that a user asks for, without the judge's features, and the prepared data.

    Args:
        request: what they ask for.
        before: the plan of the study that is to go on; None for a new one.
        progress: called, while data are prepared, with the number of items done and of all.

    Raises:
        SteadyganError: when something is missing, wrong or impossible.
    """
    name = _data(request, before)
    recipe = _recipe(request, before)
    data_settings = api.make_data_settings(
        **((before.data_settings.model_dump() if before else {}) | request.data_settings)
    )
    training = _training(request, before)
    resolve_settings(training)  # a wrong device is said before the data are prepared
    designs = _designs(request, before, recipe)
    data = prepare(name, data_settings, progress=progress)
    training = resolve_settings(training, data.kind)
    found = _variants(_first(request.search, before.search if before else None), recipe, designs)
    given = {each: _first(getattr(request, each), before and getattr(before, each)) for each in ("search", "samples")}
    seeds = _first(request.seeds, before and before.seeds, SEEDS)
    fields = {
        "version": version("steadygan"),
        "data": name,
        "fingerprint": data.fingerprint,
        "data_settings": data_settings,
        "recipe": recipe,
        "recipes": _recipes(request, before, data, training.labels),
        "training": training,
        "seeds": seeds,
        **designs,
        "search": given["search"],
        "samples": _first(given["samples"], SAMPLES),
        "threads": _first(request.threads, before and before.threads, default_threads(len(found) * (seeds or 1))),
        "features": before.features if before else "",
        "refusals": _refusals(found, recipe, data, training.labels),
    }
    try:
        return Plan.model_validate(fields), data
    except ValidationError as error:
        raise SteadyganError(sentence(error, "", Plan.model_fields)) from None


def refuse_another_plan(before: Plan, now: Plan) -> None:
    """Refuse to go on with a study under another plan.

    Raises:
        SteadyganError: with what differs.
    """
    found = differences(before, now)
    if found:
        raise SteadyganError(
            f"This study began with another plan: {'; '.join(found[:5])}{'; ...' if len(found) > 5 else ''}. Leave "
            "that out with --resume, or begin a new study with --out"
        )


def default_threads(trials: int) -> int:
    """Threads of a trial: one, as a small network gains less from a second thread than a study from another trial.

    Args:
        trials: how many there are; where there are fewer than cores, each takes more.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // max(1, trials))


def _data(request: Request, before: Plan | None) -> str:
    if request.data is not None:
        return absolute_name(request.data) or request.data
    if before is None:
        raise SteadyganError("Name the data: a folder of images, an .npz file, or glyphs; or go on with --resume")
    return before.data


def _recipe(request: Request, before: Plan | None) -> Recipe:
    if before is not None and request.recipe is None:
        return before.recipe.change(request.edit.add, request.edit.remove, request.edit.values)
    recipe = api.recipe_of(request.recipe or DEFAULT_RECIPE)
    return recipe.change(request.edit.add, request.edit.remove, request.edit.values)


def _recipes(request: Request, before: Plan | None, data: Prepared, labels: bool) -> tuple[Recipe, ...]:
    """The recipes of a search: all of the package that suit the data, unless the user names one."""
    if before is not None and request.recipe is None:
        return before.recipes
    if request.search is None or request.recipe is not None:
        return ()
    names = sorted(recipe_names(), key=lambda name: name != DEFAULT_RECIPE)
    found = (_suiting(api.recipe_of(name), request.edit, data, labels) for name in names)
    return tuple(recipe for recipe in found if recipe is not None)


def _suiting(recipe: Recipe, edit: Edit, data: Prepared, labels: bool) -> Recipe | None:
    """A recipe with an edit; None if these do not go together, or the recipe asks for labels that the data lack."""
    labelled = data.labels is not None and not data.unlabelled
    try:
        edited = edit.apply(recipe)
        api.fit_recipe(edited, data, labels)
    except SteadyganError:
        return None
    return edited if labelled or not edited.asks_for_labels else None


def _training(request: Request, before: Plan | None) -> TrainingSettings:
    settings: dict[str, Any] = {"stop_on": "critical"} if before is None else before.training.model_dump()
    if {"images", "minutes"} & request.training.keys():
        settings |= {"images": None, "minutes": None}
    settings |= {name: value for name, value in request.training.items() if value != "auto" or before is None}
    if settings.get("images") is None and settings.get("minutes") is None:
        settings["minutes"] = MINUTES if request.search is None else SEARCH_SHARE * request.search
    if str(settings.get("device")).startswith("cuda:"):
        raise SteadyganError("A study shares the GPUs out itself; use --device cuda, and --per-gpu for several on one")
    return api.make_training_settings(**settings | FIXED)


def _designs(request: Request, before: Plan | None, recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """The designs, with ``all`` written out, in the order of the arguments of :func:`variants`."""
    names = ("take_out", "try_in", "pairs", "factorial")
    given = {name: getattr(request, name) for name in names}
    if before is not None:
        given = {name: getattr(before, name) if value is None else value for name, value in given.items()}
    elif not any(given.values()) and request.search is None and request.seeds is None:
        raise SteadyganError(
            "Say what to compare: --take-out all, --try r1,ema, --pairs a,b,c, --factorial a,b, or --search MINUTES; "
            "or with --seeds N how many trials the recipe as it is gets"
        )
    take_out, try_in = take_out_names(given["take_out"] or (), recipe), try_names(given["try_in"] or (), recipe)
    return {
        "take_out": take_out,
        "try_in": try_in,
        "pairs": tuple(given["pairs"] or ()),
        "factorial": tuple(given["factorial"] or ()),
    }


def _variants(search: float | None, recipe: Recipe, designs: dict[str, tuple[str, ...]]) -> tuple[Variant, ...]:
    """The variants of a study; of a search the recipe alone, because it changes each of its recipes as that allows."""
    if search is None:
        return variants(recipe, *designs.values())
    for name in (name for names in designs.values() for name in names):
        toggled(name, recipe)  # which refuses a name that nobody has
    return variants(recipe)


def _refusals(found: Sequence[Variant], recipe: Recipe, data: Prepared, labels: bool) -> dict[str, str]:
    said = {variant.name: refusal(variant.edit, recipe, data, labels) for variant in found}
    if said[Edit().name]:
        raise SteadyganError(said[Edit().name])
    return {name: reason for name, reason in said.items() if reason}


def _first(*values: Any) -> Any:
    """The first that is not None."""
    return next((value for value in values if value is not None), None)

"""The plan of a study: all that its results depend on, as study.toml has it."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Literal, Self

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_serializer, field_validator

from steadygan.errors import SteadyganError
from steadygan.recipe import Recipe
from steadygan.recipes import parse
from steadygan.settings import DataSettings, TrainingSettings
from steadygan.study.designs import variants
from steadygan.study.trial import Trial, trials

SAMPLES = 10_000
"""Samples of each trial that are judged, unless the user says otherwise."""
MINUTES = 5.0
"""Time of each trial, unless the user says otherwise."""


class Plan(BaseModel):
    """What a study does. Who does it, and how many at a time, is no part of it.

    Attributes:
        version: of the package.
        data: the name of the data, with an absolute path.
        fingerprint: of the prepared data.
        data_settings: how they are prepared.
        recipe: that is edited, complete.
        recipes: that a search chooses from, likewise; () for ``recipe`` alone.
        training: the settings of each trial, apart from its seed; ``seed`` is the first.
        seeds: how many there are.
        take_out: heuristics that are taken out one by one.
        try_in: heuristics that are put in one by one, or ``KEY=VALUE``.
        pairs: what is changed one by one and two by two.
        factorial: what is changed in all combinations.
        search: minutes in all of a search for the best recipe; None for no search.
        samples: how many of each trial are judged.
        threads: of each trial.
        features: the name of the features by which samples are judged; ``points`` for vectors.
        refusals: why variants cannot be trained, by their names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    data: str
    fingerprint: str
    data_settings: DataSettings
    recipe: Recipe
    recipes: tuple[Recipe, ...] = ()
    training: TrainingSettings
    seeds: int = Field(1, ge=1)
    take_out: tuple[str, ...] = ()
    try_in: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    factorial: tuple[str, ...] = ()
    search: float | None = Field(None, gt=0)
    samples: int = Field(SAMPLES, ge=20)
    threads: int = Field(1, ge=1)
    features: str = ""
    refusals: dict[str, str] = {}

    @field_validator("recipe", mode="before")
    @classmethod
    def _from_table(cls, value: Any) -> Any:
        return _recipe(value)

    @field_serializer("recipe")
    def _as_table(self, recipe: Recipe) -> dict[str, Any]:
        return tomllib.loads(recipe.to_toml())

    @field_validator("recipes", mode="before")
    @classmethod
    def _from_tables(cls, values: Any) -> Any:
        return tuple(map(_recipe, values))

    @field_serializer("recipes")
    def _as_tables(self, recipes: tuple[Recipe, ...]) -> list[dict[str, Any]]:
        return [tomllib.loads(recipe.to_toml()) for recipe in recipes]

    @property
    def budget(self) -> Literal["images", "minutes"]:
        """What a trial is given: a number of images, if there is one, or a time."""
        return "minutes" if self.training.images is None else "images"

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """All trials, in the order in which they begin; of a search, which finds its own, none."""
        if self.search is not None:
            return ()
        found = variants(self.recipe, self.take_out, self.try_in, self.pairs, self.factorial)
        first = self.training.seed
        return trials(found, range(first, first + self.seeds), self.refusals)

    def to_toml(self) -> str:
        """The plan as a file that :meth:`from_toml` reads."""
        return tomli_w.dumps(self.model_dump(exclude_none=True), multiline_strings=True)

    @classmethod
    def from_toml(cls, text: str, where: str) -> Self:
        """A plan from its file.

        Args:
            text: the TOML.
            where: what to call it in an error.

        Raises:
            SteadyganError: when it is no plan.
        """
        try:
            return cls.model_validate(tomllib.loads(text))
        except (ValueError, RecursionError, ValidationError) as error:
            reason = " ".join(str(error).split())[:200]
            raise SteadyganError(
                f"'{where}' is no plan of a study: {reason}; restore it or start a new study"
            ) from None


def _recipe(value: Any) -> Any:
    return parse(tomli_w.dumps(value), str(value.get("name"))) if isinstance(value, Mapping) else value


def differences(before: Plan, now: Plan) -> list[str]:
    """What differs between two plans, such as ``seeds was 3 and is 5``.

    Args:
        before: the plan with which a study began.
        now: the plan with which it is to go on.
    """
    was, new = (dict(_flat(plan.model_dump(exclude_none=True))) for plan in (before, now))
    names = [name for name in {**was, **new} if name != "version" and was.get(name) != new.get(name)]
    return [f"{name} was {_shown(was.get(name))} and is {_shown(new.get(name))}" for name in names]


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "not there" if value is None else str(value)

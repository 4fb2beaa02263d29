"""A recipe: a network plus a set of heuristics, checked so that every piece composes with every other."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Self, TypeVar

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, ValidationError, model_validator

from steadygan.blueprint import Blueprint
from steadygan.errors import SteadyganError, nearest, sentence
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.catalogue import heuristic_class, reference, sort_key
from steadygan.heuristics.composition import put_in, refusals
from steadygan.heuristics.latents import UniformLatent
from steadygan.heuristics.moments import Designs
from steadygan.heuristics.objectives import Minimax
from steadygan.heuristics.roles import (
    Average,
    InputHeuristic,
    LatentHeuristic,
    Objective,
    ObjectiveModifier,
    Penalty,
    Schedule,
    TargetHeuristic,
    Update,
    UpdateModifier,
)
from steadygan.heuristics.schedules import Alternate
from steadygan.heuristics.updates import Adam
from steadygan.networks import ignored_fields, network_family
from steadygan.variation import FEWEST_HELD_OUT, FewImages, Variation
from steadygan.vocabulary import Labels, Player

T = TypeVar("T")
OFF = "off"
"""Says 'none' where TOML and the command line cannot."""


class Settings(BaseModel):
    """Numbers of a recipe that belong to no heuristic; each field's description says what it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: int = Field(64, ge=2, le=65536, description="Real images in one move.")
    width: int = Field(
        64, ge=1, le=1024, description="Channels of the layer nearest to the image; deeper layers double it."
    )
    blocks: int = Field(1, ge=1, le=8, description="Residual blocks in a stage, for networks that have stages.")
    class_balanced: bool = Field(False, description="Whether every class is seen equally often.")


class Recipe(BaseModel):
    """A network plus a set of heuristics; frozen, so every change makes a new one.

    Attributes:
        name: what it is called.
        summary: what it is, in a sentence.
        sources: the publications that it follows.
        measured: the results that it reached, with the machine and the command.
        network: the networks' shape, one of :func:`steadygan.networks.network_names`, or ``package.module:attribute``.
        settings: batch size and width.
        heuristics: in the order in which they act.
        on_vectors: changes for data that are vectors, besides leaving out the heuristics that need images.
        on_few_images: changes for data sets of few images.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    summary: str = ""
    sources: tuple[str, ...] = ()
    measured: str = ""
    network: str = "dcgan"
    settings: Settings = Settings()
    heuristics: tuple[SerializeAsAny[Heuristic], ...] = ()
    on_vectors: Variation = Variation()
    on_few_images: FewImages = FewImages()

    @model_validator(mode="after")
    def _composes(self) -> Self:
        network_family(self.network)  # which refuses a name that nobody has
        for name in (*self.on_vectors.names, *self.on_few_images.names):
            heuristic_class(name)  # a wrong name is said now, and not on the day that such data come
        refusal = next(refusals(self.heuristics, self.settings.batch), None)
        if refusal:
            raise SteadyganError(refusal)
        in_order = tuple(sorted(self.heuristics, key=sort_key))
        object.__setattr__(self, "heuristics", in_order)
        return self

    # --- the language: with, without, set

    def with_(self, heuristic: str | Heuristic, **parameters: Any) -> "Recipe":
        """This recipe with one more heuristic, or with other parameters for one that it has.

        In the slots latent, objective, update and schedule it replaces the previous one.

        Args:
            heuristic: its name, or the object itself.
            parameters: for a name: parameters that differ from the defaults, or from what the recipe has.

        Raises:
            SteadyganError: for an unknown name or parameter, an impossible value, or a clash.
        """
        new = _made(self.heuristics, heuristic, parameters) if isinstance(heuristic, str) else heuristic
        chosen = parameters if isinstance(heuristic, str) else type(new).model_fields
        asked = {new.name, reference(type(new))}, (), [f"{new.name}.{key}" for key in chosen]
        changed = self._changed(heuristics=put_in(self.heuristics, new), **self._yielding(*asked))
        return changed._adding(self, new.name)

    def without(self, *names: str) -> "Recipe":
        """This recipe with some heuristics taken out; one that it does not have is no error.

        Raises:
            SteadyganError: for an unknown name, or when what is left does not compose.
        """
        return self.change(remove=names)

    def change(
        self, add: Iterable[str] = (), remove: Iterable[str] = (), values: Mapping[str, Any] | None = None
    ) -> "Recipe":
        """Several changes at once, in whatever order they were named: only the result has to compose.

        Args:
            add: names of heuristics to put in.
            remove: names of heuristics to take out; one that the recipe does not have is no error.
            values: what :meth:`set` takes, by key.

        Raises:
            SteadyganError: as :meth:`with_`, :meth:`without` and :meth:`set`.
        """
        add, values = tuple(add), values or {}
        changed = self._composed(add, remove, values)
        return changed._adding(
            self, *(changed._kind(name).name for name in add), *(key.partition(".")[0] for key in values)
        )

    def _composed(self, add: Iterable[str], remove: Iterable[str], values: Mapping[str, Any]) -> "Recipe":
        """See :meth:`change`; what is added here is not what a user has added."""
        gone = {self._kind(name).name for name in remove}
        heuristics = tuple(old for old in self.heuristics if old.name not in gone)
        fields: dict[str, Any] = {"settings": self.settings, "network": self.network}
        fields |= self._yielding(add, gone, values)
        for name in add:
            if name in gone:
                raise SteadyganError(f"'{name}' cannot be both added and taken out; name it once")
            heuristics = put_in(heuristics, _made(heuristics, name, {}))
        for key, value in values.items():
            name, dot, parameter = key.partition(".")
            if dot:
                _require(heuristics, name, parameter, self.name)
                heuristics = put_in(heuristics, _made(heuristics, name, {parameter: value}))
            elif key == "network":
                fields["network"] = str(value)
            else:
                fields["settings"] = _with_setting(fields["settings"], key, value)
        return self._changed(heuristics=heuristics, **fields)

    def set(self, key: str, value: Any) -> "Recipe":
        """This recipe with one number changed.

        Args:
            key: ``heuristic.parameter`` for a heuristic of the recipe, or a setting such as ``batch``.
            value: the new value.

        Raises:
            SteadyganError: for an unknown key, a heuristic that the recipe does not have, or an impossible value.
        """
        return self.change(values={key: value})

    def _kind(self, name: str) -> type[Heuristic]:
        """A class by name, of a heuristic of this recipe or of any that can be named."""
        return next((type(each) for each in self.heuristics if each.name == name), None) or heuristic_class(name)

    def _yielding(self, add: Iterable[str], remove: Iterable[str], values: Iterable[str]) -> dict[str, Variation]:
        """The changes that depend on the data, without those that contradict what the user asks for by name."""
        waiting = {"on_vectors": self.on_vectors, "on_few_images": self.on_few_images}
        asked = (*add,), (*remove,), (*values,)
        return {name: variation.yielding(*asked) for name, variation in waiting.items()}

    def _changed(self, **fields: Any) -> "Recipe":
        own = {name: getattr(self, name) for name in Recipe.model_fields}
        changed = Recipe(**{**own, **fields})
        return changed._adding(self)

    def _adding(self, before: "Recipe", *names: str) -> "Recipe":
        self.__dict__["added"] = frozenset((*before.added, *names))
        return self

    @cached_property
    def added(self) -> frozenset[str]:
        """The names of heuristics that were added or set by name since the recipe was read; no part of the recipe."""
        return frozenset()

    # --- what the training step asks

    def has(self, name: str) -> bool:
        """Whether a heuristic of this name is in the recipe."""
        return any(heuristic.name == name for heuristic in self.heuristics)

    def get(self, kind: type[T]) -> T | None:
        """The recipe's heuristic of this class."""
        return next(iter(self.all(kind)), None)

    def all(self, kind: type[T]) -> tuple[T, ...]:
        """The recipe's heuristics of this class, in the order in which they act."""
        if kind not in self.found_before:
            self.found_before[kind] = tuple(each for each in self.heuristics if isinstance(each, kind))
        return self.found_before[kind]

    @cached_property
    def found_before(self) -> dict[type, tuple[Any, ...]]:
        """A cache of the results of :meth:`all`, because a step asks many times; it is not part of the recipe."""
        return {}

    @property
    def latent(self) -> LatentHeuristic:
        """The distribution of the latents; the uniform cube of the naive GAN if none is chosen."""
        return next(iter(self.all(LatentHeuristic)), UniformLatent())

    @property
    def objective(self) -> Objective:
        """The loss that the players minimise; the minimax loss of the naive GAN if none is chosen."""
        return next(iter(self.all(Objective)), Minimax())

    @property
    def schedule(self) -> Schedule:
        """The order of the moves; one move of each player if none is chosen."""
        return next(iter(self.all(Schedule)), Alternate())

    def update(self, player: Player) -> Update:
        """The optimiser of a player: the most specific one that is chosen, or Adam with the defaults of its paper."""
        fitting = [update for update in self.all(Update) if player in update.players]
        return min(fitting, key=lambda update: len(update.players), default=Adam(lr=1e-3, betas=(0.9, 0.999)))

    @property
    def update_modifiers(self) -> tuple[UpdateModifier, ...]:
        """The heuristics that change the learning rates of the update."""
        return self.all(UpdateModifier)

    @property
    def objective_modifiers(self) -> tuple[ObjectiveModifier, ...]:
        """The heuristics that change the losses of the objective."""
        return self.all(ObjectiveModifier)

    @property
    def schedule_passes(self) -> int:
        """How often a step goes through the schedule's moves: twice if an update looks ahead in every other pass."""
        return 2 if any(update.extrapolates for update in self.all(Update)) else 1

    @property
    def asks_for_labels(self) -> bool:
        """Whether a heuristic needs to know classes of images."""
        return any(heuristic.labels is not Labels.NONE for heuristic in self.heuristics)

    @property
    def all_labelled(self) -> bool:
        """Whether a heuristic needs to know the class of every image."""
        return any(heuristic.labels is Labels.ALL for heuristic in self.heuristics)

    @property
    def held_out_share(self) -> float:
        """Share of the real images that no move is trained on."""
        return max((heuristic.held_out_share for heuristic in self.heuristics), default=0.0)

    def penalties(self, player: Player) -> tuple[Penalty, ...]:
        """The penalties that are added to a player's loss."""
        return tuple(penalty for penalty in self.all(Penalty) if player in penalty.players)

    @property
    def targets(self) -> tuple[TargetHeuristic, ...]:
        """The heuristics that change the targets."""
        return self.all(TargetHeuristic)

    @property
    def inputs(self) -> tuple[InputHeuristic, ...]:
        """The heuristics that change the images that the discriminator sees."""
        return self.all(InputHeuristic)

    @property
    def average(self) -> Average | None:
        """Which average of the generator is kept; None for its latest weights."""
        return next(iter(self.all(Average)), None)

    @property
    def blueprint(self) -> Blueprint:
        """The blueprint of the naive GAN, as changed by every architecture heuristic."""
        blueprint = Blueprint()
        for heuristic in self.all(Designs):
            blueprint = heuristic.design(blueprint)
        return blueprint

    @property
    def idle_heuristics(self) -> tuple[str, ...]:
        """The names of heuristics that have no effect, because this network has its own choice for what they set."""
        ignored = ignored_fields(self.network)
        return tuple(each.name for each in self.heuristics if changed_fields(each) and changed_fields(each) <= ignored)

    def for_vectors(self) -> tuple["Recipe", tuple[str, ...]]:
        """This recipe for vectors: with the network ``mlp``, and without heuristics that need images.

        Returns:
            The recipe, and the names of the heuristics that were left out.
        """
        other = self.on_vectors
        gone = {*other.remove, *(each.name for each in self.heuristics if each.images_only)}
        fitted = self._composed(
            other.add, [name for name in gone if name not in other.add], {"network": "mlp", **other.values}
        )
        out = tuple(each.name for each in self.heuristics if not fitted.has(each.name) and each.name in gone)
        return fitted._changed(on_vectors=Variation(), on_few_images=FewImages()), out

    def for_few_images(self, count: int) -> tuple["Recipe", tuple[str, ...]]:
        """This recipe for a data set of a given number of images.

        If its changes for few images do not go together with what the user has asked for, it stays as it is; so it does
        where too few images could be held out for those that measure on them, or it has a heuristic that does as well.

        Args:
            count: the number of images in the data set.

        Returns:
            The recipe, and its changes as options of the command line.
        """
        other, settled = self.on_few_images, self._changed(on_few_images=FewImages())
        if count >= other.below or any(self.has(name) for name in other.unless):
            return settled, ()
        try:
            fitted = settled._composed(other.add, other.remove, other.values)
        except SteadyganError:
            return settled, ()
        if 0 < fitted.held_out_share * count < FEWEST_HELD_OUT:
            return settled, ()
        put_in = (f"--with {name}" for name in other.add if not self.has(name))
        taken_out = (f"--without {name}" for name in other.remove if self.has(name))
        changed = (f"--set {key}={value}" for key, value in other.values.items())
        return fitted, (*put_in, *taken_out, *changed)

    # --- as a file

    def to_toml(self) -> str:
        """The recipe as a file that :func:`recipe` reads."""
        table: dict[str, Any] = {"name": self.name, "summary": self.summary, "sources": list(self.sources)}
        table |= {"measured": self.measured, "network": self.network, "settings": self.settings.model_dump()}
        for name in ("on_vectors", "on_few_images"):
            other = getattr(self, name).model_dump(by_alias=True, exclude_defaults=True)
            table |= {name: other} if other else {}
        table["heuristics"] = {reference(type(each)): _without_none(each.parameters()) for each in self.heuristics}
        return tomli_w.dumps(table, multiline_strings=True)


def changed_fields(heuristic: Heuristic, before: Blueprint = Blueprint()) -> frozenset[str]:  # noqa: B008  # frozen
    """The fields of a blueprint, by default the naive one, that a heuristic changes."""
    designed = heuristic.design(before) if isinstance(heuristic, Designs) else before
    return frozenset(name for name in Blueprint.model_fields if getattr(before, name) != getattr(designed, name))


def _without_none(parameters: dict[str, object]) -> dict[str, object]:
    return {key: OFF if value is None else value for key, value in parameters.items()}


def _made(heuristics: tuple[Heuristic, ...], name: str, parameters: dict[str, Any]) -> Heuristic:
    """A heuristic from its name; parameters that are not given stay as the recipe has them."""
    have = next((each for each in heuristics if name in (each.name, reference(type(each)))), None)
    kind = heuristic_class(name) if have is None else type(have)
    return validated(kind, {**have.model_dump(), **parameters} if have else parameters)


def _require(heuristics: tuple[Heuristic, ...], name: str, parameter: str, where: str) -> None:
    if not any(each.name == name for each in heuristics):
        kind = heuristic_class(name)
        raise SteadyganError(
            f"The recipe '{where}' has no '{kind.name}' whose '{parameter}' could be set; add --with {name}"
        )


def _with_setting(settings: Settings, key: str, value: Any) -> Settings:
    try:
        return Settings.model_validate({**settings.model_dump(), key: value})
    except ValidationError as error:
        if key not in Settings.model_fields:
            known = nearest(key, [*Settings.model_fields, "network"])
            raise SteadyganError(
                f"There is no setting '{key}'; {known} (heuristics: --set NAME.PARAMETER=VALUE)"
            ) from None
        raise SteadyganError(sentence(error, "", Settings.model_fields)) from None


def validated(kind: type[Heuristic], parameters: dict[str, Any]) -> Heuristic:
    """A heuristic from its parameters as TOML and the command line write them.

    Raises:
        SteadyganError: in one sentence, for an unknown parameter or an impossible value.
    """
    given = {key: None if isinstance(value, str) and value == OFF else value for key, value in parameters.items()}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise SteadyganError(sentence(error, kind.name, kind.model_fields)) from None

"""The recipe of a run, slot by slot, each heuristic with its card."""

from dataclasses import dataclass

from steadygan.errors import SteadyganError
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.card import Card
from steadygan.heuristics.catalogue import heuristic_class
from steadygan.report.read import Table, table
from steadygan.report.words import value_in_words
from steadygan.vocabulary import Slot


@dataclass(frozen=True)
class Parameter:
    """A parameter of a heuristic.

    Attributes:
        name: as the command line calls it.
        value: in this run.
        default: what it would be, where this run departs from it.
    """

    name: str
    value: str
    default: str = ""


@dataclass(frozen=True)
class Ingredient:
    """A heuristic of the recipe; one that this version does not know has no card."""

    name: str
    card: Card | None
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class FilledSlot:
    """A slot of the training step and what the recipe put there."""

    name: str
    question: str
    holds_one: bool
    ingredients: tuple[Ingredient, ...]


def filled_slots(recipe: Table) -> list[FilledSlot]:
    """Every slot in the order of the training step; unknown heuristics come last in a slot of their own."""
    chosen = {name: table(parameters) for name, parameters in table(recipe.get("heuristics")).items()}
    kinds = {name: _kind(name) for name in chosen}
    slots = []
    for slot in Slot:
        held = [_ingredient(name, kind, chosen[name]) for name, kind in kinds.items() if kind and kind.slot is slot]
        slots.append(FilledSlot(slot.value, slot.question, slot.holds_one, tuple(held)))
    strange = [_ingredient(name, None, chosen[name]) for name, kind in kinds.items() if kind is None]
    if strange:
        slots.append(FilledSlot("unknown", "not in this version of steadygan", False, tuple(strange)))
    return slots


def _kind(name: str) -> type[Heuristic] | None:
    """The heuristic's class, or None when this version does not know it."""
    try:
        return heuristic_class(name)
    except SteadyganError:
        return None


def _written(value: object) -> str:
    """A value as the command line takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value_in_words(value)


def _ingredient(name: str, kind: type[Heuristic] | None, given: Table) -> Ingredient:
    """A heuristic with all its parameters, those that were not given at their defaults."""
    fields = kind.model_fields.items() if kind else ()
    defaults = {key: field.get_default(call_default_factory=True) for key, field in fields if not field.is_required()}
    parameters = []
    for key in [*defaults, *(key for key in given if key not in defaults)]:
        usual = _written(defaults[key]) if key in defaults else ""
        value = _written(given[key]) if key in given else usual
        parameters.append(Parameter(key, value, usual if value != usual else ""))
    return Ingredient(name, kind.card if kind else None, tuple(parameters))

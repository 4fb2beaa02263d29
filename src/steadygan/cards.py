"""Recipes and heuristics in words, all of it derived from cards."""

import textwrap

from pydantic_core import PydanticUndefined

from steadygan.errors import SteadyganError
from steadygan.heuristics.base import Heuristic, Slot
from steadygan.heuristics.catalogue import CATALOGUE, heuristic_class
from steadygan.recipe import OFF, Recipe

WIDTH = 100


def heuristic_list() -> str:
    """Every heuristic by slot, a line each."""
    lines: list[str] = []
    for slot in Slot:
        kinds = [kind for kind in CATALOGUE if kind.slot is slot]
        lines += [f"{slot.value}: {slot.question}"]
        lines += [f"  {kind.name:<28}{kind.card.summary}" for kind in kinds]
        lines += [""]
    return "\n".join(lines).rstrip()


def heuristic_page(name: str) -> str:
    """One heuristic: its card, parameters, citation, and an example.

    Raises:
        SteadyganError: when there is none of that name.
    """
    kind = heuristic_class(name)
    card = kind.card
    lines = [f"{kind.name} — fills the slot {kind.slot.value} ({kind.slot.question})", "", *_wrapped(card.summary)]
    lines += ["", f"  {card.formula}", ""]
    lines += _parameters(kind)
    if card.treats:
        lines.append(f"treats: {', '.join(finding.value for finding in card.treats)}")
    lines.append(f"cost: {card.cost}")
    if card.needs:
        lines.append(f"needs one of: {', '.join(card.needs)}")
    lines += [f"clashes with {other}: {reason}" for other, reason in card.clashes.items()]
    lines += [f"clashes with {other}: both decide {kind.decides}" for other in _rivals(kind)]
    if card.note:
        lines += _wrapped(f"note: {card.note}")
    lines += ["", "from:", *(f"  {source}" for source in card.sources)]
    return "\n".join([*lines, "", "example:", textwrap.indent(card.example, "  ")])


def _parameters(kind: type[Heuristic]) -> list[str]:
    if not kind.model_fields:
        return []
    lines = ["parameters:"]
    for name, field in kind.model_fields.items():
        default = OFF if field.default is None else field.default
        shown = "" if default is PydanticUndefined else f" = {default}"
        lines.append(f"  {kind.name}.{name}{shown}{f'  ({field.description})' if field.description else ''}")
    return [*lines, ""]


def _rivals(kind: type[Heuristic]) -> list[str]:
    return [each.name for each in CATALOGUE if kind.decides and each.decides == kind.decides and each is not kind]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH)


def recipe_page(recipe: Recipe) -> str:
    """A recipe as TOML, each heuristic with what it is and where it comes from; still a file that ``--recipe`` reads."""
    lines = []
    for line in recipe.to_toml().splitlines():
        if line.startswith("[heuristics."):
            name = line.removeprefix("[heuristics.").removesuffix("]")
            lines += _comments(name)
        lines.append(line)
    return "\n".join(lines)


def _comments(name: str) -> list[str]:
    try:
        card = heuristic_class(name).card
    except SteadyganError:
        return []
    sources = "; ".join(
        f"{source.citation.authors.split(',')[0]} {source.citation.year}, {source.citation.link}"
        for source in card.sources
    )
    return [f"# {line}" for line in (*_wrapped(card.summary), sources)]

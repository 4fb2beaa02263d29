"""Recipes and heuristics in words, all of it derived from cards."""

import textwrap

from pydantic_core import PydanticUndefined

from steadygan.heuristics.base import Heuristic, Slot
from steadygan.heuristics.card import Source
from steadygan.heuristics.catalogue import CATALOGUE, heuristic_class
from steadygan.recipe import OFF, Recipe, recipe, recipe_names

WIDTH = 80


def recipe_list(width: int | None = None) -> str:
    """Every recipe, a line each.

    Args:
        width: columns to wrap at; None leaves lines whole.
    """
    return "\n".join(line for name in recipe_names() for line in _entry(name, recipe(name).summary, 14, width))


def heuristic_list(width: int | None = None) -> str:
    """Every heuristic by slot, a line each.

    Args:
        width: columns to wrap at; None leaves lines whole.
    """
    blocks: list[str] = []
    for slot in Slot:
        kinds = [kind for kind in CATALOGUE if kind.slot is slot]
        lines = [line for kind in kinds for line in _entry(f"  {kind.name}", kind.card.summary, 30, width)]
        blocks.append("\n".join([*_entry(f"{slot.value}: ", slot.question, 0, width), *lines]))
    return "\n\n".join(blocks)


def _entry(name: str, text: str, column: int, width: int | None) -> list[str]:
    """A name and, from a column on, what it is."""
    if width is None or width < column + 20:
        return [f"{name:<{column}}{text}"]
    # one column short of the edge, where some terminals wrap
    return textwrap.wrap(text, width - 1, initial_indent=f"{name:<{column}}", subsequent_indent=" " * column)


def heuristic_page(name: str) -> str:
    """One heuristic: its card, parameters, citations, and examples.

    Args:
        name: as the command line knows it.

    Raises:
        SteadyganError: when there is none of that name.
    """
    kind = heuristic_class(name)
    card = kind.card
    holds = ", which holds one at a time" if kind.slot.holds_one else ""
    blocks = [
        _wrapped(f"{kind.name} — fills the slot {kind.slot.value} ({kind.slot.question}){holds}"),
        _wrapped(card.summary),
        [f"  {card.formula}"],
        _parameters(kind),
        _facts(kind),
        ["from:", *(line for source in card.sources for line in _wrapped(str(source), "  "))],
        ["in Python:", textwrap.indent(card.example, "  ")],
        ["on the command line:", f"  steadygan train DATA --with {kind.name}{_example_of_set(kind)}"],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _parameters(kind: type[Heuristic]) -> list[str]:
    lines = ["parameters:"] if kind.model_fields else []
    for name, field in kind.model_fields.items():
        shown = "" if field.default is PydanticUndefined else f" = {_value(field.default)}"
        text = f"{kind.name}.{name}{shown}{f'  ({field.description})' if field.description else ''}"
        lines += _wrapped(text, "  ")
    return lines


def _facts(kind: type[Heuristic]) -> list[str]:
    card = kind.card
    lines = [f"treats: {', '.join(finding.value for finding in card.treats)}"] if card.treats else []
    lines.append(f"cost: {card.cost}")
    if card.needs:
        lines.append(f"needs one of: {', '.join(card.needs)}")
    lines += [f"clashes with {other}: {reason}" for other, reason in _clashes(kind).items()]
    if card.note:
        lines.append(f"note: {card.note}")
    return [each for line in lines for each in _wrapped(line)]


def _clashes(kind: type[Heuristic]) -> dict[str, str]:
    """Names of what it cannot go with, each with the reason, whichever of the two cards says so."""
    clashes = dict(kind.card.clashes)
    for other in CATALOGUE:
        if kind.name in other.card.clashes:
            clashes.setdefault(other.name, other.card.clashes[kind.name])
        if kind.decides and kind.decides == other.decides and other is not kind:
            clashes.setdefault(other.name, f"both decide {kind.decides}")
    return clashes


def _example_of_set(kind: type[Heuristic]) -> str:
    defaults = {name: field.default for name, field in kind.model_fields.items()}
    for number in (float, int):  # rates and weights are what one wants to change, counts less so
        for name, value in defaults.items():
            if isinstance(value, number):
                return f" --set {kind.name}.{name}={_value(value)}"
    return ""


def _value(value: object) -> str:
    """A value as TOML and ``--set`` write it."""
    if value is None:
        return OFF
    return str(value).lower() if isinstance(value, bool) else str(list(value) if isinstance(value, tuple) else value)


def _wrapped(text: str, indent: str = "") -> list[str]:
    # what follows the first line is set further in, so that a list stays a list
    return textwrap.wrap(
        text,
        WIDTH - 1,
        initial_indent=indent,
        subsequent_indent=indent * 2,
        break_long_words=False,
        break_on_hyphens=False,
    )


def recipe_page(recipe: Recipe) -> str:
    """A recipe as TOML that ``--recipe`` reads, each heuristic with what it is and where it comes from."""
    lines = []
    for line in recipe.to_toml().splitlines():
        if line.startswith("[heuristics."):
            lines += _comments(line.removeprefix("[heuristics.").removesuffix("]"))
        lines.append(line)
    return "\n".join(lines)


def _comments(name: str) -> list[str]:
    card = heuristic_class(name).card
    return [f"# {line}" for line in (*textwrap.wrap(card.summary, WIDTH - 3), *(_short(each) for each in card.sources))]


def _short(source: Source) -> str:
    citation = source.citation
    return f"{citation.authors.split(',')[0]} {citation.year}, {citation.link}"

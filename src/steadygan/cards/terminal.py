"""One recipe or one heuristic as a terminal shows it; the lists of them are in :mod:`steadygan.cards.lists`."""

import textwrap

from steadygan.cards.words import (
    Kinds,
    clashes,
    command,
    decisions_text,
    default_text,
    labels_text,
)
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.card import Source
from steadygan.heuristics.catalogue import BUILT_IN, heuristic_class
from steadygan.recipe import Recipe

WIDTH = 80


def heuristic_page(name: str, kinds: Kinds = BUILT_IN) -> str:
    """One heuristic: its card, parameters, citations, and examples.

    Args:
        name: as the command line knows it.
        kinds: the heuristics that it may clash with.

    Raises:
        SteadyganError: when there is none of that name.
    """
    kind = next((each for each in kinds if each.name == name), None) or heuristic_class(name)
    card = kind.card
    blocks = [
        _wrapped(f"{kind.name} — {_place(kind)}"),
        _wrapped(card.summary),
        [f"  {card.formula}"],
        _parameters(kind),
        _facts(kind, kinds),
        ["from:", *(line for source in card.sources for line in _wrapped(str(source), "  "))],
        ["in Python:", textwrap.indent(card.example, "  ")],
        ["on the command line:", f"  {command(kind, kinds)}"],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _place(kind: type[Heuristic]) -> str:
    slot = f"the slot {kind.slot.value} ({kind.slot.question})"
    if kind.modifies:
        return f"stands beside what fills {slot}"
    return f"fills {slot}{', which holds one at a time' if kind.slot.holds_one else ''}"


def _parameters(kind: type[Heuristic]) -> list[str]:
    lines = ["parameters:"] if kind.model_fields else []
    for name, field in kind.model_fields.items():
        shown = "" if field.is_required() else f" = {default_text(field)}"
        text = f"{kind.name}.{name}{shown}{f'  ({field.description})' if field.description else ''}"
        lines += _wrapped(text, "  ")
    return lines


def _facts(kind: type[Heuristic], kinds: Kinds) -> list[str]:
    card = kind.card
    facts = {
        "treats": ", ".join(finding.value for finding in card.treats),
        "cost": card.cost,
        "needs one of": ", ".join(kind.needs),
        "labels": labels_text(kind),
        "images only": "left out for vectors" if kind.images_only else "",
        "decides": decisions_text(kind),
        **{f"clashes with {other}": reason for other, reason in clashes(kind, kinds).items()},
        "note": card.note,
    }
    return [line for name, text in facts.items() if text for line in _wrapped(f"{name}: {text}")]


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

"""Every heuristic on one page of Markdown: the file docs/heuristics.md is made of the cards alone."""

import re

from steadygan.cards.words import (
    Kinds,
    clashes,
    command,
    decisions_text,
    default_heuristic,
    default_text,
    in_slot,
    labels_text,
    limits_text,
)
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.card import PREAMBLE, Source
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.heuristics.citations import Citation
from steadygan.heuristics.composition import replaces
from steadygan.vocabulary import Failure, Slot

_TREATS, _BIBLIOGRAPHY = "What treats what", "Bibliography"


def handbook(kinds: Kinds = BUILT_IN) -> str:
    """The whole page.

    Args:
        kinds: the heuristics, in the order in which they are applied.

    Returns:
        Markdown with one line break at its end.
    """
    blocks = [_opening(kinds), _contents(kinds)]
    for slot in Slot:
        blocks += _slot(slot, kinds)
    blocks += [_treatments(kinds), _bibliography(kinds)]
    return "\n\n".join(blocks) + "\n"


def _opening(kinds: Kinds) -> str:
    return "\n\n".join(
        [
            "# The heuristics",
            "<!-- Made of the cards in src/steadygan/heuristics by `make docs`. Change a card, not this page. -->",
            f"{len(kinds)} published ways to train a GAN, each a small piece that works alone and composes with the "
            "others. Every piece fills one slot of the training step, and every slot answers one question. "
            "`--with NAME` puts a piece into a recipe, `--without NAME` takes it out, "
            "`--set NAME.PARAMETER=VALUE` changes one of its numbers. `steadygan heuristics NAME` shows one in the "
            "terminal, and `steadygan cite NAME` prints where it comes from as BibTeX.",
            "Examples in Python can be pasted after these lines, which stand for your networks and your batch:",
            _fenced("python", PREAMBLE.strip()),
        ]
    )


def _contents(kinds: Kinds) -> str:
    lines = ["## Contents", ""]
    for slot in Slot:
        fill, modify = in_slot(slot, kinds)
        count = "one of " if slot.holds_one else ""
        beside = f"; beside it {_links(modify)}" if modify else ""
        lines.append(f"- {_to_heading(slot.value, _heading(slot))}: {slot.question} {count}{_links(fill)}{beside}")
    lines += [f"- {_to_heading(title, title)}" for title in (_TREATS, _BIBLIOGRAPHY)]
    return "\n".join(lines)


def _slot(slot: Slot, kinds: Kinds) -> list[str]:
    fill, modify = in_slot(slot, kinds)
    blocks = [f"## {_heading(slot)}"]
    if slot.holds_one:
        each = " for each player" if _players_differ(fill) else ""
        blocks.append(f"This slot holds one at a time{each}: choosing another replaces it.")
    blocks += [_heuristic(kind, kinds) for kind in fill]
    if modify:
        names = f"{'These stand' if len(modify) > 1 else 'This stands'} beside whatever fills the slot {slot.value}"
        blocks.append(f"{names}: {_links(modify)}.")
        blocks += [_heuristic(kind, kinds) for kind in modify]
    return blocks


def _players_differ(fill: Kinds) -> bool:
    """Whether two that fill the same slot can stand side by side."""
    usual = [each for kind in fill if (each := default_heuristic(kind))]
    return not all(replaces(one, other) for one in usual for other in usual)


def _heading(slot: Slot) -> str:
    return f"{slot.value.capitalize()}: {slot.question}"


# --- one heuristic


def _heuristic(kind: type[Heuristic], kinds: Kinds) -> str:
    card = kind.card
    blocks = [
        f"### {kind.name}",
        prose(card.summary),
        _fenced("text", card.formula),
        _parameters(kind),
        _facts(kind, kinds),
        prose(card.note),
        "\n".join(["From:", "", *(f"- {_source(source)}" for source in card.sources)]),
        _fenced("python", card.example),
        _fenced("shell", command(kind, kinds)),
    ]
    return "\n\n".join(block for block in blocks if block)


def _parameters(kind: type[Heuristic]) -> str:
    if not kind.model_fields:
        return ""
    lines = ["| parameter | default | range | what it is |", "| --- | --- | --- | --- |"]
    for name, field in kind.model_fields.items():
        default = f"`{default_text(field)}`" if not field.is_required() else "none: set it"
        cells = (f"`{name}`", default.replace("|", r"\|"), limits_text(field), prose(field.description or ""))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _facts(kind: type[Heuristic], kinds: Kinds) -> str:
    card = kind.card
    facts = {
        "Treats": ", ".join(f"[{finding.value}](#{_treats_anchor(finding)})" for finding in card.treats),
        "Costs": prose(card.cost),
        "Needs one of": ", ".join(_link(name, kinds) for name in kind.needs),
        "Labels": prose(labels_text(kind)),
        "Images only": "left out for vectors" if kind.images_only else "",
        "Decides": prose(decisions_text(kind)),
    }
    lines = [f"- **{name}:** {text}" for name, text in facts.items() if text]
    refused = clashes(kind, kinds)
    if refused:
        lines.append("- **Clashes with:**")
        lines += [f"  - {_link(name, kinds)}: {prose(reason)}" for name, reason in refused.items()]
    return "\n".join(lines)


def _source(source: Source) -> str:
    citation = source.citation
    where = f", {prose(source.where)}" if source.where else ""
    names = f"{prose(citation.authors)} ({citation.year})"
    return f"{names}: [{prose(citation.title)}]({citation.link}){where} ([{citation.key}](#{citation.key}))"


# --- the indexes


def _treatments(kinds: Kinds) -> str:
    lines = [f"## {_TREATS}", "", "What goes wrong, and the heuristics that are said to help:", ""]
    for failure in Failure:
        treating = [kind for kind in kinds if failure in kind.card.treats]
        shown = _links(treating) if treating else "none"
        lines.append(f'- <a id="{_treats_anchor(failure)}"></a>**{failure.value}**: {shown}')
    return "\n".join(lines)


def _treats_anchor(finding: Failure) -> str:
    return f"treats-{finding.value}"


def _bibliography(kinds: Kinds) -> str:
    users: dict[Citation, list[type[Heuristic]]] = {}
    for kind in kinds:
        for citation in dict.fromkeys(source.citation for source in kind.card.sources):
            users.setdefault(citation, []).append(kind)
    lines = [
        f"## {_BIBLIOGRAPHY}",
        "",
        f"{len(users)} publications by the keys that `steadygan cite` gives them, each with what was taken from it:",
        "",
    ]
    for citation in sorted(users, key=lambda each: each.key):
        title = f"[{prose(citation.title)}]({citation.link})"
        lines.append(
            f'- <a id="{citation.key}"></a>`{citation.key}`: {prose(citation.authors)} ({citation.year}). '
            f"{title}. For {_links(users[citation])}"
        )
    return "\n".join(lines)


# --- Markdown


def prose(text: str) -> str:
    """Text in which no sign means anything to Markdown."""
    return re.sub(r"([\\`*_\[\]<>|~$#])", r"\\\1", " ".join(text.split()))


def slug(heading: str) -> str:
    """The anchor that a heading has on a page."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _to_heading(text: str, heading: str) -> str:
    return f"[{text}](#{slug(heading)})"


def _links(kinds: Kinds) -> str:
    return ", ".join(f"[{kind.name}](#{kind.name})" for kind in kinds)


def _link(name: str, kinds: Kinds) -> str:
    return f"[{name}](#{name})" if any(kind.name == name for kind in kinds) else f"`{name}`"


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"

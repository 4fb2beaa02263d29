"""The parts of docs/doctor.md that are made: what each failure is, and the losses of an even game."""

import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap

from PIL import Image

from steadygan.doctor.finding import Severity
from steadygan.doctor.meanings import MEANINGS
from steadygan.doctor.rules import RULES
from steadygan.doctor.treatments import ADVICE, candidates
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.heuristics.roles import Objective
from steadygan.vocabulary import Failure

CAPTION = "caption"
"""The key under which a picture holds what it shows."""
MOST = 6
"""Heuristics that are named for a failure."""


def picture_name(failure: Failure) -> str:
    """The name of the file that shows a failure."""
    return f"doctor-{failure.value}.png"


def captions(images: Path) -> dict[Failure, str]:
    """What the pictures show that there are in a folder, by failure."""
    found = {}
    for failure in Failure:
        if (images / picture_name(failure)).is_file():
            with Image.open(images / picture_name(failure)) as opened:
                found[failure] = str(opened.info.get(CAPTION, ""))
    return found


def failures(shown: Mapping[Failure, str]) -> str:
    """Every failure with its picture, its meaning, what it is seen by and what treats it.

    Args:
        shown: captions of the pictures that there are.
    """
    return "\n\n".join(_failure(failure, shown.get(failure)) for failure in Failure)


def _either(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _failure(failure: Failure, caption: str | None) -> str:
    blocks = [f"### {failure.value}", MEANINGS[failure]]
    if caption is not None:
        blocks += [f"![{failure.value}](images/{picture_name(failure)})", f"*{_sentence(caption)}*"]
    rules = [rule for rule in RULES if rule.kind is failure]
    figures = list(dict.fromkeys(f"`{figure}`" for rule in rules for figure in rule.reads))
    severities = [each.value for each in Severity if any(rule.severity is each for rule in rules)]
    if rules:
        blocks.append(f"Seen by: {', '.join(figures)}; severity {_either(severities)}.")
    else:
        blocks.append("The doctor has no rule for it yet; heuristics name it as something that they treat.")
    return "\n\n".join(_wrapped(block) for block in [*blocks, *_treated(failure)])


def _treated(failure: Failure) -> list[str]:
    """What treats it: advice first, then heuristics in the order of trying."""
    names = [f"[{kind.name}](heuristics.md#{kind.name})" for kind in candidates(failure)[:MOST]]
    advice = [f"First: {each}." for each in ADVICE.get(failure, ())]
    return [" ".join([*advice, *([f"Treated by: {', '.join(names)}."] if names else [])])] if advice or names else []


def _wrapped(paragraph: str) -> str:
    """A paragraph in lines as long as those that are written by hand; links stay whole."""
    return "\n".join(wrap(paragraph, 120, break_long_words=False, break_on_hyphens=False))


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def losses() -> str:
    """The loss of a discriminator that cannot tell real from generated images, by objective, as a table."""
    kinds = [kind for kind in BUILT_IN if issubclass(kind, Objective)]
    rows = [
        f"| [{kind.name}](heuristics.md#{kind.name}) | "
        f"{'any; only its differences mean something' if kind.even_loss is None else f'{kind.even_loss:.3g}'} |"
        for kind in kinds
    ]
    return "\n".join(["| objective | loss of a discriminator that guesses |", "| --- | --- |", *rows])


def doctor_page(page: str, images: Path) -> str:
    """The page with its parts made anew.

    Args:
        page: as it was.
        images: the folder of its pictures.
    """
    return with_section(with_section(page, "losses", losses()), "failures", failures(captions(images)))


def with_section(page: str, name: str, text: str) -> str:
    """A page whose section between ``<!-- begin NAME -->`` and ``<!-- end NAME -->`` is replaced."""
    begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
    return re.sub(
        f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: f"{begin}\n{text}\n\n{end}", page, count=1, flags=re.DOTALL
    )

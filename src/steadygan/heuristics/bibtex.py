r"""A reader of the part of BibTeX that publishers offer for copying: entries whose values stand in braces.

A library that reads all of BibTeX would be one more dependency for the sake of one file of our own.
"""

import re
import unicodedata
from dataclasses import dataclass

from steadygan.errors import SteadyganError

_ACCENTS = {"`": 0x300, "'": 0x301, "^": 0x302, "~": 0x303, "=": 0x304, "u": 0x306, ".": 0x307, '"': 0x308}
_ACCENTS |= {"r": 0x30A, "H": 0x30B, "v": 0x30C, "d": 0x323, "c": 0x327, "k": 0x328}
_SIGNS = {"o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "i": "ı", "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ"}
_SIGNS |= {"textasciitilde": "~", "textasciicircum": "^", "textbackslash": "\\"}
_SIGNS |= {"textbraceleft": "{", "textbraceright": "}"}
_LIGATURES = {"---": "—", "--": "–", "``": "“", "''": "”", "~": " ", "{": "", "}": ""}
_LATEX = re.compile(
    r"""\\(?P<accent>[`'^~=."]\s*|[uHvcdkr](?![A-Za-z])\s*)\{?(?P<letter>\\i(?![A-Za-z])|[^\W\d_])\}?"""
    r"""|\\(?P<sign>[A-Za-z]+)(?:\{\}|\s+)?"""
    r"""|\\(?P<escaped>[&%$#_{}])"""
    r"""|---?|``|''|[~{}]"""
)
_FIELD = re.compile(r"[\s,]*(?P<name>\w+)\s*=\s*(?P<number>\d+\b)?")


@dataclass(frozen=True)
class Entry:
    """One entry.

    Attributes:
        key: its name.
        text: all of it, as it is written.
        fields: values by name in small letters, as they are written, without their outer braces.
    """

    key: str
    text: str
    fields: dict[str, str]


def entries(text: str) -> list[Entry]:
    """The entries of a text, in their order; what stands outside of entries is skipped, as BibTeX does.

    Args:
        text: BibTeX whose values are in braces, or whole numbers.

    Raises:
        SteadyganError: a brace stays open, or a value is neither in braces nor a whole number.
    """
    found = []
    start = text.find("@")
    while start >= 0:
        opened = text.find("{", start)
        end = _closing(text, opened) + 1
        key, _, rest = text[opened + 1 : end - 1].partition(",")
        found.append(Entry(key.strip(), text[start:end], _fields(key.strip(), rest)))
        start = text.find("@", end)
    return found


def _closing(text: str, opened: int) -> int:
    """Where the brace that is opened here is closed; BibTeX counts braces even behind a backslash."""
    depth = 0
    places = range(opened, len(text)) if opened >= 0 else ()
    for place in places:
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise SteadyganError("This is not BibTeX, because a brace is missing: write @misc{key, title = {...}, ...}")


def _fields(key: str, text: str) -> dict[str, str]:
    found = {}
    place = 0
    while text[place:].strip(" \t\r\n,"):
        field = _FIELD.match(text, place)
        if field is None or not (field["number"] or text.startswith("{", field.end())):
            raise SteadyganError(f"The BibTeX entry '{key}' has a value without braces; write title = {{...}}")
        end = field.end() if field["number"] else _closing(text, field.end())
        found[field["name"].lower()] = field["number"] or " ".join(text[field.end() + 1 : end].split())
        place = end if field["number"] else end + 1
    return found


def plain(latex: str) -> str:
    """The letters that LaTeX sets for a text; a command that is not known stays as it is written."""
    return unicodedata.normalize("NFC", _LATEX.sub(_set, latex))


def _set(found: re.Match[str]) -> str:
    if found["accent"]:
        letter = found["letter"]
        # the i that LaTeX calls dotless stands under an accent in place of the one with a dot
        return ("i" if letter == "\\i" else letter) + chr(_ACCENTS[found["accent"].strip()])
    if found["sign"]:
        return _SIGNS.get(found["sign"], found[0])
    return found["escaped"] or _LIGATURES[found[0]]


def surnames(authors: str) -> str:
    """The surnames of an author field, with commas between them.

    Args:
        authors: names with ``and`` between them, such as ``Radford, Alec and Luke Metz and {de la Cruz}``. A name
            in braces is a surname as a whole.

    Returns:
        Text such as ``Radford, Metz, de la Cruz``; ``others`` becomes ``et al.``.
    """
    names = [_surname(name) for name in re.split(r"\s+and\s+", authors.strip())]
    return ", ".join(names).replace(", others", " et al.")


def _surname(name: str) -> str:
    last, comma, _ = name.partition(",")
    if comma or _is_braced(name):
        return plain(last.strip())
    # words that begin small, such as "de la", belong to the surname behind them
    words = name.split()
    start = next((place for place, word in enumerate(words[1:-1], 1) if word[0].islower()), len(words) - 1)
    return plain(" ".join(words[start:]))


def _is_braced(name: str) -> bool:
    return name.startswith("{") and _closing(name, 0) == len(name) - 1

r"""Publications as BibTeX, in plain ASCII wherever LaTeX has a command for a letter.

Letters with marks become commands such as ``{\o}``, which the oldest BibTeX sorts and typesets like the newest.
"""

import unicodedata

_MARKS = {
    "\N{COMBINING GRAVE ACCENT}": "`",
    "\N{COMBINING ACUTE ACCENT}": "'",
    "\N{COMBINING CIRCUMFLEX ACCENT}": "^",
    "\N{COMBINING TILDE}": "~",
    "\N{COMBINING MACRON}": "=",
    "\N{COMBINING BREVE}": "u",
    "\N{COMBINING DOT ABOVE}": ".",
    "\N{COMBINING DIAERESIS}": '"',
    "\N{COMBINING RING ABOVE}": "r",
    "\N{COMBINING DOUBLE ACUTE ACCENT}": "H",
    "\N{COMBINING CARON}": "v",
    "\N{COMBINING DOT BELOW}": "d",
    "\N{COMBINING CEDILLA}": "c",
    "\N{COMBINING OGONEK}": "k",
}
_SIGNS = {
    "ø": r"{\o}",
    "Ø": r"{\O}",
    "ł": r"{\l}",
    "Ł": r"{\L}",
    "ı": r"{\i}",
    "ß": r"{\ss}",
    "æ": r"{\ae}",
    "Æ": r"{\AE}",
    "œ": r"{\oe}",
    "Œ": r"{\OE}",
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
    "\\": r"{\textbackslash}",
    # BibTeX counts braces even behind a backslash
    "{": r"{\textbraceleft}",
    "}": r"{\textbraceright}",
}
_IN_ADDRESSES = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C", " ": "%20"})


def latex(text: str) -> str:
    """Text as LaTeX sets it; letters that it has no short command for stay as they are, in UTF-8."""
    return "".join(_letter(letter) for letter in unicodedata.normalize("NFC", text))


def _letter(letter: str) -> str:
    if letter in _SIGNS:
        return _SIGNS[letter]
    base, *marks = list(unicodedata.normalize("NFD", letter))
    if len(marks) != 1 or marks[0] not in _MARKS:
        return letter
    command = _MARKS[marks[0]]
    # a command that is a letter would swallow the letter behind it
    return f"{{\\{command}{{{base}}}}}" if command.isalpha() else f"{{\\{command}{base}}}"


def author_field(surnames: str) -> str:
    """Surnames with commas between them, as BibTeX wants authors.

    Args:
        surnames: such as ``Radford, Metz, Chintala``, or ``Radford et al.``.

    Returns:
        Text such as ``Radford and Metz and Chintala``. A name of several words is braced, because BibTeX would take
        the first of them for a given name; ``et al.`` becomes ``others``, which BibTeX writes out by itself.
    """
    shortened = surnames.strip().endswith("et al.")
    names = [latex(name.strip()) for name in surnames.strip().removesuffix("et al.").split(",") if name.strip()]
    names = [f"{{{name}}}" if " " in name else name for name in names]
    return " and ".join([*names, "others"] if shortened else names)


def entry(key: str, authors: str, title: str, year: int, arxiv: str, link: str) -> str:
    """One entry, without a line break at its end.

    Args:
        key: what ``cite`` calls it.
        authors: surnames with commas between them.
        title: as published; braced, so that no style makes ``GAN`` small.
        year: of publication.
        arxiv: the number there; empty when it is not there.
        link: where to read it.

    Returns:
        ``@misc`` as arXiv itself writes it, with ``eprint`` and ``archivePrefix`` for what is there.
    """
    fields = {"author": author_field(authors), "title": f"{{{latex(title)}}}", "year": str(year)}
    if arxiv:
        fields |= {"eprint": arxiv, "archivePrefix": "arXiv"}
    fields["url"] = link.translate(_IN_ADDRESSES)
    width = max(len(name) for name in fields)
    lines = [f"  {name:<{width}} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{key},", *lines, "}"])

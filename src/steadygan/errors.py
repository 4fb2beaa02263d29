"""The one error that a person causes and a person can mend, and the words for it."""

import difflib
from collections.abc import Iterable

from pydantic import ValidationError


class SteadyganError(Exception):
    """Bad input, said in one sentence: what is wrong, where, and what to do.

    The command line prints the sentence and ends with status 2; in Python it is raised as it is.
    """


def nearest(name: str, options: Iterable[str]) -> str:
    """The end of a sentence that refuses ``name``: the closest right name, or all of them.

    Args:
        name: what was asked for.
        options: every name that would have been right.

    Returns:
        Text such as ``did you mean 'adam'?`` or ``choose one of: a, b``.
    """
    known = sorted(options)
    if not known:
        return "there is nothing to choose from"
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.55)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"choose one of: {', '.join(known)}"


def sentence(error: ValidationError, subject: str, fields: Iterable[str]) -> str:
    """What pydantic found first, as one sentence.

    Args:
        error: what validation raised.
        subject: what was validated, as the user knows it, such as ``r1``.
        fields: names that the subject has.

    Returns:
        A sentence that names the field, what is wrong with it, and the value.
    """
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
    if first["type"] == "extra_forbidden":
        known = list(fields)
        if not known:
            return f"'{subject}' has no parameters, so '{place}' cannot be set"
        return f"'{subject}' has no parameter '{place}'; {nearest(place, known)}"
    message = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if not place:
        return f"'{subject}' is not possible: {message}"
    return f"'{subject}.{place}' {message}, but it is {first['input']!r}"

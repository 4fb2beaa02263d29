"""The one error that a person causes and a person can mend, a warning, and the words for them."""

import difflib
import re
import sys
import warnings
from collections.abc import Iterable

from pydantic import ValidationError

_PLAIN = {
    r"(Value error, |\bInput )": "",
    r"a valid integer\b(, (unable|got).*)?": "a whole number",
    r"a valid number\b(, unable.*)?": "a number",
    r"a valid boolean\b(, unable.*)?": "true or false",
}


class SteadyganError(Exception):
    """Bad input, said in one sentence: what is wrong, where, and what to do.

    The command line prints the sentence and ends with status 2; in Python it is raised as it is.
    """


def warn(message: str) -> None:
    """Warn of something that works and that the caller would hardly want; the line is that of the caller's program.

    Args:
        message: one sentence: what was seen, and what to change.
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("steadygan."):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, UserWarning, stacklevel=level)


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
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"choose one of: {', '.join(known)}"


def sentence(error: ValidationError, subject: str, fields: Iterable[str]) -> str:
    """What pydantic found first, as one sentence.

    Args:
        error: what validation raised.
        subject: what was validated, as the user knows it, such as ``r1``; empty where a field needs no surname.
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
    message = plain_message(first["msg"])
    if not place:
        return f"'{subject}' is not possible: {message}"
    whole = f"{subject}.{place}" if subject else place
    if first["type"] == "missing":
        return f"'{whole}' is missing; give it a value"
    return f"'{whole}' {message}, but it is {first['input']!r}"


def plain_message(message: str) -> str:
    """What pydantic says of a value, in the words of someone who does not program."""
    for technical, words in _PLAIN.items():
        message = re.sub(technical, words, message)
    return message


def printable(text: str, keep: str = "") -> str:
    """Escapes control characters and invalid bytes, so that any terminal and any file can hold text from anywhere.

    Args:
        text: a path, a name, or a sentence with such in it.
        keep: characters that stay as they are.
    """
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode("ascii") for c in text)


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory, of the machine or of a device, was not enough."""
    if isinstance(error, MemoryError):
        return True
    # torch has a class for this on CUDA only; on the CPU and MPS the words are all there is
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)

"""Numbers, durations and moments as a reader wants them."""

import re
from datetime import datetime

NOT_KNOWN = "not known"
MINUS = "\N{MINUS SIGN}"
_SPELT = {"wasserstein": "Wasserstein", "frechet": "Fréchet", "kl": "KL", "vae": "VAE", "gan": "GAN"}


def count(value: float | None) -> str:
    """A whole number with separators, such as ``600,000``."""
    return NOT_KNOWN if value is None else f"{round(value):,}"


def figure(value: float | None) -> str:
    """A measured number with four significant digits, such as ``0.01234``, ``2,013`` or ``3.1e-07``."""
    if value is None:
        return "not finite"
    return _digits(value).replace("-", MINUS, 1) if value < 0 else _digits(value)


def _digits(value: float) -> str:
    """Four significant digits with a plain hyphen for minus."""
    size = abs(value)
    if size >= 1e7 or 0 < size < 1e-4:
        return f"{value:.2e}"
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def duration(seconds: float | None) -> str:
    """A length of time, such as ``48 s``, ``4 min 58 s`` or ``2 h 05 min``."""
    if seconds is None:
        return NOT_KNOWN
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes_left = divmod(minutes, 60)
    days, hours_left = divmod(hours, 24)
    if days:
        return f"{days} d {hours_left} h"
    if hours:
        return f"{hours} h {minutes_left:02d} min"
    if minutes:
        return f"{minutes} min {rest:02d} s"
    return f"{whole} s"


def moment(written: str) -> str:
    """An ISO time in words; what is none is given back as it is."""
    try:
        when = datetime.fromisoformat(written)
    except ValueError:
        return written
    zone = f" {when.tzname()}" if when.tzinfo else ""
    return f"{when.day} {when:%B %Y, %H:%M}{zone}"


def value_in_words(value: object) -> str:
    """Any setting as text: yes and no for truth, ``none`` for nothing, lists with commas."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(value_in_words(item) for item in value)
    return str(value)


def spaced(name: str) -> str:
    """A key as words: ``sliced_wasserstein`` becomes ``sliced Wasserstein``."""
    words = name.replace("_", " ").replace("/", " ").strip()
    return re.sub(r"\w+", lambda found: _SPELT.get(found[0], found[0]), words)


def sentence_case(words: str) -> str:
    """Words with a capital at their beginning."""
    return words[:1].upper() + words[1:]


def percent(share: float) -> str:
    """A share such as ``89.4%``."""
    return f"{share:.1%}"

"""Ratios, intervals and shares in words."""

import math
from collections.abc import Sequence

from steadygan.report.words import figure
from steadygan.study.analysis import Interval, LogRatio, Share, Verdict

TO = "\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}"
NONE = "–"
"""Stands where there is no figure."""
TONES = {
    Verdict.RESCUES: "third",
    Verdict.HELPS: "third",
    Verdict.MAY_HELP: "third",
    Verdict.NO_DIFFERENCE: "sixth",
    Verdict.MAY_HURT: "generator",
    Verdict.HURTS: "generator",
    Verdict.BREAKS: "generator",
    Verdict.TOO_FEW: "sixth",
    Verdict.NOT_TRIED: "sixth",
}
"""Which of the page's colours a verdict has."""


def times(ratio: float) -> str:
    """A ratio such as ``0.71``, with more digits where it would look like 1."""
    if ratio >= 10 or ratio < 0.1:
        return f"{ratio:.2g}" if 0.001 <= ratio < 1000 else figure(ratio)
    return f"{ratio:.3f}" if 0 < abs(ratio - 1) < 0.005 else f"{ratio:.2f}"


def span(interval: Interval | None) -> str:
    """An interval of log ratios as one of ratios, such as ``0.63 to 0.80``."""
    if interval is None:
        return "no interval"
    return f"{times(_power(interval.low))}{TO}{times(_power(interval.high))}"


def two_lines(ratio: LogRatio | None) -> str:
    """A ratio and, in a second line, its interval."""
    return NONE if ratio is None else f"{times(ratio.ratio)}\n{span(ratio.student)}"


def ratio_in_words(ratio: LogRatio) -> str:
    """A ratio with its interval, such as ``0.71 (0.63 to 0.80)``."""
    return f"{times(ratio.ratio)} ({span(ratio.student)})"


def share_in_words(share: Share) -> str:
    """A share of runs with its interval, such as ``5 of 5 (57% to 100%)``."""
    first, _, second = share_in_two_lines(share).partition("\n")
    return f"{first} ({second})" if second else first


def share_in_two_lines(share: Share) -> str:
    """A share of runs and, in a second line, its interval."""
    if share.interval is None:
        return "no runs"
    low, high = (f"{100 * end:.0f}%" for end in (share.interval.low, share.interval.high))
    return f"{share.healthy} of {share.runs}\n{low}{TO}{high}"


def score_in_words(score: float | None) -> str:
    """A median score; an infinite one is that of failures."""
    if score is None:
        return "none"
    return "failed" if math.isinf(score) else figure(score)


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names as a list in a sentence, such as ``a, b and c``; of many, the first and how many more there are."""
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def plain(name: str) -> str:
    """A name for Plotly, which would read tags in it."""
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _power(log: float) -> float:
    return math.exp(min(log, 700.0))

"""Charts as Plotly reads them. Colours are names of the page's, such as ``--third``; its script looks them up."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_TICKS = (
    tuple(round(0.02 * step, 2) for step in range(1, 200)),
    tuple(round(0.05 * step, 2) for step in range(1, 80)),
    tuple(round(0.1 * step, 1) for step in range(1, 50)),
    (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10),
    (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100),
)
"""Where ratios may be marked, the finest first."""
_MOST_TICKS = 9


@dataclass(frozen=True)
class Chart:
    """One chart.

    Attributes:
        key: a name for machines, unique on the page.
        title: its heading.
        hint: how to read it.
        summary: what it shows, for who cannot see it.
        height: in pixels.
        data: traces of Plotly.
        layout: of Plotly; the script of the page adds what all charts share.
        wide: whether it takes the whole width of the page.
    """

    key: str
    title: str
    hint: str
    summary: str
    height: int
    data: Sequence[Mapping[str, Any]]
    layout: Mapping[str, Any]
    wide: bool = False


def ratio_axis(title: str, ends: Iterable[float], **more: Any) -> dict[str, Any]:
    """A logarithmic axis of ratios that holds all these.

    Args:
        title: of the axis.
        ends: ratios, finite and above 0; 1 is always on the axis.
        more: further settings.
    """
    logs = [math.log10(end) for end in (*ends, 1.0)]
    slack = max(0.04 * (max(logs) - min(logs)), 0.008)
    low, high = min(logs) - slack, max(logs) + slack
    return {
        "type": "log",
        "range": [low, high],
        "title": {"text": title, "standoff": 8},
        "zeroline": False,
        **_ticks(10**low, 10**high),
        **more,
    }


def _ticks(low: float, high: float) -> dict[str, Any]:
    """The finest marks that are not too many."""
    for candidates in _TICKS:
        marks = [mark for mark in candidates if low <= mark <= high]
        if 2 <= len(marks) <= _MOST_TICKS:
            return {"tickmode": "array", "tickvals": marks, "ticktext": [f"{mark:g}" for mark in marks]}
    return {"dtick": 1, "tickformat": "~g"}


def ratio_line(axis: str = "x") -> dict[str, Any]:
    """A line at the ratio 1, where nothing differs."""
    if axis == "x":
        ends = {"x0": 1, "x1": 1, "xref": "x", "yref": "paper", "y0": 0, "y1": 1}
    else:
        ends = {"y0": 1, "y1": 1, "yref": "y", "xref": "paper", "x0": 0, "x1": 1}
    return {"type": "line", "layer": "below", "line": {"color": "--muted", "width": 1, "dash": "dot"}, **ends}


def note(text: str, **place: Any) -> dict[str, Any]:
    """Words on a chart."""
    return {"text": text, "showarrow": False, "font": {"size": 12, "color": "--muted"}, **place}

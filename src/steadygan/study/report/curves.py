"""Curves of the distance to the data while trials train: a panel for each recipe, a faint line for each seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from steadygan.amounts import things
from steadygan.errors import SteadyganError
from steadygan.files import read_json_lines
from steadygan.metrics import CHOOSES_BEST
from steadygan.report.curves import series, thin
from steadygan.report.words import spaced
from steadygan.runs.folder import RunFolder
from steadygan.study.report.charts import Chart, note
from steadygan.study.report.words import plain

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Curve = tuple[Floats, Floats]
"""Images seen, and the distance then; float64 [N] each."""

COLUMNS = 4
PANELS = 96
"""The most recipes that have a panel."""
_SHEET = 16
"""Panels of one chart."""
_POINTS = 80
_EARLY = 0.8
"""A run that saw a smaller share of the images of the longest ended early."""
_PANEL, _GAP = 150, 46
_FIRST = ("quality/frechet_distance", CHOOSES_BEST.key)
"""Which measurement is drawn: the first of these that most runs have."""


def curves(folder: Path, table: pd.DataFrame, order: Sequence[str]) -> list[Chart]:
    """The panels, in charts that fit on a sheet of paper each.

    Args:
        folder: of the study.
        table: its trials.
        order: names of the recipes in the order of the panels; the first is the one that the others are compared with.

    Returns:
        No chart when no run has measured itself.
    """
    key, found = _measured(folder, table)
    drawn = [name for name in order if found.get(name)]
    shown = drawn[:PANELS]
    if not shown:
        return []
    compared = _median(found.get(order[0], []))
    axes = _axes([curve for name in shown for curve in found[name]])
    what = spaced(key.removeprefix("quality/"))
    more = f" {things(len(drawn) - len(shown), 'more recipe is', 'more recipes are')} not drawn." * (drawn != shown)
    hint = (
        "Over images seen, on a logarithmic scale, as the trials measured it themselves. Faint: each seed. Bold: their "
        f"median. Dotted: the median of {order[0]}. A line that ends early is a run that did.{more}"
    )
    made = []
    for start in range(0, len(shown), _SHEET):
        names = shown[start : start + _SHEET]
        rows = -(-len(names) // COLUMNS)
        height = rows * (_PANEL + _GAP) + 24
        made.append(
            Chart(
                key=f"curves-{start}",
                title=f"While they train: {what}" + (" (continued)" if start else ""),
                hint="" if start else hint,
                summary=f"A panel for each of {things(len(names), 'recipe')}",
                height=height,
                data=_lines(names, found, order[0], compared),
                layout=_layout(names, axes, height),
                wide=True,
            )
        )
    return made


def _lines(
    names: Sequence[str], found: Mapping[str, list[Curve]], first: str, compared: Curve | None
) -> list[dict[str, Any]]:
    """The lines of some panels."""
    data: list[dict[str, Any]] = []
    for place, name in enumerate(names, 1):
        axes = {"xaxis": f"x{place}", "yaxis": f"y{place}"}
        data += [_line(curve, "--generator", 1, 0.4, axes) for curve in found[name]]
        if compared is not None and name != first:
            data.append(_line(compared, "--muted", 1.5, 1, axes, dash="dot"))
        middle = _median(found[name])
        if middle is not None:
            data.append(_line(middle, "--generator", 2.25, 1, axes, hover=plain(name)))
    return data


def _measured(folder: Path, table: pd.DataFrame) -> tuple[str, Mapping[str, list[Curve]]]:
    """The measurement that is drawn, and its curves of each recipe."""
    rows = {
        (str(variant), str(run)): _rows(folder / str(run))
        for variant, run in zip(table["variant"], table["run"], strict=True)
        if isinstance(run, str)
    }
    having = {key: sum(any(key in row for row in run) for run in rows.values()) for key in _FIRST}
    key = next((key for key in _FIRST if 2 * having[key] > len(rows)), max(_FIRST, key=lambda name: having[name]))
    found: dict[str, list[Curve]] = {}
    for (variant, _), run in rows.items():
        images, values = series(run, key)
        values = np.where(values > 0, values, np.nan)
        if np.isfinite(values).any():
            kept = thin(values, _POINTS)
            found.setdefault(variant, []).append((images[kept], values[kept]))
    return key, found


def _rows(run: Path) -> list[dict[str, Any]]:
    """What a run measured; nothing where that cannot be read."""
    try:
        rows = read_json_lines(RunFolder(run).metrics)
    except (OSError, SteadyganError):
        return []
    return [row for row in rows if isinstance(row.get("images"), int | float)]


def _median(of_seeds: Sequence[Curve]) -> Curve | None:
    """The median over seeds, in which a run that ended early is infinitely bad; None with fewer than two seeds."""
    if len(of_seeds) < 2:
        return None
    ends = [float(images[-1]) for images, _ in of_seeds]
    # With a budget of time, each run sees another number of images; the median ends where the first of them does.
    end = min(own for own in ends if own >= _EARLY * max(ends))
    start = max(float(images[0]) for images, _ in of_seeds)
    if end <= start:
        return None
    images = np.linspace(start, end, _POINTS)
    finite = [(own[np.isfinite(made)], made[np.isfinite(made)]) for own, made in of_seeds]
    values = np.stack([np.interp(images, own, made, right=np.inf) for own, made in finite])
    middle = np.median(values, 0)
    drawn = np.isfinite(middle)
    return (images[drawn], middle[drawn]) if drawn.any() else None


def _line(
    curve: Curve,
    colour: str,
    width: float,
    opacity: float,
    axes: Mapping[str, str],
    dash: str = "solid",
    hover: str = "",
) -> dict[str, Any]:
    """One line of a panel."""
    images, values = curve
    told = (
        {"hovertemplate": f"{hover}: %{{y:.4~g}} after %{{x:,d}} images<extra></extra>"}
        if hover
        else {"hoverinfo": "skip"}
    )
    return {
        "type": "scatter",
        "mode": "lines" if len(images) > 1 else "markers",
        "x": [round(value) for value in images.tolist()],
        "y": [None if np.isnan(value) else float(f"{value:.4g}") for value in values.tolist()],
        "line": {"color": colour, "width": width, "dash": dash},
        "opacity": opacity,
        **told,
        **axes,
    }


def _axes(every: Sequence[Curve]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the axes of all panels share, so that lines can be compared."""
    values = np.concatenate([np.log10(made[np.isfinite(made)]) for _, made in every])
    low, high = float(values.min()), float(values.max())
    slack = max(0.04 * (high - low), 0.02)
    end = max(float(images[-1]) for images, _ in every)
    x = {"range": [0, 1.02 * end], "nticks": 4, "tickformat": "~s", "showgrid": False, "zeroline": False}
    ticks = "D1" if high - low < 0.4 else "D2" if high - low < 1.5 else 1
    return x, {"type": "log", "range": [low - slack, high + slack], "dtick": ticks, "tickformat": "~g"}


def _layout(names: Sequence[str], axes: tuple[dict[str, Any], dict[str, Any]], height: int) -> dict[str, Any]:
    """Places and titles of panels."""
    layout: dict[str, Any] = {"margin": {"l": 44, "r": 8, "t": 20, "b": 24}, "annotations": []}
    inside = height - 44
    width, space = 1 / COLUMNS, 0.035
    for place, name in enumerate(names):
        row, column = divmod(place, COLUMNS)
        left = column * width + (space if column else 0)
        top = 1 - row * (_PANEL + _GAP) / inside
        across = {"domain": [left, (column + 1) * width], "anchor": f"y{place + 1}"}
        up = {"domain": [max(0.0, top - _PANEL / inside), top], "anchor": f"x{place + 1}"}
        layout[f"xaxis{place + 1}"] = axes[0] | across
        layout[f"yaxis{place + 1}"] = axes[1] | up | {"showticklabels": column == 0}
        title = {"xref": "paper", "x": left, "xanchor": "left", "yref": "paper", "y": top, "yanchor": "bottom"}
        layout["annotations"].append(note(plain(name), **title, font={"size": 12, "color": "--text"}))
    return layout

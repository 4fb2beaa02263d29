"""Curves of what was measured, thinned so that spikes and gaps stay visible."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, pairwise

import numpy as np
from numpy.typing import NDArray

from steadygan.report.groups import Group, group_of, label_of
from steadygan.report.read import Table, number

Floats = NDArray[np.float64]

POINTS = 2000
"""The most points of a curve on the page."""
SMOOTH_FROM = 80
"""Fewer measurements than this are drawn as they are."""
_SMOOTH_POINTS = 600
_MARKED = 60
"""Curves of at most as many points have each of them marked."""
_CLOCKS = frozenset({"images", "step", "seconds", "not_finite"})
_FIXED_TONES = {
    "discriminator": "discriminator",
    "generator": "generator",
    "real": "discriminator",
    "fake": "generator",
}
_OTHER_TONES = ("third", "fourth", "fifth", "sixth")


@dataclass(frozen=True)
class Curve:
    """One line of a chart; a value of None is a gap, where the measurement was not finite.

    Attributes:
        figure: its name in the rows.
        label: its name on the chart.
        tone: which of the page's colours it has.
        images: images seen at each point.
        values: the measurements.
        smooth_images: images seen at each point of the running mean; empty without one.
        smooth_values: the running mean.
        last: the newest finite value.
        thinned: whether points were left out.
        sparse: whether it has so few points that each is marked.
    """

    figure: str
    label: str
    tone: str
    images: list[float]
    values: list[float | None]
    smooth_images: list[float]
    smooth_values: list[float | None]
    last: float
    thinned: bool
    sparse: bool


@dataclass(frozen=True)
class Chart:
    """Curves that share their axes.

    Attributes:
        key: a name for machines, unique on the page.
        title: its heading.
        hint: how to read it, in a sentence.
        log: whether the values are drawn on a logarithmic axis.
        share: whether all its values are shares, so that its axis runs from 0 to 1.
        from_zero: whether its axis begins at 0.
        folded: whether it is folded away while it shows no finding.
        curves: the lines.
    """

    key: str
    title: str
    hint: str
    log: bool
    share: bool
    from_zero: bool
    folded: bool
    curves: tuple[Curve, ...]


def charts(rows: Sequence[Table]) -> list[Chart]:
    """Everything that was measured, as charts in the order in which a reader asks.

    Args:
        rows: rows of ``metrics.jsonl``, oldest first, each with a number ``images``.
    """
    groups: dict[str, tuple[Group, list[str]]] = {}
    for key in dict.fromkeys(key for row in rows for key in row):
        if key not in _CLOCKS:
            group = group_of(key)
            groups.setdefault(group.key, (group, []))[1].append(key)
    ordered = sorted(groups.values(), key=lambda pair: pair[0].place)
    drawn = [_chart(group, keys, rows) for group, keys in ordered]
    return [chart for chart in drawn if chart.curves]


def _chart(group: Group, keys: Iterable[str], rows: Sequence[Table]) -> Chart:
    """The measurements of ``keys`` on one chart; those that were never finite are left out."""
    spare = cycle(_OTHER_TONES)
    curves = []
    for name in keys:
        images, values = series(rows, name)
        if np.isfinite(values).any():
            label = label_of(name)
            curves.append(_curve(name, label, _FIXED_TONES.get(label) or next(spare), images, values))
    finite = np.array([value for curve in curves for value in curve.values if value is not None])
    share = group.share and bool(finite.size and finite.min() >= 0 and finite.max() <= 1)
    log = not share and ((group.kind == "gradients" and _positive(finite)) or _wide(finite))
    from_zero = group.kind in ("quality", "doctor")
    return Chart(group.key, group.title, group.hint, log, share, from_zero, group.folded, tuple(curves))


def _positive(values: Floats) -> bool:
    """Whether a logarithm can be drawn."""
    return bool(values.size and values.min() > 0)


def _wide(values: Floats) -> bool:
    """Whether the values need a logarithmic axis: the largest would press the rest flat."""
    return _positive(values) and bool(values.max() > 50 * np.median(values))


def series(rows: Sequence[Table], key: str) -> tuple[Floats, Floats]:
    """One measurement over time.

    Args:
        rows: rows that may or may not have the key.
        key: which measurement.

    Returns:
        Images seen and values, float64 [N] each; NaN where it was measured and not finite.
    """
    pairs = [(number(row["images"]), number(row[key])) for row in rows if key in row and _measured(row[key])]
    images = np.array([images for images, _ in pairs], dtype=np.float64)
    return images, np.array([np.nan if value is None else value for _, value in pairs], dtype=np.float64)


def _measured(value: object) -> bool:
    """Whether this is a measurement, finite or not: null stands for one that was not."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _curve(figure: str, label: str, tone: str, images: Floats, values: Floats) -> Curve:
    """A curve with its thinned points and its running mean."""
    kept = thin(values, POINTS)
    smooth_images, smooth_values = running_mean(images, values)
    return Curve(
        figure=figure,
        label=label,
        tone=tone,
        images=images[kept].tolist(),
        values=_rounded(values[kept]),
        smooth_images=smooth_images.tolist(),
        smooth_values=_rounded(smooth_values),
        last=float(values[np.isfinite(values)][-1]),
        thinned=len(kept) < len(values),
        sparse=len(kept) <= _MARKED,
    )


def _rounded(values: Floats) -> list[float | None]:
    """Five significant digits keep the page small; NaN becomes a gap."""
    return [float(f"{value:.5g}") if np.isfinite(value) else None for value in values.tolist()]


def thin(values: Floats, limit: int) -> list[int]:
    """Which points to draw, so that no spike and no gap disappears.

    The curve is cut into equal stretches; of each, the lowest, the highest and the first missing point stay.

    Args:
        values: float64 [N], NaN where a value is missing.
        limit: the most points to keep, at least 8.

    Returns:
        Sorted indices, at most ``limit``; the first and the last point are among them.
    """
    if len(values) <= limit:
        return list(range(len(values)))
    kept = {0, len(values) - 1}
    edges = np.linspace(0, len(values), (limit - 2) // 3 + 1).astype(int).tolist()
    for start, end in pairwise(edges):
        stretch = values[start:end]
        missing = np.isnan(stretch)
        if missing.any():
            kept.add(start + int(missing.argmax()))
        if not missing.all():
            kept.add(start + int(np.nanargmin(stretch)))
            kept.add(start + int(np.nanargmax(stretch)))
    return sorted(kept)


def running_mean(images: Floats, values: Floats) -> tuple[Floats, Floats]:
    """The mean over a window of a fortieth of the run, for the eye.

    Args:
        images: float64 [N].
        values: float64 [N], NaN where a value is missing; it does not count.

    Returns:
        Images and means, float64 [M] each with M at most 600; empty when N is below ``SMOOTH_FROM``.
    """
    if len(values) < SMOOTH_FROM:
        return np.empty(0), np.empty(0)
    parts = min(len(values), _SMOOTH_POINTS)
    edges = np.linspace(0, len(values), parts + 1).astype(int)[:-1]
    finite = np.isfinite(values)
    sums = np.add.reduceat(np.where(finite, values, 0.0), edges)
    counts = np.add.reduceat(finite.astype(np.float64), edges)
    window = np.ones(max(3, parts // 40) | 1)  # odd, so that it is centred
    totals, sizes = np.convolve(sums, window, "same"), np.convolve(counts, window, "same")
    means = np.divide(totals, sizes, out=np.full(parts, np.nan), where=(sizes > 0) & (counts > 0))
    return np.maximum.reduceat(images, edges), means

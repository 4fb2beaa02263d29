"""The chart of effects, one line for each heuristic."""

import math
from collections.abc import Sequence
from typing import Any

from steadygan.amounts import things
from steadygan.study.analysis import Effect, Interval, LogRatio
from steadygan.study.report.charts import Chart, note, ratio_axis, ratio_line
from steadygan.study.report.words import TONES, plain, ratio_in_words, span, times

_ROW = 28
_FIGURES = 152
"""Width of a ratio with its interval, in pixels."""
_FURTHEST = 3.0
"""How many times further than the furthest point an interval is drawn; with two seeds some are wider than any axis."""
SIDE = "side"
"""Words that a narrow page has no room for."""


def forest(effects: Sequence[Effect]) -> Chart | None:
    """Effects with their intervals, the most helpful at the top.

    Args:
        effects: in that order.

    Returns:
        None when none has a score to compare.
    """
    scored = [effect for effect in effects if effect.score is not None]
    if not scored:
        return None
    shown = [effect for effect in effects if effect.seeds > 0]
    places = {id(effect): len(shown) - 1 - row for row, effect in enumerate(shown)}
    ends = _ends([effect.score for effect in scored if effect.score is not None])
    data = [
        _lines(scored, places, ends, "student", 1.5, "Student's interval"),
        _lines(scored, places, ends, "bootstrap", 6, "bootstrap interval"),
        _points(scored, places),
    ]
    names = [plain(effect.heuristic) for effect in shown]
    layout = {
        "margin": {"l": 12, "r": 466, "t": 30, "b": 48},
        "xaxis": ratio_axis("score with it ÷ score without it", ends, showgrid=True, side="bottom"),
        "yaxis": {
            "tickmode": "array",
            "tickvals": [places[id(effect)] for effect in shown],
            "ticktext": names,
            "range": [-0.6, len(shown) - 0.4],
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
            "tickfont": {"color": "--text", "size": 13},
        },
        "shapes": [ratio_line()],
        "annotations": [*_sides(), *(words for effect in shown for words in _said(effect, places[id(effect)]))],
    }
    return Chart(
        key="effects",
        title="Effect of each heuristic on the score",
        hint="A ratio below 1 is a lower score, which is better. The thin line is Student's 95% interval, by which the "
        "verdicts go; the thick one is that of the bootstrap, which is too narrow with few seeds.",
        summary="; ".join(f"{effect.heuristic} {_ratio(effect)}, {effect.verdict}" for effect in shown),
        height=90 + _ROW * len(shown),
        data=data,
        layout=layout,
        wide=True,
    )


def _ends(ratios: Sequence[LogRatio]) -> tuple[float, float]:
    """How far the axis goes, as ratios."""
    means = [*(ratio.mean for ratio in ratios), 0.0]
    reach = max(max(means) - min(means), 0.05)
    intervals = [each for ratio in ratios for each in (ratio.student, ratio.bootstrap) if each is not None]
    low = min([*(interval.low for interval in intervals), *means])
    high = max([*(interval.high for interval in intervals), *means])
    return (
        math.exp(max(low, min(means) - _FURTHEST * reach)),
        math.exp(min(high, max(means) + _FURTHEST * reach)),
    )


def _lines(
    effects: Sequence[Effect], places: dict[int, int], ends: tuple[float, float], kind: str, width: float, name: str
) -> dict[str, Any]:
    """One kind of interval of all effects as a single trace, which has a gap after each."""
    x: list[float | None] = []
    y: list[float | None] = []
    for effect in effects:
        interval: Interval | None = getattr(effect.score, kind)
        if interval is not None:
            low, high = (min(max(math.exp(min(end, 700)), ends[0]), ends[1]) for end in (interval.low, interval.high))
            x += [low, high, None]
            y += [places[id(effect)], places[id(effect)], None]
    line = {"color": "--muted" if width < 2 else "--line-strong", "width": width}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip", "name": name}


def _points(effects: Sequence[Effect], places: dict[int, int]) -> dict[str, Any]:
    """The ratios themselves; hollow where there is no interval."""
    certain = [effect.score is not None and effect.score.student is not None for effect in effects]
    colours = [f"--{TONES[effect.verdict]}" for effect in effects]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [effect.score.ratio if effect.score else None for effect in effects],
        "y": [places[id(effect)] for effect in effects],
        "marker": {
            "size": 11,
            "color": [colour if sure else "--surface" for colour, sure in zip(colours, certain, strict=True)],
            "line": {"color": colours, "width": 2},
        },
        "text": [_hover(effect) for effect in effects],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _hover(effect: Effect) -> str:
    score = effect.score
    bootstrap = span(score.bootstrap) if score else ""
    return (
        f"<b>{plain(effect.heuristic)}</b>: {effect.verdict}<br>{_ratio(effect)}, by the bootstrap {bootstrap}<br>"
        f"{effect.scored} of {things(effect.comparisons, 'pair')} have both scores"
    )


def _ratio(effect: Effect) -> str:
    """The effect in figures."""
    if effect.score is None:
        return "no scores to compare"
    if effect.score.student is None:
        return f"{times(effect.score.ratio)}, no interval"
    return ratio_in_words(effect.score)


def _said(effect: Effect, place: int) -> list[dict[str, Any]]:
    """Figures and verdict at the right of a line."""
    at = {"name": SIDE, "xref": "paper", "x": 1.0, "xanchor": "left", "yref": "y", "y": place}
    tone = TONES[effect.verdict]
    missing = effect.comparisons - effect.scored
    without = f" ({missing} of {effect.comparisons} without a score)" if missing and effect.score else ""
    colour = "--muted" if tone == "sixth" else f"--{tone}"
    verdict = note(f"<b>{effect.verdict}</b>{without}", **at, xshift=12, font={"size": 12, "color": colour})
    if effect.score is None:
        return [verdict]
    figures = note(_ratio(effect), **at, xshift=12, font={"size": 12, "color": "--text"})
    return [figures, verdict | {"xshift": 12 + _FIGURES}]


def _sides() -> list[dict[str, Any]]:
    """What the two sides of the line at 1 mean."""
    place = {"xref": "x", "x": 0, "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 4}
    return [
        note("◂ better with it", xanchor="right", xshift=-8, **place),
        note("worse with it ▸", xanchor="left", xshift=8, **place),
    ]

"""The chart of survival and that of cost against effect."""

import math
from collections.abc import Sequence
from typing import Any

from steadygan.study.analysis import Effect, Interval, Variant, Verdict
from steadygan.study.report.charts import Chart, note, ratio_axis, ratio_line
from steadygan.study.report.words import TONES, plain, ratio_in_words, share_in_words

_ROW = 24
_LEAST, _MOST = 380, 640
"""Heights of charts that stand beside another, in pixels."""
_QUIET = (Verdict.NO_DIFFERENCE, Verdict.TOO_FEW, Verdict.NOT_TRIED)


def survival(variants: Sequence[Variant]) -> Chart | None:
    """The share of runs of each recipe that end healthy, the baseline at the top and then the least first.

    Returns:
        None when no recipe has more than one run of which it is known.
    """
    known = [variant for variant in variants if variant.survival.interval is not None]
    if max((variant.survival.runs for variant in known), default=0) < 2:
        return None
    shown = sorted(known, key=lambda variant: (variant.change != "baseline", variant.survival.share))[::-1]
    height = max(_LEAST, 70 + _ROW * len(shown))
    layout = {
        "margin": {"l": 12, "r": 58, "t": 8, "b": 44},
        "xaxis": {"range": [0, 1.02], "tickformat": ".0%", "title": {"text": "share of runs that end healthy"}},
        "yaxis": {"automargin": True, "tickfont": {"color": "--text"}, "showgrid": False, "dtick": 1},
        "annotations": _counts(shown),
    }  # fmt: skip
    return Chart(
        key="survival",
        title="Which recipes survive",
        hint="A run is healthy when it used up its time and nothing is wrong at its end that the doctor would warn of. "
        "Lines are Wilson's 95% intervals.",
        summary="; ".join(f"{variant.name} {share_in_words(variant.survival)}" for variant in reversed(shown)),
        height=height,
        data=[_bars(shown, height)],
        layout=layout,
    )


def _bars(shown: Sequence[Variant], height: int) -> dict[str, Any]:
    """A bar with its interval for each recipe, from the bottom."""
    shares = [variant.survival.share for variant in shown]
    intervals = [variant.survival.interval or Interval(0, 0) for variant in shown]
    return {
        "type": "bar",
        "orientation": "h",
        "x": shares,
        "y": [plain(variant.name) for variant in shown],
        "marker": {
            "color": ["--discriminator" if v.change == "baseline" else "--third" for v in shown],
            "opacity": 0.75,
        },
        "width": min(0.65, 0.9 * _ROW * len(shown) / (height - 70)),
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [interval.high - share for interval, share in zip(intervals, shares, strict=True)],
            "arrayminus": [share - interval.low for interval, share in zip(intervals, shares, strict=True)],
            "color": "--text",
            "thickness": 1.25,
            "width": 3,
        },
        "text": [share_in_words(variant.survival) for variant in shown],
        "textposition": "none",
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }


def _counts(shown: Sequence[Variant]) -> list[dict[str, Any]]:
    """How many runs each bar stands for, beside it."""
    return [
        note(
            f"{variant.survival.healthy} of {variant.survival.runs}",
            xref="paper",
            x=1,
            xshift=6,
            xanchor="left",
            yref="y",
            y=plain(variant.name),
        )
        for variant in shown
    ]


def cost(effects: Sequence[Effect], height: int = _LEAST) -> Chart | None:
    """What each heuristic costs in speed against what it does to the score.

    Returns:
        None when no heuristic has both.
    """
    both = [effect for effect in effects if effect.score is not None and effect.speed is not None]
    if not both:
        return None
    x = [effect.speed.ratio for effect in both if effect.speed]
    y = [effect.score.ratio for effect in both if effect.score]
    points = {
        "type": "scatter",
        "mode": "markers+text",
        "x": x,
        "y": y,
        "text": [plain(effect.heuristic) if _telling(effect) else "" for effect in both],
        "textposition": _beside(x),
        "textfont": {"size": 11, "color": "--text"},
        "marker": {"size": 9, "color": [f"--{TONES[effect.verdict]}" for effect in both]},
        "customdata": [_hover(effect) for effect in both],
        "hovertemplate": "%{customdata}<extra></extra>",
        "error_x": _whiskers([effect.speed.student if effect.speed else None for effect in both], x),
        "error_y": _whiskers([effect.score.student if effect.score else None for effect in both], y),
        "cliponaxis": False,
    }
    layout = {
        "margin": {"l": 60, "r": 16, "t": 8, "b": 48},
        "xaxis": ratio_axis("images a second with it ÷ without it", _room(x)),
        "yaxis": ratio_axis("score with it ÷ without it", _room(y)),
        "shapes": [ratio_line(), ratio_line("y")],
    }
    return Chart(
        key="cost",
        title="What each heuristic costs, and what it gives",
        hint="Further down is a lower, better score; further left is slower. Named are those whose score or speed "
        "stands out; point at the others.",
        summary="; ".join(_hover(effect).replace("<br>", ", ") for effect in both),
        height=min(height, _MOST),
        data=[points],
        layout=layout,
    )


def _telling(effect: Effect) -> bool:
    """Whether a point has its name beside it."""
    if effect.verdict not in _QUIET:
        return True
    speed = effect.speed
    return speed is not None and speed.student is not None and abs(speed.mean) > 0.15 and not _around(speed.student)


def _around(interval: Interval) -> bool:
    return interval.low <= 0 <= interval.high


def _beside(x: Sequence[float]) -> list[str]:
    """On which side of each point its name has room."""
    middle = math.sqrt(max(x) * min(x))
    return ["bottom right" if value <= middle else "bottom left" for value in x]


def _whiskers(intervals: Sequence[Interval | None], values: Sequence[float]) -> dict[str, Any]:
    """Intervals as Plotly's errors."""
    ends = [(math.exp(min(each.low, 700)), math.exp(min(each.high, 700))) if each else None for each in intervals]
    pairs = list(zip(ends, values, strict=True))
    return {
        "type": "data",
        "symmetric": False,
        "array": [0 if end is None else end[1] - value for end, value in pairs],
        "arrayminus": [0 if end is None else value - end[0] for end, value in pairs],
        "color": "--line-strong",
        "thickness": 1,
        "width": 0,
    }


def _room(values: Sequence[float]) -> list[float]:
    """Ends of an axis with room for names and the nearer parts of the intervals."""
    logs = [math.log(value) for value in (*values, 1.0)]
    slack = max(0.15 * (max(logs) - min(logs)), 0.02)
    return [math.exp(min(logs) - slack), math.exp(max(logs) + slack)]


def _hover(effect: Effect) -> str:
    score = ratio_in_words(effect.score) if effect.score else "none"
    speed = ratio_in_words(effect.speed) if effect.speed else "none"
    return f"<b>{plain(effect.heuristic)}</b><br>score {score}<br>speed {speed}"

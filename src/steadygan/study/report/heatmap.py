"""The chart of interactions."""

import math
from collections.abc import Sequence

from steadygan.study.analysis import Interaction
from steadygan.study.report.charts import Chart
from steadygan.study.report.words import plain, ratio_in_words, span, times

_CELL = 58


def heatmap(interactions: Sequence[Interaction]) -> Chart | None:
    """Interactions of every two heuristics.

    Returns:
        None when the design shows none.
    """
    scored = [each for each in interactions if each.score is not None]
    if not scored:
        return None
    names = list(dict.fromkeys(name for each in scored for name in (each.first, each.second)))
    values, words = _cells(scored, names)
    furthest = max(abs(each.score.mean) for each in scored if each.score is not None)
    limit = max(furthest, math.log(1.25))
    shown = [plain(name) for name in names]
    data = {
        "type": "heatmap",
        "x": shown,
        "y": shown,
        "z": values,
        "zmin": -limit,
        "zmax": limit,
        "text": words,
        "texttemplate": "%{text}",
        "textfont": {"size": 11, "color": "--text"},
        "colorscale": [[0, "--together"], [0.5, "--faint"], [1, "--apart"]],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "hovertemplate": "%{x} with %{y}: %{text}<extra></extra>",
    }
    layout = {
        "margin": {"l": 12, "r": 12, "t": 8, "b": 12},
        "xaxis": {"automargin": True, "ticks": "", "showgrid": False, "side": "top", "tickfont": {"color": "--text"}},
        "yaxis": {
            "automargin": True,
            "ticks": "",
            "showgrid": False,
            "autorange": "reversed",
            "tickfont": {"color": "--text"},
        },
    }
    return Chart(
        key="interactions",
        title="What two heuristics do together",
        hint="How many times the score with both is what their two effects alone would make of it: below 1 (green) "
        "they help one another, above 1 (orange) they are in one another's way, and 1 is no interaction. Below each "
        "figure, Student's 95% interval.",
        summary="; ".join(
            f"{each.first} with {each.second} {ratio_in_words(each.score)}" for each in scored if each.score is not None
        ),
        height=max(220, 60 + _CELL * len(names)),
        data=[data],
        layout=layout,
        wide=True,
    )


def _cells(scored: Sequence[Interaction], names: Sequence[str]) -> tuple[list[list[float | None]], list[list[str]]]:
    """The logarithm of each interaction and its words, by row and column; nothing where there is none."""
    size = len(names)
    values: list[list[float | None]] = [[None] * size for _ in names]
    words = [[""] * size for _ in names]
    for each in scored:
        if each.score is not None:
            first, second = names.index(each.first), names.index(each.second)
            for row, column in ((first, second), (second, first)):
                values[row][column] = each.score.mean
                words[row][column] = f"<b>{times(each.score.ratio)}</b><br>{span(each.score.student)}"
    return values, words

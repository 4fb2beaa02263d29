import math

import pytest

from steadygan.study.analysis import Interval, LogRatio
from steadygan.study.analysis.shares import share_of
from steadygan.study.report.charts import ratio_axis
from steadygan.study.report.words import listed, plain, ratio_in_words, score_in_words, share_in_words, times


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (0.714, "0.71"),
        (1.0, "1.00"),
        (0.998, "0.998"),
        (1.2, "1.20"),
        (12.3, "12"),
        (0.0123, "0.012"),
        (1e9, "1.00e+09"),
    ],
)
def test_ratios_have_the_digits_that_tell(ratio: float, said: str) -> None:
    assert times(ratio) == said


def test_a_ratio_stands_with_its_interval() -> None:
    found = LogRatio((math.log(0.5),), Interval(math.log(0.4), math.log(0.625)), None, 0.01)
    assert ratio_in_words(found).replace("\N{NO-BREAK SPACE}", " ") == "0.50 (0.40 to 0.62)"
    assert ratio_in_words(LogRatio((0.0,), None, None, None)) == "1.00 (no interval)"
    assert "e+304" in ratio_in_words(LogRatio((0.0,), Interval(0, 9999), None, 1.0))  # two seeds are that unsure


def test_shares_scores_and_lists() -> None:
    assert share_in_words(share_of([1, 1, 0, 1])).startswith("3 of 4 (")
    assert share_in_words(share_of([])) == "no runs"
    assert [score_in_words(score) for score in (None, math.inf, 20.0)] == ["none", "failed", "20"]
    assert [listed(list("abc")[:n], 2) for n in (1, 2, 3)] == ["a", "a and b", "a, b and 1 more"]
    assert plain("<b>&") == "&lt;b&gt;&amp;"


@pytest.mark.parametrize("ends", [(0.99, 1.01), (0.5, 2.0), (0.01, 30.0), (1e-9, 1e9), (1.0, 1.0)])
def test_an_axis_has_few_marks_and_holds_all(ends: tuple[float, float]) -> None:
    axis = ratio_axis("x", ends)
    low, high = axis["range"]
    assert low < math.log10(ends[0]) <= math.log10(ends[1]) < high
    assert axis.get("dtick") == 1 or 2 <= len(axis["tickvals"]) <= 9

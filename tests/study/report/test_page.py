import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from steadygan.errors import SteadyganError
from steadygan.study.report import write_report
from tests.report.test_page import HOSTILE, Elements
from tests.study.example import PLAN, factorial, known, trial, write_study

DATA = re.compile(r'<script type="application/json" id="chart-data">(.*?)</script>', re.DOTALL)


def page_of(folder: Path) -> tuple[Elements, dict[str, Any]]:
    """The page, and its charts by their keys."""
    text = write_report(folder).read_text(encoding="utf-8")
    found = DATA.search(text)
    return Elements(text), {} if found is None else {each["key"]: each for each in json.loads(found[1])["figures"]}


def rows() -> list[dict[str, Any]]:
    """A study in which something of everything happened."""
    made = known({"with r1": 0.6, "without batch-norm": 1.5, "with flip": 1.0})
    for seed in range(5):
        made.append(trial("without adam", seed, None, status="diverged", healthy=False, reason="loss is not finite"))
        made.append(trial("with projection", seed, None, status="refused", healthy=None, reason="it needs labels"))
    made[7].update(status="failed", healthy=None, score=None, reason="no space is left")
    return made


def test_a_whole_study(tmp_path: Path) -> None:
    page, charts = page_of(write_study(tmp_path / "studies" / "first", rows()))
    said = page.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "The recipe dcgan and 5 edits of it on glyphs with 5 seeds, 50,000 images each." in said
    assert "30 trials: 19 finished, 5 diverged, 5 refused and 1 failed." in said
    assert "batch-norm helps: the score with it is 0.6" in said
    assert (
        "adam makes the difference between healthy and failing: 5 of 5 (57% to 100%) runs end healthy with it" in said
    )
    assert "projection could not be tried" in said
    assert "No difference was seen for flip." in said
    for reason in ("loss is not finite", "it needs labels", "no space is left"):
        assert said.count(reason) >= 1
    assert "/home/someone" not in said
    assert "steadygan study glyphs --recipe dcgan --take-out batch-norm --try r1,ema --seeds 5 --images 50000" in said
    assert "steadygan train glyphs --recipe first/best.toml" in said
    assert set(charts) == {"effects", "survival", "cost", "curves-0"}
    assert len(page.all("img")) == 5  # one for each recipe that ran


def test_the_charts_hold_the_figures(tmp_path: Path) -> None:
    """Ratios 0.6, 1 / 1.5 and 1, in this order from the top; panels with five seeds, a median and the baseline's."""
    _, charts = page_of(write_study(tmp_path / "first", rows()))
    effects = charts["effects"]
    points = effects["data"][2]
    by_name = dict(zip(effects["layout"]["yaxis"]["ticktext"], effects["layout"]["yaxis"]["tickvals"], strict=True))
    ratios = dict(zip(points["y"], points["x"], strict=True))
    for name, truth in {"r1": 0.6, "batch-norm": 1 / 1.5, "flip": 1.0}.items():
        assert ratios[by_name[name]] == pytest.approx(truth, rel=0.1)
    assert sorted(by_name, key=by_name.__getitem__, reverse=True)[-1] == "adam"  # without a score, at the bottom
    shares = dict(zip(charts["survival"]["data"][0]["y"], charts["survival"]["data"][0]["x"], strict=True))
    assert (shares["baseline"], shares["without adam"]) == (1.0, 0.0)
    lines = [line for line in charts["curves-0"]["data"] if line["xaxis"] == "x2"]
    assert len(lines) == 5 + 1 + 1


def test_interactions_are_shown_where_the_design_has_them(tmp_path: Path) -> None:
    log_effects = {frozenset({"r1"}): -0.5, frozenset({"r1", "ema"}): 0.3}
    page, charts = page_of(write_study(tmp_path / "all", factorial(["r1", "ema"], log_effects)))
    (heatmap,) = charts["interactions"]["data"]
    assert set(heatmap["x"]) == {"r1", "ema"}
    place = heatmap["x"].index("r1"), heatmap["x"].index("ema")
    assert heatmap["z"][place[0]][place[1]] == heatmap["z"][place[1]][place[0]] == pytest.approx(0.3, abs=0.05)
    assert "are in one another's way" in page.text


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_are_said_and_nothing_is_claimed(tmp_path: Path, seeds: int) -> None:
    page, charts = page_of(write_study(tmp_path / "few", known({"with r1": 0.2}, seeds)))
    assert "too few to say anything of a heuristic" in page.text
    assert "r1 helps" not in page.text
    assert ("no interval" in page.text) == (seeds == 1)
    assert all(math.isfinite(end) for end in charts["effects"]["layout"]["xaxis"]["range"])


def test_all_failed_and_nothing_but_refusals(tmp_path: Path) -> None:
    names = ("baseline", "with r1")
    failed = [trial(n, s, None, status="diverged", healthy=False) for n in names for s in range(5)]
    page, charts = page_of(write_study(tmp_path / "failed", failed))
    assert "No run ends healthy, with or without r1." in page.text
    assert "effects" not in charts
    refused = [trial(n, 0, None, status="refused", healthy=None, reason="no labels", speed=None) for n in names]
    page, charts = page_of(write_study(tmp_path / "refused", refused))
    assert charts == {}
    assert "r1 could not be tried" in page.text
    assert not (tmp_path / "refused" / "best.toml").exists()


def test_a_search_claims_no_effects(tmp_path: Path) -> None:
    found = [trial(f"dcgan with r1.gamma={n}", 0, 20.0 - n, change="search", heuristics=["r1"]) for n in range(3)]
    found[0].update(status="stopped", reason="Others are better after as much training")
    page, charts = page_of(write_study(tmp_path / "search", found, PLAN | {"search": 30.0}))
    assert set(charts) == {"curves-0"}
    assert "“dcgan with r1.gamma=2” (median score 18, 1 seed), of the recipes" in page.text


def test_hostile_names_are_shown_and_never_run(tmp_path: Path) -> None:
    made = [
        trial(name, seed, 9.0, run=f"t{place}{seed}")
        for place, name in enumerate(("baseline", f"with {HOSTILE}"))
        for seed in (0, 1)
    ]
    made[-1].update(status="stopped", healthy=False, reason=HOSTILE, findings=[HOSTILE])
    plan = PLAN | {"data": HOSTILE, "recipe": {"name": HOSTILE}, "features": HOSTILE, "try_in": [HOSTILE]}
    page, charts = page_of(write_study(tmp_path / "run", made, plan))
    assert page.text.count(HOSTILE) >= 5
    assert len(page.all("script")) == 3
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert "<img" not in json.dumps({key: {**chart, "summary": ""} for key, chart in charts.items()})


def test_a_study_of_which_only_the_table_is_left(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "first", rows())
    for file in [*folder.glob("trials/*/*/*"), *folder.glob("trials/*/*.*"), folder / "study.toml"]:
        file.unlink()
    page, charts = page_of(folder)
    assert "A recipe and 5 edits of it with 5 seeds." in page.text
    assert "curves-0" not in charts
    assert page.all("img") == []


def test_trials_lead_to_the_pages_of_their_runs(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "first", rows())
    (folder / "trials/with-r1-3/report.html").write_text("")
    page, _ = page_of(folder)
    assert [link["href"] for link in page.all("a") if link["href"] and link["href"].endswith(".html")] == [
        "./trials/with-r1-3/report.html"
    ]


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(SteadyganError, match="holds no table of trials"):
        write_report(tmp_path)

"""The doctor's section of the report."""

import json
from pathlib import Path
from typing import Any

import pytest

from steadygan.report.curves import charts
from steadygan.report.diagnosis import Found, Span, bands, calm_sentence, diagnosis
from steadygan.report.pictures import frames
from steadygan.report.read import read_run_record
from tests.report.example import FINDINGS, RUN, build_run, rows
from tests.report.test_page import HOSTILE, page_of

LOOKED = [
    {"images": images, "doctor/variety": 0.9, "doctor/twins": 0.0, "doctor/copies": 0.8, "doctor/empty_bins": 0.1}
    for images in range(100_000, 600_001, 100_000)
]


def row(since: int, seen: int, ended: int | None = None, **changes: Any) -> dict[str, Any]:
    """A row of ``findings.jsonl``."""
    return {
        "images": seen if ended is None else ended,
        "finding": "mode-collapse",
        "message": "said elsewhere",
        "severity": "critical",
        "since": since,
        "seen_at": seen,
        "ended_at": ended,
        "evidence": [{"figure": "doctor/variety", "value": 0.1, "sentence": "images differ little"}],
        "meaning": "All alike. No others.",
        "treatments": [
            {"heuristic": "", "sentence": "look at it", "command": ""},
            {"heuristic": "packing", "sentence": "Packs.", "command": "steadygan train mnist --with packing"},
        ],
        "judged_by": "looks",
        **changes,
    }


ONCE = [row(200_000, 250_000), row(200_000, 250_000, 420_000)]


def found_in(folder: Path, findings: list[dict[str, Any]]) -> list[Found]:
    build_run(folder, findings=findings, measured=rows() + LOOKED)
    record = read_run_record(folder)
    return diagnosis(record, frames(record.folder))


def test_a_finding_that_has_ended_is_one_finding_with_its_end(tmp_path: Path) -> None:
    (found,) = found_in(tmp_path / "run", ONCE)
    assert found.spans == (Span(200_000, 250_000, 420_000, lasts=False),)
    assert (found.title, found.severity, found.lasts) == ("Mode collapse", "critical", False)
    assert found.when == "from 200,000 to 420,000 images, first seen at 250,000"
    assert [(each.sentence, each.command) for each in found.advice] == [
        ("Look at it", ""),
        ("Packs.", "steadygan train mnist --with packing"),
    ]
    # grids come every 120,000 images
    assert (found.before, found.after) == (1, 3)


def test_a_finding_that_comes_back_is_one_card_with_two_times(tmp_path: Path) -> None:
    (found,) = found_in(tmp_path / "run", [*ONCE, row(500_000, 550_000)])
    assert found.spans[1] == Span(500_000, 550_000, 600_000, lasts=True)
    assert found.when == "from 200,000 to 420,000 and since 500,000 images, first seen at 250,000"
    assert found.lasts
    (band,) = bands([found])
    assert band["spans"] == [[200_000, 250_000, 420_000], [500_000, 550_000, 600_000]]
    assert band["figures"] == ["doctor/variety"]


def test_what_two_rules_see_at_once_is_one_finding_as_serious_as_the_worse(tmp_path: Path) -> None:
    watched = row(150_000, 250_000, severity="watch", evidence=[{"figure": "doctor/twins", "sentence": "faint"}])
    (found,) = found_in(tmp_path / "run", [*ONCE, watched])
    assert found.spans == (Span(150_000, 250_000, 600_000, lasts=True),)
    assert (found.severity, found.reasons[0].sentence) == ("critical", "images differ little")


def test_many_times_are_counted(tmp_path: Path) -> None:
    times = [row(at, at + 10, at + 1_000) for at in range(100_000, 500_001, 100_000)]
    (found,) = found_in(tmp_path / "run", times)
    assert found.when == "5 times and from 500,000 to 501,000 images, first seen at 100,010"


def test_the_most_serious_comes_first_and_the_same_pictures_come_once(tmp_path: Path) -> None:
    watched = row(200_000, 260_000, finding="checkerboard", severity="watch")
    (first, second) = found_in(tmp_path / "run", [watched, row(190_000, 250_000)])
    assert [first.kind, second.kind] == ["mode-collapse", "checkerboard"]
    assert (first.before, first.after) == (second.before, second.after) == (1, 3)
    assert (first.pictured, second.pictured) == (False, True)


def test_a_failure_from_the_first_image_on_has_nothing_before_it(tmp_path: Path) -> None:
    (found,) = found_in(tmp_path / "run", [row(0, 0)])
    assert (found.before, found.after) == (None, 0)


def test_the_page_shows_each_finding_with_what_treats_it(tmp_path: Path) -> None:
    build_run(tmp_path / "run", findings=[*FINDINGS, *ONCE], measured=rows() + LOOKED)
    page = page_of(tmp_path / "run")
    for words in ("Mode collapse", "images differ little", "All alike. No others.", "Look at it"):
        assert words in page.text
    assert "The doctor looked 6 times: 1 finding has ended." in page.text
    assert "steadygan train mnist --with packing" in page.text
    assert [image.get("data-frame") for image in page.all("img") if "data-frame" in image] == ["1", "3", "real"]
    assert "said elsewhere" not in page.text  # the doctor's findings are no warnings besides


def test_a_healthy_run_has_one_calm_sentence(tmp_path: Path) -> None:
    build_run(tmp_path / "run", findings=[], measured=rows() + LOOKED)
    assert "The doctor looked 6 times, up to 600,000 images, and found nothing wrong." in page_of(tmp_path / "run").text


def test_a_run_without_a_doctor_says_so_only_where_it_was_told_to_have_none(tmp_path: Path) -> None:
    build_run(tmp_path / "old", findings=[])
    assert calm_sentence(read_run_record(tmp_path / "old"), []) == ""
    assert 'id="doctor"' not in (page_of(tmp_path / "old"), (tmp_path / "old" / "report.html").read_text())[1]
    build_run(tmp_path / "run", findings=[], run=RUN | {"training": RUN["training"] | {"doctor": False}})
    assert calm_sentence(read_run_record(tmp_path / "run"), []).startswith("No doctor looked")


def test_commands_name_no_folder_of_this_machine(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "my first"
    treatments = [
        {"sentence": "Packs.", "command": f"steadygan train x --recipe '{folder}/recipe.toml' --with packing"}
    ]
    (found,) = found_in(folder, [row(0, 0, treatments=treatments)])
    assert found.advice[0].command == "steadygan train x --recipe 'runs/my first/recipe.toml' --with packing"


def test_charts_that_few_want_are_folded_away_unless_they_show_a_finding(tmp_path: Path) -> None:
    drawn = {chart.key: chart.folded for chart in charts(LOOKED)}
    assert drawn == {"doctor-variety": False, "doctor-parts": False, "doctor-copies": True}
    build_run(tmp_path / "run", findings=[], measured=LOOKED)
    assert "1 more chart of what the doctor looks at" in page_of(tmp_path / "run").text
    copies = row(0, 0, evidence=[{"figure": "doctor/copies", "value": 0.1, "sentence": "near"}])
    build_run(tmp_path / "other", findings=[copies], measured=LOOKED)
    assert "more chart" not in page_of(tmp_path / "other").text


@pytest.mark.parametrize(
    "damaged",
    [
        {"severity": HOSTILE, "finding": HOSTILE, "meaning": HOSTILE},
        {"since": None, "seen_at": "late", "ended_at": True, "evidence": 3, "treatments": [1, {"sentence": 2}]},
        {"evidence": [{"figure": HOSTILE, "sentence": HOSTILE}], "treatments": [{"command": HOSTILE}]},
    ],
)
def test_damaged_and_hostile_rows_do_no_harm(tmp_path: Path, damaged: dict[str, Any]) -> None:
    build_run(tmp_path / "run", findings=[row(1, 2) | damaged], measured=LOOKED)
    page = page_of(tmp_path / "run")
    assert len(page.all("script")) == 3
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert HOSTILE in page.text or HOSTILE not in json.dumps(damaged)

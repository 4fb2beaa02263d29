import json
from pathlib import Path
from typing import Any

import pytest

from steadygan.report.overview import Figure, Warned, conclusion, figures, summary_sentence, warnings
from steadygan.report.page import render
from steadygan.report.read import read_run_record
from tests.report.example import RUN, build_run, rows


def test_the_sentence_says_what_was_trained_and_how_far(run_folder: Path) -> None:
    assert summary_sentence(read_run_record(run_folder)) == (
        "Recipe steady on mnist.npz: 600,000 images seen in 4 min 58 s, as planned."
    )


@pytest.mark.parametrize(
    ("settings", "ending"),
    [
        ({"images": 1_200_000}, "58 s, 50% of the 1,200,000 planned."),
        ({"minutes": 10}, "58 s, 50% of the 10 minutes planned."),
        ({"minutes": 5}, "58 s, as planned."),
        ({}, "58 s, 17% of the 30 minutes planned."),
    ],
)
def test_the_sentence_compares_with_the_plan(tmp_path: Path, settings: dict[str, Any], ending: str) -> None:
    build_run(tmp_path / "run", run=RUN | {"training": settings})
    assert summary_sentence(read_run_record(tmp_path / "run")).endswith(ending)


def test_the_conclusion_names_no_folder_of_this_machine(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "first"
    build_run(folder)
    command = f"steadygan train --resume {folder} --images 60000"
    (folder / "conclusion.json").write_text(json.dumps({"kind": "x", "message": "It is early", "command": command}))
    found = conclusion(read_run_record(folder))
    assert found == {"message": "It is early", "command": "steadygan train --resume runs/first --images 60000"}
    page = render(read_run_record(folder))
    assert "It is early." in page
    assert str(folder) not in page
    (folder / "conclusion.json").write_text("[1")
    assert conclusion(read_run_record(folder)) == {"message": "", "command": ""}


def test_a_run_without_rows_says_so(tmp_path: Path) -> None:
    build_run(tmp_path / "run", measured=[])
    record = read_run_record(tmp_path / "run")
    assert summary_sentence(record).endswith("no measurements yet: the run has not come to its first row.")
    assert figures(record) == []


def test_the_newest_and_the_best_quality_are_shown(tmp_path: Path) -> None:
    key = "quality/sliced_wasserstein"
    measured: list[dict[str, Any]] = [
        {"images": 10, key: 0.5},
        {"images": 2000, key: 0.25},
        {"images": 3000, key: 0.3},
        {"images": 4000},
    ]
    build_run(tmp_path / "run", measured=measured)
    assert figures(read_run_record(tmp_path / "run")) == [
        Figure("Images seen", "4,000", "0.06667 × the data"),
        Figure("Sliced Wasserstein", "0.3", "lower is better; best 0.25 at 2,000"),
    ]


@pytest.mark.parametrize(("late", "said"), [(0.5, "25.0% without a core, because the machine was busy"), (0.1, None)])
def test_a_busy_machine_is_named_beside_the_speed(tmp_path: Path, late: float, said: str | None) -> None:
    """The mean over time: 30 seconds without any wait, then 30 with some."""
    measured: list[dict[str, Any]] = [
        {"images": 1000, "seconds": 30.0, "images_per_second": 100.0, "time/data": 0.0, "time/without_core": 0.0},
        {"images": 2000, "seconds": 60.0, "images_per_second": 100.0, "time/data": 0.0, "time/without_core": late},
    ]
    build_run(tmp_path / "run", measured=measured)
    remark = next(figure.remark for figure in figures(read_run_record(tmp_path / "run")) if figure.name == "Speed")
    assert remark == f"images a second; 0.0% of the time is waiting for data{f'; {said}' if said else ''}"


def test_the_accuracy_on_what_is_held_out_is_a_figure_before_quality(tmp_path: Path) -> None:
    key = "semi-supervised/held-out-accuracy"
    measured: list[dict[str, Any]] = [
        {"images": 1000, key: 0.25, "quality/sliced_wasserstein": 0.5},
        {"images": 2000, key: 0.9, "quality/sliced_wasserstein": 0.4, "semi-supervised/accuracy": 1.0},
        {"images": 3000, key: 0.875, "quality/sliced_wasserstein": 0.3},
    ]
    build_run(tmp_path / "run", run=RUN | {"held_out": 180}, measured=measured)
    assert figures(read_run_record(tmp_path / "run"))[1:] == [
        Figure("Held-out accuracy", "87.5%", "of 180 images; best 90.0% at 2,000"),
        Figure("Sliced Wasserstein", "0.3", "lower is better; this is the best"),
    ]


def test_each_finding_is_listed_once_with_its_times(run_folder: Path) -> None:
    assert warnings(read_run_record(run_folder)) == [
        Warned("discriminator-wins", "Real and fake logits are 11.4 apart.", "2 times, from 96,000 to 144,000 images")
    ]


def test_values_that_were_not_finite_are_a_warning(tmp_path: Path) -> None:
    measured = rows(4)
    measured[2]["not_finite"] = 7
    build_run(tmp_path / "run", measured=measured, findings=[])
    (warned,) = warnings(read_run_record(tmp_path / "run"))
    assert (warned.finding, warned.when) == ("not-finite", "at 450,000 images")


def test_a_damaged_file_is_a_warning(run_folder: Path) -> None:
    (run_folder / "recipe.toml").write_text("= broken")
    assert "recipe.toml cannot be read" in warnings(read_run_record(run_folder))[-1].message

from pathlib import Path
from typing import Any

import pytest

from steadygan.report.facts import class_names, commands, data_facts, network_facts, shape, shown_path
from steadygan.report.read import read_run
from tests.report.example import RUN, build_run


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([28, 28, 1], "28 × 28, grey"),
        ([32, 64, 3], "64 × 32, colour"),
        ([8, 8, 5], "8 × 8, 5 channels"),
        ([2], "2 values"),
        ("wide", ""),
        (None, ""),
    ],
)
def test_shapes_are_written_width_first(value: Any, words: str) -> None:
    assert shape(value) == words


def test_data_is_listed_and_what_is_missing_left_out() -> None:
    assert dict(data_facts(RUN["data"], {}))["Images"] == "60,000"
    assert data_facts({"kind": "vectors", "count": 500}, {"channels": None}) == [("Vectors", "500")]


def test_many_classes_are_cut_short() -> None:
    names, more = class_names({"class_names": [f"class {n}" for n in range(1000)]})
    assert (len(names), more) == (100, 900)


def test_networks_have_name_and_size() -> None:
    assert network_facts(RUN["networks"])[0] == ("Generator", "dcgan, 1,243,009 parameters")


def test_no_command_names_a_folder_of_this_machine(run_folder: Path) -> None:
    lines = [line for _, line in commands(read_run(run_folder))]
    assert lines[0] == "steadygan train --resume runs/first --images 1200k"
    assert "steadygan sample runs/first -n 64 --out grid.png" in lines
    assert not any(str(run_folder.parent.parent) in line for line in lines)


def test_an_unfinished_run_goes_on_to_its_own_aim(tmp_path: Path) -> None:
    build_run(tmp_path / "runs" / "first", measured=[{"images": 599_999}])
    assert commands(read_run(tmp_path / "runs" / "first"))[0] == ("Train on", "steadygan train --resume runs/first")


@pytest.mark.parametrize(
    ("folder", "shown"), [("runs/a", "runs/a"), ("/home/me/runs/a", "runs/a"), ("/home/me/experiment", "experiment")]
)
def test_the_folder_is_named_relative(folder: str, shown: str) -> None:
    assert shown_path(Path(folder)) == shown

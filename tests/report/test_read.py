import json
from pathlib import Path

import pytest

from steadygan.errors import SteadyganError
from steadygan.report.read import number, read_run_record
from tests.report.example import ENVIRONMENT, RUN, SKIPPED, build_run


def test_everything_in_a_complete_folder_is_read(run_folder: Path) -> None:
    record = read_run_record(run_folder)
    assert record.manifest is not None
    assert record.manifest.name == "first"
    assert record.recipe["heuristics"]["r1"] == {"gamma": 5.0}
    assert dict(record.environment) == ENVIRONMENT
    assert list(record.skipped) == SKIPPED
    assert len(record.rows) == 200 + 10
    assert record.unreadable == ()


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SteadyganError, match="not a run folder"):
        read_run_record(tmp_path)


def test_a_run_that_has_only_begun_is_read(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps(RUN))
    record = read_run_record(tmp_path)
    assert (record.rows, record.skipped, record.unreadable) == ((), (), ())


def test_a_run_of_a_newer_format_is_refused(run_folder: Path) -> None:
    (run_folder / "run.json").write_text(json.dumps(RUN | {"format": 2}))
    with pytest.raises(SteadyganError, match=r"newer version of steadygan: its run.json has format 2"):
        read_run_record(run_folder)


@pytest.mark.parametrize("name", ["run.json", "recipe.toml", "environment.json", "skipped.json"])
@pytest.mark.parametrize("content", [b"\xff\xfe{", b"{ [", b"[" * 100_000])
def test_damaged_files_are_named_and_the_rest_is_read(run_folder: Path, name: str, content: bytes) -> None:
    (run_folder / name).write_bytes(content)
    record = read_run_record(run_folder)
    assert record.unreadable == (name,)
    assert len(record.rows) == 210


def test_rows_are_ordered_and_those_without_a_clock_left_out(tmp_path: Path) -> None:
    rows = [{"images": 20}, {"step": 1}, {"images": "many"}, 3, {"images": 10}]
    build_run(tmp_path / "run", grids=0)
    (tmp_path / "run" / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"ima')
    assert [row["images"] for row in read_run_record(tmp_path / "run").rows] == [10, 20]


def test_only_finite_numbers_are_numbers() -> None:
    values = [1, 0.5, True, None, "1", float("nan"), float("inf"), 10**400]
    assert [number(value) for value in values] == [1.0, 0.5, None, None, None, None, None, None]

from pathlib import Path

import pytest

from steadygan.study import running
from steadygan.study.plan import Plan
from steadygan.study.result import Result
from steadygan.study.running import run_missing
from tests.study.fake import FakeExecutor, Listener, folder, plan

PLAN = plan(take_out=("batch-norm", "adam"), try_in=("r1", "horizontal-flip"))
"""5 variants with 2 seeds, one of which is refused on points."""


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> list[Result]:
    """The rows of the table, without the library that writes it."""
    rows: list[Result] = []

    def write(path: Path, results: list[Result]) -> None:
        rows[:] = results

    monkeypatch.setattr(running, "write_table", write)
    return rows


def missing(path: Path, chosen: Plan = PLAN, **given: object) -> tuple[FakeExecutor, list[Result]]:
    study = folder(path, chosen)
    executor = FakeExecutor(study, **given)  # type: ignore[arg-type]
    return executor, run_missing(study, chosen.trials, executor, Listener())


def test_every_trial_has_one_row_whatever_is_lost_and_in_whatever_order(tmp_path: Path, table: list[Result]) -> None:
    executor, results = missing(tmp_path, lose=frozenset({1, 4}), seed=3)
    names = [trial.name for trial in PLAN.trials]
    assert [result.trial for result in results] == names
    assert table == results
    statuses = [result.status for result in results]
    assert (statuses.count("failed"), statuses.count("refused"), statuses.count("finished")) == (2, 2, 6)
    assert executor.most == executor.room
    assert all("horizontal-flip" not in name for name, _ in executor.started)


def test_a_study_that_was_broken_off_runs_what_is_missing_and_ends_alike(tmp_path: Path, table: list[Result]) -> None:
    _, expected = missing(tmp_path / "unbroken")
    executor = FakeExecutor(folder(tmp_path, PLAN), break_off=3)
    with pytest.raises(KeyboardInterrupt):
        run_missing(executor.folder, PLAN.trials, executor, Listener())
    assert len(table) == 3 + 2  # those that ended, and the refused ones
    again, results = missing(tmp_path, seed=9)
    assert len(again.started) == 8 - 3
    assert results == expected
    nothing, results = missing(tmp_path)
    assert nothing.started == []
    assert results == expected


def test_trials_that_failed_are_tried_again_and_those_that_diverged_are_not(tmp_path: Path) -> None:
    _, results = missing(tmp_path, score=lambda trial, share: None, lose=frozenset({0}))
    assert [result.status for result in results].count("diverged") == 7
    again, results = missing(tmp_path)
    assert [name for name, _ in again.started] == ["baseline-seed0"]
    assert results[0].status == "finished"


def test_a_damaged_result_is_run_again(tmp_path: Path) -> None:
    executor, expected = missing(tmp_path)
    executor.folder.result_file("baseline-seed1").write_text('{"trial": "base', "utf-8")
    again, results = missing(tmp_path)
    assert [name for name, _ in again.started] == ["baseline-seed1"]
    assert results == expected


def test_who_watches_sees_how_many_are_done_running_and_left(tmp_path: Path) -> None:
    study, listener = folder(tmp_path, PLAN), Listener()
    run_missing(study, PLAN.trials, FakeExecutor(study), listener)
    first, last = listener.standings[0], listener.standings[-1]
    assert (len(first.results), len(first.running), first.left) == (2, 3, 5)
    assert (len(last.results), len(last.running), last.left) == (10, 0, 0)

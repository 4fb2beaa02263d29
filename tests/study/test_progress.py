import io

import pytest
from rich.console import Console

from steadygan.study.plan import Plan
from steadygan.study.progress import StudyProgress, rows_of, seconds_left
from steadygan.study.trial import Trial
from steadygan.study.watching import Standing
from steadygan.study.work import without_run
from tests.study import fake


@pytest.fixture(scope="module")
def chosen() -> Plan:
    return fake.plan(take_out=("batch-norm",), try_in=("r1", "horizontal-flip"), seeds=2)


def some(chosen: Plan) -> Standing:
    by_name = {trial.name: trial for trial in chosen.trials}
    scores = {"baseline-seed0": 3.0, "baseline-seed1": 5.0, "with-r1-seed0": 2.0}
    results = [fake.result(by_name[name], score) for name, score in scores.items()]
    results += [without_run(each, "refused", each.refusal) for each in chosen.trials if each.refusal]
    timed = [result.model_copy(update={"trial_seconds": 10.0 if result.score else 0.0}) for result in results]
    return Standing(chosen.trials, timed, ("without-batch-norm-seed0", "with-r1-seed1"))


def test_variants_stand_with_the_baseline_first_and_then_those_that_run(chosen: Plan) -> None:
    rows = {row.variant: row for row in rows_of(some(chosen))}
    assert list(rows) == ["baseline", "with r1", "without batch-norm", "with horizontal-flip"]
    assert rows["baseline"][1:6] == (2, 2, 0, 2, 4.0)
    assert rows["with r1"][1:6] == (2, 1, 1, 1, 2.0)
    assert rows["with horizontal-flip"].note == "refused: 'horizontal-flip' changes nothing for vectors"


def test_the_time_left_is_that_of_what_runs_and_what_has_not_begun(chosen: Plan) -> None:
    standing = some(chosen)  # 8 trials: 5 ended, 2 run, 1 is left
    assert seconds_left(standing) == 10.0 * (1 + 2 / 2) / 2
    assert seconds_left(Standing(chosen.trials, (), ())) is None


def test_off_a_terminal_each_trial_is_a_line_and_the_table_comes_last(chosen: Plan) -> None:
    file = io.StringIO()
    progress = StudyProgress(Console(file=file, width=100))
    progress.step("preparing the data", 1, 2)
    progress.step("preparing the data", 2, 2)
    progress.says("2 trials at a time")
    standing = some(chosen)
    progress.update(Standing(chosen.trials, standing.results[3:]))
    progress.update(standing)
    progress.update(standing)
    progress.close()
    lines = [line.rstrip() for line in file.getvalue().splitlines()]
    assert lines[:3] == ["preparing the data", "2 trials at a time", "2 trials of 8 need not run"]
    assert lines[3].startswith("5 of 8: baseline, seed 0 · finished · score 3 (median 4) · 10.0 s · about 0:10 to go")
    assert len(lines) == 3 + 3 + 5


def test_on_a_terminal_the_table_fits_and_says_what_it_leaves_out(chosen: Plan) -> None:
    file = io.StringIO()
    console = Console(file=file, width=100, height=10, force_terminal=True, no_color=True)
    progress = StudyProgress(console)
    progress.update(some(chosen))
    progress.close()
    text = file.getvalue()
    assert "5 of 8 trials done · 2 running · 1 left · about 0:10 to go" in text
    assert "and 1 more variant" in text


def test_names_from_files_are_shown_and_not_obeyed() -> None:
    trial = Trial(name="t", edit={"add": ("[red]\x1b[2J",)}, change="with", seed=0)  # type: ignore[arg-type]
    file = io.StringIO()
    progress = StudyProgress(Console(file=file, width=100))
    progress.update(Standing([trial], []))
    progress.update(Standing([trial], [fake.result(trial, 1.0)]))
    progress.close()
    assert "\x1b" not in file.getvalue()
    assert "[red]" in file.getvalue()

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from steadygan.errors import SteadyganError
from steadygan.runs.folder import RunFolder
from steadygan.study import training, work
from steadygan.study.plan import Plan
from steadygan.study.result import NOT_REPEATED, Result
from steadygan.study.training import InterruptedTrialError
from steadygan.training.loop import Loop
from tests import tiny
from tests.study import fake

IMAGES = 128


@pytest.fixture(autouse=True, scope="module")
def _brief() -> Iterator[None]:
    """Little is spent on pictures and reports, and the number of threads is afterwards what it was."""
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patched:
        for name, value in tiny.BRIEF.items():
            patched.setattr(name, value)
        patched.setattr("steadygan.api.write_report", lambda path: path)
        yield
    assert torch.get_num_threads() == threads


@pytest.fixture(scope="module")
def chosen() -> Plan:
    plan = fake.plan(
        take_out=("adam",), try_in=("r1", "horizontal-flip"), samples=32, training={"images": IMAGES, "device": "cpu"}
    )
    recipe = plan.recipe.change(values={"batch": 16, "width": 2})
    return plan.model_copy(update={"recipe": recipe, "features": "points"})


@pytest.fixture(scope="module")
def unbroken(chosen: Plan, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return work.run_trial(fake.folder(tmp_path_factory.mktemp("unbroken"), chosen), chosen, chosen.trials[2])


def figures(result: Result) -> dict[str, Any]:
    return {name: value for name, value in result.row().items() if name not in NOT_REPEATED}


def when_at(images: int, what: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something happen after the step with which training has seen so many images."""
    step = Loop._timed_step

    def then(loop: Loop) -> None:
        step(loop)
        if loop.state.images_seen == images:
            what(loop)

    monkeypatch.setattr(Loop, "_timed_step", then)


def test_a_trial_is_a_run_with_a_result(chosen: Plan, unbroken: Result, tmp_path: Path) -> None:
    study = fake.folder(tmp_path, chosen)
    result = work.run_trial(study, chosen, chosen.trials[2])
    assert figures(result) == figures(unbroken)  # whichever process ran it, and whatever that ran before
    assert (result.variant, result.change, result.status, result.images_seen) == ("with r1", "with", "finished", IMAGES)
    assert result.score is not None
    assert {"mixture_modes", "mixture_high_quality", "mixture_reverse_kl"} <= result.metrics.keys()
    assert result.run == "trials/with-r1-seed0"
    assert study.result(result.trial) == result
    assert study.run(result.trial).exists()
    assert work.run_trial(study, chosen, chosen.trials[2]) == result  # nothing is done twice


def test_another_seed_is_another_trial(chosen: Plan, unbroken: Result, tmp_path: Path) -> None:
    other = work.run_trial(fake.folder(tmp_path, chosen), chosen, chosen.trials[6])
    assert (other.variant, other.seed) == (unbroken.variant, 1)
    assert other.score != unbroken.score


def test_a_trial_that_was_interrupted_goes_on_to_the_same_end(
    chosen: Plan, unbroken: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = fake.folder(tmp_path, chosen)
    with monkeypatch.context() as patched:
        when_at(64, lambda loop: signal.raise_signal(signal.SIGTERM), patched)
        with pytest.raises(InterruptedTrialError):
            work.run_trial(study, chosen, chosen.trials[2])
    assert study.result("with-r1-seed0") is None
    begun: list[int] = []
    when_at(80, lambda loop: begun.append(loop.state.steps), monkeypatch)
    assert figures(work.run_trial(study, chosen, chosen.trials[2])) == figures(unbroken)
    assert begun == [5]  # it went on after four steps of sixteen images


class KilledError(BaseException):
    """Stands for a process that is no more."""


@pytest.mark.sweep
@pytest.mark.parametrize("images", [16, 64, IMAGES])
def test_a_trial_that_was_killed_ends_as_if_nothing_had_been(
    chosen: Plan, unbroken: Result, images: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = fake.folder(tmp_path, chosen)

    def kill(loop: Loop) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        when_at(images, kill, patched)
        with pytest.raises(KilledError):
            work.run_trial(study, chosen, chosen.trials[2])
    assert figures(work.run_trial(study, chosen, chosen.trials[2])) == figures(unbroken)


@pytest.mark.sweep
@pytest.mark.parametrize("moment", ["write_atomically", "Judge.figures", "create"])
def test_a_trial_that_was_killed_at_a_bad_moment_ends_alike(
    chosen: Plan, unbroken: Result, moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = fake.folder(tmp_path, chosen)

    def kill(*given: object, **named: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        if moment == "write_atomically":  # its training has ended, and nobody has said so
            patched.setattr(training, "write_atomically", kill)
        elif moment == "Judge.figures":  # it was trained, and not judged
            patched.setattr(work.Judge, "figures", kill)
        else:  # there are files, and no run yet
            (study.trials / "with-r1-seed0" / "samples").mkdir(parents=True)
            (study.trials / "with-r1-seed0" / "recipe.toml").touch()
            patched.setattr(RunFolder, "create", kill)
        with pytest.raises(KilledError):
            work.run_trial(study, chosen, chosen.trials[2])
    assert figures(work.run_trial(study, chosen, chosen.trials[2])) == figures(unbroken)


def test_what_cannot_be_trained_is_refused_and_what_breaks_has_failed(
    chosen: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = fake.folder(tmp_path, chosen)
    refused = work.run_trial(study, chosen, chosen.trials[3])
    assert (refused.status, refused.reason) == ("refused", "'horizontal-flip' changes nothing for vectors")

    def raising(error: Exception) -> Result:
        def begin(*given: object) -> None:
            raise error

        monkeypatch.setattr(training.api, "run_new", begin)
        return work.run_trial(study, chosen, chosen.trials[0])

    result = raising(SteadyganError("These data have no labels"))
    assert (result.status, result.reason, result.score) == ("refused", "These data have no labels", None)
    study.remove_trial(result.trial)
    full = SteadyganError("The disk is full")
    full.__cause__ = OSError("no space")
    assert raising(full).status == "failed"
    result = raising(RuntimeError("out\nof memory"))  # a trial that failed is tried again
    assert (result.status, result.reason) == ("failed", "RuntimeError: out of memory")


@pytest.mark.sweep
def test_a_share_of_the_budget_is_gone_on_from(chosen: Plan, unbroken: Result, tmp_path: Path) -> None:
    study = fake.folder(tmp_path, chosen)
    first = work.run_trial(study, chosen, chosen.trials[2], 0.25)
    assert (first.images_seen, first.share, first.status) == (32, 0.25, "finished")
    last = work.run_trial(study, chosen, chosen.trials[2])
    assert last.scores == ((0.25, first.score), (1.0, unbroken.score))
    assert last.images_seen == IMAGES
    small = chosen.model_copy(update={"training": chosen.training.model_copy(update={"images": 20})})
    again = fake.folder(tmp_path / "small", small)
    work.run_trial(again, small, small.trials[2], 0.8)  # one step of 16 images
    assert work.run_trial(again, small, small.trials[2], 0.8).images_seen == 16
    assert work.run_trial(again, small, small.trials[2]).status == "finished"
    again = fake.folder(tmp_path / "smaller", small)
    assert [work.run_trial(again, small, small.trials[2], share).images_seen for share in (0.1, 0.5)] == [16, 16]


def test_a_judge_or_data_that_are_not_those_of_the_study_fail_the_trial(chosen: Plan, tmp_path: Path) -> None:
    for name in ("features", "fingerprint"):
        other = chosen.model_copy(update={name: "another"})
        result = work.run_trial(fake.folder(tmp_path, other), other, chosen.trials[0])
        assert result.status == "failed"
        assert result.reason is not None
        assert "bring" in result.reason


def test_a_training_that_diverges_is_judged_and_counts(
    chosen: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wild = chosen.model_copy(update={"recipe": chosen.recipe.change(values={"adam.lr": 1e18})})
    result = work.run_trial(fake.folder(tmp_path, wild), wild, chosen.trials[0])
    assert result.status == "diverged"
    assert result.counts
    assert result.healthy is False
    assert result.findings == ("not-finite",)

"""The work on one trial: train, judge, write down what came of it. Whoever calls it may be killed at any moment."""

import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import torch

from steadygan.data import Prepared, prepare
from steadygan.doctor.diagnosis import diagnose
from steadygan.errors import SteadyganError
from steadygan.runs.budget import Budget
from steadygan.runs.run import Run
from steadygan.study.folder import StudyFolder
from steadygan.study.judge import Judge
from steadygan.study.plan import Plan
from steadygan.study.result import Result, Status
from steadygan.study.training import InterruptedTrialError, settings_of, spent, trained
from steadygan.study.trial import Trial
from steadygan.vocabulary import Failure

CLOSE = 0.999
"""Share of a budget from which on it is used: rows round the seconds that they tell."""


class UnlikeStudyError(SteadyganError):
    """The data or the judge are not those of the study here."""


def run_trial(folder: StudyFolder, plan: Plan, trial: Trial, share: float = 1.0) -> Result:
    """Run a trial, or as much of it as has not been done.

    Args:
        folder: of the study.
        plan: of the study.
        trial: to run.
        share: of its budget that it is given, in (0, 1].

    Returns:
        What came of it, which is in its folder then.

    Raises:
        InterruptedTrialError: when a signal asked the training to stop.
    """
    known = folder.result(trial.name)
    if known is not None and known.counts and (known.share >= share or known.status != "finished"):
        return known
    began, threads = time.perf_counter(), torch.get_num_threads()
    torch.set_num_threads(plan.threads)
    try:
        result = _attempt(folder, plan, trial, share)
    finally:
        torch.set_num_threads(threads)
    earlier = () if known is None else tuple(one for one in known.scores if one[0] < share)
    result = result.model_copy(
        update={"trial_seconds": round(time.perf_counter() - began, 3), "scores": (*earlier, (share, result.score))}
    )
    folder.write_result(result)
    return result


def without_run(trial: Trial, status: Status, reason: str, share: float = 1.0) -> Result:
    """The result of a trial of which there is no run."""
    return Result(
        trial=trial.name,
        variant=trial.variant,
        change=trial.change,
        heuristics=trial.edit.heuristics,
        seed=trial.seed,
        status=status,
        reason=" ".join(reason.split()),
        share=share,
    )


def _attempt(folder: StudyFolder, plan: Plan, trial: Trial, share: float) -> Result:
    """What comes of a trial, whatever happens but an interruption."""
    if trial.refusal:
        return without_run(trial, "refused", trial.refusal, share)
    try:
        data, judge = _tools(folder.path, plan)
        run = trained(folder, plan, trial, data, share)
        return _judged(folder, plan, trial, run, judge, share)
    except InterruptedTrialError:
        raise
    except UnlikeStudyError as error:
        return without_run(trial, "failed", str(error), share)
    except SteadyganError as error:
        # a recipe that does not suit the data is refused before anything is written
        begun = isinstance(error.__cause__, OSError) or folder.run(trial.name).exists()
        return without_run(trial, "failed" if begun else "refused", str(error), share)
    except Exception as error:  # because one trial must not end all others
        return without_run(trial, "failed", f"{type(error).__name__}: {error}", share)


@lru_cache(maxsize=1)
def _kept(folder: Path, text: str) -> tuple[Prepared, Judge]:
    plan = Plan.from_toml(text, str(folder))
    data = prepare(plan.data, plan.data_settings)
    if data.fingerprint != plan.fingerprint:
        raise UnlikeStudyError(
            f"The data '{plan.data}' are not those with which the study began; bring the old ones back"
        )
    judge = Judge(data, StudyFolder(folder).judge, plan.samples)
    if judge.name != plan.features:
        raise UnlikeStudyError(
            f"The judge of this study was '{plan.features}' and is '{judge.name}' here; its figures do not compare, so "
            f"bring '{StudyFolder(folder).judge}' back"
        )
    return data, judge


def _tools(folder: Path, plan: Plan) -> tuple[Prepared, Judge]:
    """The data and the judge, which a process keeps from trial to trial."""
    return _kept(folder.absolute(), plan.to_toml())


def _judged(folder: StudyFolder, plan: Plan, trial: Trial, run: Run, judge: Judge, share: float) -> Result:
    rows = run.metrics
    images, seconds = spent(rows)
    found = diagnose(run.path) if rows else None
    lasting = [] if found is None else [each for each in found.findings if each.ended_at is None]
    kinds = tuple(dict.fromkeys(each.kind.value for each in lasting))
    used = Budget.of(settings_of(plan, trial, share)).fraction(images, seconds) >= CLOSE
    status, reason = _status(run.failure, kinds, used), run.failure
    try:
        score, metrics = judge.figures(run.generator)
    except SteadyganError as error:
        score, metrics, status, reason = None, {}, "diverged", reason or str(error)
    grids = run.folder.sample_grids()
    return Result(
        trial=trial.name,
        variant=trial.variant,
        change=trial.change,
        heuristics=trial.edit.heuristics,
        seed=trial.seed,
        status=status,
        reason=reason or None,
        healthy=None if found is None else found.is_healthy and not run.failure,
        findings=kinds,
        images_seen=images,
        seconds=seconds,
        images_per_second=round(images / seconds, 2) if seconds else 0.0,
        score=score,
        metrics=metrics,
        grid=str(grids[-1][1].relative_to(folder.path)) if grids else None,
        run=str(run.path.relative_to(folder.path)),
        share=share,
    )


def _status(failure: str, findings: Sequence[str], used: bool) -> Status:
    """How a training ended.

    Args:
        failure: what the doctor stopped it for, or what lasts at its end.
        findings: the kinds of findings that last.
        used: whether its budget is used.
    """
    if Failure.NOT_FINITE.value in (*findings, *failure.split(" ")[:1]):
        return "diverged"
    return "stopped" if failure and not used else "finished"

"""Trains a trial in its folder: begins it, or goes on with what is there, as if it had never stopped."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from steadygan import api
from steadygan.data import Prepared
from steadygan.errors import SteadyganError
from steadygan.files import read_text
from steadygan.recipes import parse
from steadygan.runs.budget import Budget
from steadygan.runs.folder import RunFolder, write_atomically
from steadygan.runs.lock import locked
from steadygan.runs.run import Run
from steadygan.settings import TrainingSettings
from steadygan.study.folder import StudyFolder
from steadygan.study.plan import Plan
from steadygan.study.trial import Trial
from steadygan.training.session import CustomNetworks

PATIENCE = 60.0
"""Seconds for which a trial waits until a process that was given up leaves its folder."""


class InterruptedTrialError(Exception):
    """Someone asked the training to stop: it is saved, and the trial has no result yet."""


class Training(BaseModel):
    """What a trial's folder says of its training.

    A training that ends and one that is interrupted leave the same files, and a training that the doctor has stopped
    could go on: this says which it was.

    Attributes:
        ended: whether it has ended by itself.
        images: its budget in images.
        minutes: its budget in minutes.
        failure: what the doctor stopped it for, or what lasted at its end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ended: bool
    images: int | None
    minutes: float | None
    failure: str = ""

    def fulfils(self, training: TrainingSettings) -> bool:
        """Whether nothing is left to do of a training with these settings."""
        same = (self.images, self.minutes) == (training.images, training.minutes)
        return self.ended and (same or bool(self.failure))


def settings_of(plan: Plan, trial: Trial, share: float) -> TrainingSettings:
    """The settings of a trial.

    Args:
        plan: of the study.
        trial: that is trained.
        share: of the budget that it is given, in (0, 1].
    """
    images, minutes = plan.training.images, plan.training.minutes
    budget = {
        "images": None if images is None else max(1, round(images * share)),
        "minutes": None if minutes is None else minutes * share,
    }
    return plan.training.model_copy(update={"seed": trial.seed, **budget})


def trained(folder: StudyFolder, plan: Plan, trial: Trial, data: Prepared, share: float = 1.0) -> Run:
    """The run of a trial, which is trained as far as that has not happened yet.

    Args:
        folder: of the study.
        plan: of the study.
        trial: that is trained.
        data: the prepared data.
        share: of the budget, in (0, 1].

    Raises:
        InterruptedTrialError: when a signal asked the training to stop.
        SteadyganError: when this recipe cannot be trained on these data, or the disk is full.
    """
    run_folder, note = folder.run(trial.name), folder.training_file(trial.name)
    training = settings_of(plan, trial, share)
    _wait_for(run_folder)
    before = _read(note)
    if before is not None and before.fulfils(training):
        return Run(run_folder.path, failure=before.failure)
    if before is not None and before.ended and _has_used(training, run_folder):
        return Run(run_folder.path)  # a step may see more images than a small budget has
    if _can_go_on(run_folder, before):
        run_folder.conclusion.unlink(missing_ok=True)
        note.unlink(missing_ok=True)  # in this order: from here on what is there is a training that was broken off
        run = api.resume(run_folder.path, images=training.images, minutes=training.minutes, data=data, observers=())
    else:
        folder.remove_trial(trial.name)
        run = _begun(plan, trial, training, data, run_folder)
    now = Training(ended=not run.interrupted, images=training.images, minutes=training.minutes, failure=run.failure)
    write_atomically(note, now.model_dump_json())
    if run.interrupted:
        raise InterruptedTrialError(trial.name)
    return run


def _begun(plan: Plan, trial: Trial, training: TrainingSettings, data: Prepared, folder: RunFolder) -> Run:
    base = parse(trial.recipe, trial.name) if trial.recipe else plan.recipe
    return api.run_new(data, trial.edit.apply(base), training, plan.data_settings, folder, CustomNetworks(), True, ())


def _can_go_on(folder: RunFolder, before: Training | None) -> bool:
    """Whether what is there can go on to the end that it would have had.

    A conclusion without a note is that of a training that ended, and whose process was killed before it said so.
    """
    begun = folder.exists() and bool(folder.numbered_checkpoints())
    return begun and not (before is None and folder.conclusion.is_file())


def spent(rows: Sequence[Mapping[str, Any]]) -> tuple[int, float]:
    """The images that training has seen, and the seconds that it took.

    Args:
        rows: of its metrics.
    """
    timed = [row for row in rows if "seconds" in row]
    return (int(timed[-1]["images"]), float(timed[-1]["seconds"])) if timed else (0, 0.0)


def _has_used(training: TrainingSettings, folder: RunFolder) -> bool:
    return Budget.of(training).fraction(*spent(folder.read_rows(folder.metrics))) >= 1


def _read(note: Path) -> Training | None:
    try:
        return Training.model_validate_json(read_text(note))
    except (OSError, SteadyganError, ValidationError):
        return None


def _wait_for(folder: RunFolder) -> None:
    """Wait until no other process trains there: one whose study was broken off needs a moment to notice."""
    until = time.monotonic() + PATIENCE
    while folder.path.is_dir():
        try:
            with locked(folder, ""):
                return
        except SteadyganError:
            if time.monotonic() > until:
                raise
            time.sleep(1.0)

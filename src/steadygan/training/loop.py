"""The training loop: it steps until the budget is used or the user stops it, and saves and measures meanwhile."""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import torch
from torch import nn

from steadygan.amounts import things
from steadygan.cores import core_wait_seconds
from steadygan.distributed import any_process
from steadygan.doctor.checkup import Checkup
from steadygan.doctor.finding import Finding, Severity
from steadygan.heuristics.moments import Measures
from steadygan.layers.kernels.tuning import tuned_for
from steadygan.metrics import CHOOSES_BEST, METRICS, Metric
from steadygan.runs.budget import Budget
from steadygan.runs.checkpoint import save_checkpoint
from steadygan.runs.export import GeneratorConfig, save_generator
from steadygan.runs.folder import RunFolder, write_json
from steadygan.runs.rescues import Rescue
from steadygan.runs.rows import RowFile
from steadygan.runs.sampling import sampling_generator
from steadygan.training.conclusion import conclude, ending, estimate
from steadygan.training.gallery import Gallery
from steadygan.training.judge import Judge
from steadygan.training.observe import Audience
from steadygan.training.rescue import Rescuer
from steadygan.training.state import TrainingState
from steadygan.training.step import step
from steadygan.training.watch import Watch
from steadygan.vocabulary import ProcessorChoice

STEPS_PER_ROW, SECONDS_PER_ROW = 20, 15.0
"""Steps over which a row of metrics averages, and the time after which it does not wait for all of them."""
GRIDS_PER_RUN = 20
"""Grids of samples in a whole run, besides the first."""
GRIDS_PER_MEASUREMENT = 4
"""Samples are measured with every fourth grid."""
CHECKPOINT_SECONDS = 120.0
ESTIMATE_SECONDS = 20.0
"""Time after which the speed of a new run says how far its budget reaches."""


class Loop:
    """The loop of the main process, which writes files; the other processes, if any, run a :class:`WorkerLoop`.

    Args:
        state: the training state, which the loop advances.
        folder: the run folder, in which everything is saved.
        budget: the budget, after which the run is over.
        config: the config of the exported generator.
        keep: how many checkpoints to keep.
        processor: the kind of processor that convolutions are tuned for; it stays the same when the run is resumed.
        observers: objects that are told how the run proceeds.
        metrics: the metrics to measure on samples.
        judge: measures samples by features now and then; None where nobody does.
        watch: looks at the run for the doctor; None where nobody does.
        checkup: reads the rows, and says what goes wrong; None where nobody does.
        stop_on: the severity of a finding from which the run stops; None for a run that goes on whatever is found.
        rescuer: decides about critical findings; None for a run that is not rescued.

    Attributes:
        failure: what the run stopped for, or what of that kind lasts at its end, in a sentence; else empty.
        rescue: the decision to go back to an earlier state, for which the loop ended before its time; else None.
    """

    def __init__(
        self,
        state: TrainingState,
        folder: RunFolder,
        budget: Budget,
        config: GeneratorConfig,
        keep: int,
        processor: ProcessorChoice,
        observers: Sequence[object] = (),
        metrics: Sequence[Metric] = METRICS,
        judge: Judge | None = None,
        watch: Watch | None = None,
        checkup: Checkup | None = None,
        stop_on: Severity | None = None,
        rescuer: Rescuer | None = None,
    ) -> None:
        self.state = state
        self.folder = folder
        self.budget = budget
        self.config = config
        self.keep = keep
        self.processor = processor
        self.observers = Audience(observers)
        self.gallery = Gallery(folder, state, metrics)
        self.judge = judge
        self.watch = watch
        self.checkup = checkup
        self.stop_on = stop_on
        self.rescuer = rescuer
        self.failure = ""
        self.rescue: Rescue | None = None
        self._is_finishing = False
        self.rows = RowFile(folder.metrics)
        self.findings = RowFile(folder.findings)
        self._row_began = (state.images_seen, state.seconds, state.loader.wait_seconds)
        self._judging_before = state.judging_seconds
        self._watching_before = self._watching_seconds
        self._core_wait_before = core_wait_seconds()
        self._saved_at = state.seconds
        self._estimated = state.images_seen > 0 or state.data.kind != "images"
        self._grids_drawn = self._grids_due()
        self._kept_sampling_generator: tuple[int, nn.Module] | None = None

    @property
    def fraction(self) -> float:
        """Share of the budget that is used."""
        return self.budget.fraction(self.state.images_seen, self.state.seconds)

    def run(self, interrupted: Callable[[], bool]) -> None:
        """Train until the budget is used, ``interrupted()``, or what is found stops the run; then save.

        A run that is to be rescued is not saved, because it goes on from an earlier state.
        """
        try:
            with tuned_for(self.processor):
                self._train(interrupted)
        finally:
            for file in (self.rows, self.findings):
                file.close()
            self.observers.close()

    def report_finding(self, finding: str, message: str) -> None:
        """Write a finding to its file, and tell the observers."""
        self.findings.append({"images": self.state.images_seen, "finding": finding, "message": message})
        self.observers.finding(message)

    def _train(self, interrupted: Callable[[], bool]) -> None:
        if self.state.images_seen == 0:
            self.gallery.draw_real()
            self._draw_grid(self.sampling_generator())
            self.save()  # so that the run can be resumed from its first moment on
        if self.rescuer is not None:
            self.rescuer.begin(self._snapshot())
        self.observers.begin(self.state.images_seen, self.state.seconds, self.fraction)
        while not any_process(self.fraction >= 1 or interrupted() or bool(self.failure) or self.rescue is not None):
            self._timed_step()
        if self.rescue is None:
            self._finish()

    def _timed_step(self) -> None:
        begun, before = time.perf_counter(), self.state.seconds
        self._kept_sampling_generator = None  # it was that of the step before
        step(self.state)
        self._set_seconds(begun, before)
        if self.state.steps % STEPS_PER_ROW == 0 or self.state.seconds - self._row_began[1] >= SECONDS_PER_ROW:
            self._write_row()
        if self.watch is not None and self.watch.is_due():
            self._append({"images": self.state.images_seen, **self.watch.look()})
        if self._grids_due() > self._grids_drawn:
            self._draw_due_grid()
        if self.judge is not None and self.judge.is_due(self.state, at_end=False):
            self._set_seconds(begun, before)
            self._judge(self.judge)
        if self.rescuer is not None and self.rescue is None and self.rescuer.is_due(self.state.images_seen):
            self.rescuer.take(self._snapshot())
        if self.state.seconds - self._saved_at >= CHECKPOINT_SECONDS:
            self.save()
        self._set_seconds(begun, before)
        if not self._estimated and self.state.seconds >= ESTIMATE_SECONDS:
            self._estimate()
        self.observers.tick(self.state.images_seen, self.state.seconds, self.fraction)

    def _estimate(self) -> None:
        self._estimated = True
        pixels, state = self.state.data.shape[0], self.state
        self.observers.note(estimate(pixels, state.images_seen, state.seconds, self.fraction))

    def _set_seconds(self, begun: float, before: float) -> None:
        self.state.seconds = before + time.perf_counter() - begun

    def _grids_due(self) -> int:
        return math.floor(self.fraction * GRIDS_PER_RUN + 1e-9)

    def _write_row(self) -> None:
        now = self.state.images_seen, self.state.seconds, self.state.loader.wait_seconds
        images, seconds, _ = now
        since_images, since_seconds, since_waiting = (new - old for new, old in zip(now, self._row_began, strict=True))
        since_seconds = max(since_seconds, 1e-9)
        row: dict[str, Any] = {"images": images, "step": self.state.steps, **self.state.record.row()}
        row["seconds"] = round(seconds, 3)
        if since_images:  # none in a sitting that was stopped before its first step
            row["images_per_second"] = round(since_images / since_seconds, 2)
            row["time/data"] = round(since_waiting / since_seconds, 6)
            row["time/judging"] = round((self.state.judging_seconds - self._judging_before) / since_seconds, 6)
            row["time/watching"] = round((self._watching_seconds - self._watching_before) / since_seconds, 6)
        row |= self._core_wait(since_seconds)
        self._row_began, self._judging_before = now, self.state.judging_seconds
        self._watching_before = self._watching_seconds
        self._append(row)
        if row["not_finite"] and self.checkup is None:
            values, one = things(row["not_finite"], "measured value"), row["not_finite"] == 1
            self.report_finding(
                "not-finite", f"{values} of the last {STEPS_PER_ROW} steps {'was' if one else 'were'} not finite"
            )

    @property
    def _watching_seconds(self) -> float:
        return 0.0 if self.watch is None else self.watch.seconds

    def _core_wait(self, seconds: float) -> dict[str, float]:
        """The share of its threads' time during which this process had no core, if the system counts it."""
        before, self._core_wait_before = self._core_wait_before, core_wait_seconds()
        if before is None or self._core_wait_before is None:
            return {}
        # The wait of a thread that has ended is no longer counted.
        waited = max(0.0, self._core_wait_before - before)
        return {"time/without_core": round(min(1.0, waited / seconds / torch.get_num_threads()), 6)}

    def _append(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        self.observers.row(row)
        for finding in [] if self.checkup is None else [*self.checkup.read(row), *self.checkup.ended]:
            self.findings.append(finding.as_row())
            self.observers.diagnosis(finding)
            if finding.ended_at is None:
                self._act_on(finding)

    def _act_on(self, finding: Finding) -> None:
        """Let the run be rescued from what was found, or stop because of it, if it is serious enough."""
        if self.rescue is not None:
            return
        if finding.severity is Severity.CRITICAL and self._may_be_rescued():
            self._decide(finding)
        if self.rescue is None and self._is_failure(finding):
            self.failure = finding.message

    def _may_be_rescued(self) -> bool:
        return self.rescuer is not None and not self.rescuer.has_given_up and not self._is_finishing

    def _decide(self, finding: Finding) -> None:
        assert self.rescuer is not None  # so _may_be_rescued has said
        assert self.checkup is not None  # who found it
        decision = self.rescuer.decide(finding, self.state, self.checkup.history)
        if decision.gave_up:
            self.rescuer.write(decision)
            self.observers.note(decision.message)
        else:
            self.rescue = decision

    def _is_failure(self, finding: Finding) -> bool:
        return self.stop_on is not None and finding.severity.rank >= self.stop_on.rank

    def _draw_due_grid(self) -> None:
        self._grids_drawn = self._grids_due()
        measured = self._grids_drawn % GRIDS_PER_MEASUREMENT == 0 or self.fraction >= 1
        sampler = self.sampling_generator() if measured else self._quick_sampling_generator()
        self._draw_grid(sampler)
        if measured:
            self._measure(sampler)

    def _quick_sampling_generator(self) -> nn.Module:
        """A generator that is good enough for a grid: its batch norm has the statistics of a single batch."""
        return self._new_sampling_generator(batches=1)

    def sampling_generator(self) -> nn.Module:
        """A copy of the current generator that is ready to make images; it is made at most once per step."""
        if self._kept_sampling_generator is None or self._kept_sampling_generator[0] != self.state.steps:
            self._kept_sampling_generator = (self.state.steps, self._new_sampling_generator())
        return self._kept_sampling_generator[1]

    def _new_sampling_generator(self, batches: int | None = None) -> nn.Module:
        state = self.state
        with state.in_precision():
            return sampling_generator(
                state.kept_generator, state.recipe.latent, state.device, batches, state.class_shares
            )

    def config_now(self) -> GeneratorConfig:
        """The config of the current generator."""
        return self.config.model_copy(update={"images_seen": self.state.images_seen})

    def _draw_grid(self, sampler: nn.Module) -> None:
        self.gallery.draw(sampler, self.state)
        self.observers.grid(self.state.images_seen, self.folder.sample_grid(self.state.images_seen))

    def _measure(self, sampler: nn.Module) -> None:
        measured = self.gallery.measure(sampler, self.state)
        row: dict[str, Any] = {"images": self.state.images_seen, **_rounded(measured)}
        for heuristic in self.state.recipe.all(Measures):
            row |= heuristic.measure(self.state)
        self._append(row)
        if self.state.best_by in ("", CHOOSES_BEST.key):  # features say more, once there are judgements by some
            self._keep_if_best(CHOOSES_BEST.key, measured[CHOOSES_BEST.key])

    def _judge(self, judge: Judge) -> None:
        begun, state = time.perf_counter(), self.state
        found = judge.figures(self.sampling_generator(), state)
        judge.seconds = time.perf_counter() - begun
        state.judged_at, state.judging_seconds = state.images_seen, state.judging_seconds + judge.seconds
        self._append({"images": state.images_seen, **_rounded(judge.floors), **_rounded(found)})
        self._keep_if_best(judge.key, found[judge.key])

    def _keep_if_best(self, key: str, value: float) -> None:
        """Keep this checkpoint as the best if no other has a smaller distance of the same kind."""
        if self.rescue is None and math.isfinite(value) and (value < self.state.best or key != self.state.best_by):
            self.state.best, self.state.best_by = value, key
            save_generator(self.folder.best, self.sampling_generator(), self.config_now())
            self.save(best=True)

    def save(self, best: bool = False) -> None:
        """Write a checkpoint and the current generator.

        Args:
            best: whether the checkpoint is also kept as the best one.
        """
        if self.rescue is not None:
            return  # nobody is to go on from what is about to be given up
        save_checkpoint(self.folder, self._snapshot(), self.keep, best)
        save_generator(self.folder, self.sampling_generator(), self.config_now())
        self._saved_at = self.state.seconds

    def _snapshot(self) -> dict[str, Any]:
        """Everything from which the run can go on."""
        files = {"metrics": self.rows.flush_to_disk(), "findings": self.findings.flush_to_disk()}
        watched = {} if self.watch is None else {"watch": self.watch.state_dict()}
        line = {"line": self.rescuer.line} if self.rescuer is not None and self.rescuer.line else {}
        return {**self.state.state_dict(), **watched, **line, "files": files}

    def _finish(self) -> None:
        """Save, and write what is true at the end.

        The closing row comes after the checkpoint, which knows nothing of it: a run that is resumed goes on from the
        checkpoint as if it had never stopped, and forgets that row.
        """
        self._is_finishing = True
        if not self.folder.sample_grid(self.state.images_seen).exists():
            self._draw_grid(self.sampling_generator())
        if self.judge is not None and self.fraction >= 1 and self.judge.is_due(self.state, at_end=True):
            self._judge(self.judge)
        self.save()
        if not self.state.record.is_empty:
            self._write_row()
        self._conclude()

    def _conclude(self) -> None:
        if self.checkup is not None and not self.failure:
            self.failure = next((each.message for each in self.checkup.lasting if self._is_failure(each)), "")
        conclusion = conclude(ending(self.state, self.folder, self.checkup, self.fraction >= 1))
        write_json(self.folder.conclusion, conclusion.model_dump())
        self.observers.conclusion(conclusion.message, conclusion.command)


@contextmanager
def ask_to_stop() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C (or SIGTERM, or SIGHUP) ask the loop to stop; the second one ends the program at once.

    SIGHUP, which says that the terminal has gone, often comes twice, and never ends the program at once. Where it was
    ignored before, as with ``nohup``, it still is.

    Yields:
        A function that says whether a signal asked to stop. In any other than the main thread it always returns False.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    ends_at_second = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.getsignal(each) for each in ends_at_second}
    hang_up = getattr(signal, "SIGHUP", None)  # Windows has none
    if hang_up is not None and signal.getsignal(hang_up) != signal.SIG_IGN:
        before[hang_up] = signal.getsignal(hang_up)

    def on_signal(number: int, frame: FrameType | None) -> None:
        asked.set()
        for each in ends_at_second:
            signal.signal(each, before[each])

    for each in before:
        signal.signal(each, on_signal)
    try:
        yield asked.is_set
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _rounded(figures: Mapping[str, float]) -> dict[str, float | None]:
    """Figures as rows hold them: to six decimals, None where they are not finite."""
    return {key: round(value, 6) if math.isfinite(value) else None for key, value in figures.items()}

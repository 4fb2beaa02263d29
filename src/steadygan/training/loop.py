"""The loop: steps until the budget is used or someone asks it to stop, and what is saved on the way."""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import torch
from torch import nn

from steadygan.cores import core_wait_seconds
from steadygan.distributed import any_process
from steadygan.heuristics.moments import Measures
from steadygan.layers.kernels.tuning import tuned_for
from steadygan.metrics import CHOOSES_BEST, METRICS, Metric
from steadygan.runs.checkpoint import save_checkpoint
from steadygan.runs.export import GeneratorConfig, save_generator
from steadygan.runs.folder import RunFolder
from steadygan.runs.rows import RowFile
from steadygan.runs.sampling import sampling_generator
from steadygan.training.budget import Budget
from steadygan.training.gallery import Gallery
from steadygan.training.observe import Observer
from steadygan.training.state import TrainingState
from steadygan.training.step import step
from steadygan.vocabulary import ProcessorChoice

ROW_STEPS = 20
"""Steps in a row of metrics."""
FRAMES = 20
"""Grids in a whole run, besides the first."""
MEASURE_EVERY = 4
"""Frames from one measurement of samples to the next."""
CHECKPOINT_SECONDS = 120.0


class Loop:
    """The loop of the process that writes; where there are several, the others run a :class:`WorkerLoop` beside it.

    Args:
        state: the training state, which the loop advances.
        folder: where everything is saved.
        budget: when the run is over.
        config: of the exported generator.
        keep: how many checkpoints stay.
        processor: the kind that convolutions are tuned for, the same whenever the run is resumed.
        observers: who watches.
        metrics: what is measured of samples.
    """

    def __init__(
        self,
        state: TrainingState,
        folder: RunFolder,
        budget: Budget,
        config: GeneratorConfig,
        keep: int,
        processor: ProcessorChoice,
        observers: Sequence[Observer] = (),
        metrics: Sequence[Metric] = METRICS,
    ) -> None:
        self.state = state
        self.folder = folder
        self.budget = budget
        self.config = config
        self.keep = keep
        self.processor = processor
        self.observers = tuple(observers)
        self.gallery = Gallery(folder, state, metrics)
        self.rows = RowFile(folder.metrics)
        self.findings = RowFile(folder.findings)
        self._row_began = (state.images_seen, state.seconds, state.loader.wait_seconds)
        self._core_wait_before = core_wait_seconds()
        self._saved_at = state.seconds
        self._frame = self._frame_now()
        self._made_generator: tuple[int, nn.Module] | None = None

    @property
    def fraction(self) -> float:
        """Share of the budget that is used."""
        return self.budget.fraction(self.state.images_seen, self.state.seconds)

    def run(self, interrupted: Callable[[], bool]) -> None:
        """Train until the budget is used or ``interrupted()``; then save."""
        try:
            with tuned_for(self.processor):
                self._train(interrupted)
        finally:
            for file in (self.rows, self.findings):
                file.close()
            for observer in self.observers:
                observer.close()

    def report_finding(self, finding: str, message: str) -> None:
        """Write a finding down and tell the observers."""
        self.findings.append({"images": self.state.images_seen, "finding": finding, "message": message})
        for observer in self.observers:
            observer.finding(message)

    def _train(self, interrupted: Callable[[], bool]) -> None:
        if self.state.images_seen == 0:
            self.gallery.draw_real()
            self._show(self.sampling_generator())
            self.save()  # from the first moment on there is something to go on from
        while not any_process(self.fraction >= 1 or interrupted()):
            self._timed_step()
        self._finish()

    def _timed_step(self) -> None:
        begun, before = time.perf_counter(), self.state.seconds
        self._made_generator = None  # it was that of the step before
        step(self.state)
        self._clock(begun, before)
        if self.state.steps % ROW_STEPS == 0:
            self._write_row()
        if self._frame_now() > self._frame:
            self._next_frame()
        if self.state.seconds - self._saved_at >= CHECKPOINT_SECONDS:
            self.save()
        self._clock(begun, before)
        for observer in self.observers:
            observer.tick(self.state.images_seen, self.state.seconds, self.fraction)

    def _clock(self, begun: float, before: float) -> None:
        self.state.seconds = before + time.perf_counter() - begun

    def _frame_now(self) -> int:
        return math.floor(self.fraction * FRAMES + 1e-9)

    def _write_row(self) -> None:
        now = self.state.images_seen, self.state.seconds, self.state.loader.wait_seconds
        images, seconds, _ = now
        since_images, since_seconds, since_waiting = (new - old for new, old in zip(now, self._row_began, strict=True))
        since_seconds = max(since_seconds, 1e-9)
        row: dict[str, Any] = {"images": images, "step": self.state.steps, **self.state.record.row()}
        row["seconds"] = round(seconds, 3)
        row["images_per_second"] = round(since_images / since_seconds, 2)
        row["time/data"] = round(since_waiting / since_seconds, 6)
        row |= self._core_wait(since_seconds)
        self._row_began = now
        self._append(row)
        if row["not_finite"]:
            self.report_finding(
                "not-finite", f"{row['not_finite']} measured values of the last {ROW_STEPS} steps were not finite"
            )

    def _core_wait(self, seconds: float) -> dict[str, float]:
        """The share of its threads' time that this process was without a core, where the system counts it."""
        before, self._core_wait_before = self._core_wait_before, core_wait_seconds()
        if before is None or self._core_wait_before is None:
            return {}
        # The wait of a thread that has ended is no longer counted.
        waited = max(0.0, self._core_wait_before - before)
        return {"time/without_core": round(min(1.0, waited / seconds / torch.get_num_threads()), 6)}

    def _append(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        for observer in self.observers:
            observer.row(row)

    def _next_frame(self) -> None:
        self._frame = self._frame_now()
        measured = self._frame % MEASURE_EVERY == 0 or self.fraction >= 1
        sampler = self.sampling_generator() if measured else self._quick_sampling_generator()
        self._show(sampler)
        if measured:
            self._measure(sampler)

    def _quick_sampling_generator(self) -> nn.Module:
        """A generator good enough for a grid: its batch norm has the statistics of one batch, which takes no time."""
        return self._new_sampling_generator(batches=1)

    def sampling_generator(self) -> nn.Module:
        """The generator of this moment, ready to make images; it is made once a step at most."""
        if self._made_generator is None or self._made_generator[0] != self.state.steps:
            self._made_generator = (self.state.steps, self._new_sampling_generator())
        return self._made_generator[1]

    def _new_sampling_generator(self, batches: int | None = None) -> nn.Module:
        state = self.state
        with state.in_precision():
            return sampling_generator(
                state.kept_generator, state.recipe.latent, state.device, batches, state.class_shares
            )

    def config_now(self) -> GeneratorConfig:
        """What the generator of this moment is."""
        return self.config.model_copy(update={"images_seen": self.state.images_seen})

    def _show(self, sampler: nn.Module) -> None:
        self.gallery.draw(sampler, self.state)
        for observer in self.observers:
            observer.grid(self.state.images_seen, self.folder.sample_grid(self.state.images_seen))

    def _measure(self, sampler: nn.Module) -> None:
        measured = self.gallery.measure(sampler, self.state)
        row: dict[str, Any] = {"images": self.state.images_seen}
        row |= {key: round(value, 6) if math.isfinite(value) else None for key, value in measured.items()}
        for heuristic in self.state.recipe.all(Measures):
            row |= heuristic.measure(self.state)
        self._append(row)
        value = measured[CHOOSES_BEST.key]
        if math.isfinite(value) and value < self.state.best:
            self.state.best = value
            self.save(best=True)

    def save(self, best: bool = False) -> None:
        """Write a checkpoint, as the best too if it is, and the generator of this moment."""
        files = {"metrics": self.rows.flush_to_disk(), "findings": self.findings.flush_to_disk()}
        save_checkpoint(self.folder, {**self.state.state_dict(), "files": files}, self.keep, best)
        save_generator(self.folder, self.sampling_generator(), self.config_now())
        self._saved_at = self.state.seconds

    def _finish(self) -> None:
        if not self.folder.sample_grid(self.state.images_seen).exists():
            self._show(self.sampling_generator())
        self.save()


@contextmanager
def ask_to_stop() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C (or SIGTERM) ask the loop to stop; the second one ends the program at once.

    Yields:
        A function that says whether someone asked to stop. Signals reach only the main thread: elsewhere it is False.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.getsignal(each) for each in signals}

    def on_signal(number: int, frame: FrameType | None) -> None:
        asked.set()
        for each in signals:
            signal.signal(each, before[each])

    for each in signals:
        signal.signal(each, on_signal)
    try:
        yield asked.is_set
    finally:
        for each in signals:
            signal.signal(each, before[each])

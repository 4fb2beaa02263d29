"""The callback that writes a run folder while ``fit`` trains."""

import math
import time
from pathlib import Path
from typing import Any

import keras

from steadygan.errors import SteadyganError
from steadygan.keras.means import Means
from steadygan.keras.run_writer import RunWriter
from steadygan.runs.folder import RunFolder

ROWS_PER_GRID = 5
SAVE_SECONDS = 120.0
"""Time after which the generator is saved again."""
MEASURING_SHARE = 0.02
"""Share of the time after which samples are not measured with a grid, beside the first and the last."""
NEEDED = ("recipe", "generator", "discriminator", "averaged", "images_seen", "generate")


class RunLogger(keras.callbacks.Callback):
    """Writes a run folder while ``fit`` trains: rows of measurements, grids of samples, the generator, a report.

    The folder is like one of ``steadygan train``, but for the states to resume from, which are Keras' own::

        logger = sgk.RunLogger("runs/keras", samples=64, every=5000, data=images)
        gan.fit(images, epochs=20, callbacks=[logger])

    What is written stays readable when training is interrupted; ``steadygan report runs/keras`` then makes the page.
    Calling ``fit`` again with the same callback goes on with the run.

    Args:
        folder: the run folder.
        samples: images in a grid, always of the same latents; of a GAN with classes, each class has a row.
        every: real images from one grid to the next; there are five rows of measurements for each grid.
        data: the images that ``fit`` is given, or some of them, uint8 or float in [-1, 1], [N, H, W, C]: samples are
            compared with at most 1,000 of them. When None, no quality is measured.
        overwrite: whether a run that is in the folder may be replaced.
        append: whether a run that is in the folder is gone on with, by a model that was saved and loaded again.

    Raises:
        SteadyganError: for impossible numbers; in ``fit``, when the folder is occupied or the model is no GAN.
    """

    def __init__(
        self,
        folder: str | Path,
        samples: int = 64,
        every: int = 5000,
        data: Any = None,
        overwrite: bool = False,
        append: bool = False,
    ) -> None:
        super().__init__()
        for name, value in (("samples", samples), ("every", every)):
            if value < 1:
                raise SteadyganError(f"RunLogger has {name}={value}; give a whole number of at least 1")
        if overwrite and append:
            raise SteadyganError("RunLogger has both overwrite=True and append=True; choose one of them")
        self.every = every
        self.overwrite, self.append = overwrite, append
        self._writer = RunWriter(RunFolder(folder), samples, data)
        self._means = Means()
        self._begun = False
        self._seconds_before = 0.0

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self._writer.folder.path

    # --- what Keras calls

    def on_train_begin(self, logs: Any = None) -> None:
        """Make the run folder, or open it again."""
        model = self.model
        _require_gan(model)
        self._seen = int(model.images_seen)
        if (self._begun and self._seen) or (self.append and self._writer.folder.exists()):
            self._seconds_before = self._writer.reopen(model)
        else:
            self._writer.begin(model, self.overwrite)
        self._started = self._saved_at = self._row_began = time.perf_counter()
        self._seen_at_row = self._seen
        self._epoch, self._executions, self._images_each, self._planned = -1, 0, 0, False
        self._seen_at_epoch, self._measuring, self._measured_at = self._seen, 0.0, -1
        if not self._begun and not self._seen:
            self._writer.grid(model)
        self._begun = True
        self._set_due()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Begin to count anew, as Keras' metrics do."""
        self._means.begin_epoch()
        self._epoch = epoch
        self._executions = 0

    # Not at the end of a batch: for that Keras would wait for the device after each step, to make numbers of the logs.
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Write a row, and perhaps a grid, of the steps so far, if it is time for them."""
        if self._executions == 1 and not self._images_each:
            before, self._seen = self._seen, int(self.model.images_seen)
            self._images_each, self._executions = self._seen - before, 0
            if self.params.get("steps"):
                self._plan(before, math.ceil(self.params["steps"] / max(1, batch)) * self._images_each)
            self._row_began, self._seen_at_row = time.perf_counter(), self._seen  # without the time of compiling
        elif self._executions and self._seen + self._executions * self._images_each >= self._row_due:
            self._update(self.model)
        self._executions += 1

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Take over the means of the epoch before Keras forgets them."""
        self._update(self.model)
        if not self._planned:
            self._plan(self._seen_at_epoch, self._seen - self._seen_at_epoch)
            self._planned = True

    def on_train_end(self, logs: Any = None) -> None:
        """Write the last row, grid and measurements, the generator and the report."""
        model, writer = self.model, self._writer
        if self._seen > self._seen_at_row:
            self._write_row(model)
        if not writer.folder.sample_grid(self._seen).is_file():
            writer.grid(model)
        self._measure(model)
        writer.save_generator(model)
        if self._seen and self._epoch + 1 >= self.params["epochs"]:
            writer.plan(self._seen)  # the last batch of an epoch may have been smaller than the others
        writer.close()
        writer.report()

    # --- what is written when

    def _plan(self, before: int, images: int) -> None:
        """Write how many images the run will see, if each epoch sees as many as this one.

        Args:
            before: images seen before this epoch.
            images: in an epoch.
        """
        if images:
            self._writer.plan(before + (self.params["epochs"] - self._epoch) * images)

    def _set_due(self) -> None:
        between = max(1, self.every // ROWS_PER_GRID)
        self._row_due = (self._seen // between + 1) * between
        self._grid_due = (self._seen // self.every + 1) * self.every

    def _update(self, model: Any) -> None:
        """Take over the means since the last time, and write what is due."""
        self._means.collect(model.metrics)
        self._seen, self._executions = int(model.images_seen), 0
        if self._seen < self._row_due:
            return
        self._write_row(model)
        if self._seen >= self._grid_due:
            self._writer.grid(model)
            if self._measuring <= MEASURING_SHARE * (time.perf_counter() - self._started):
                self._measure(model)
        if time.perf_counter() - self._saved_at >= SAVE_SECONDS:
            self._writer.save_generator(model)
            self._saved_at = time.perf_counter()
        self._set_due()

    def _measure(self, model: Any) -> None:
        if self._writer.measures and self._measured_at != self._seen:
            begun = time.perf_counter()
            self._writer.measure(model)
            self._measuring += time.perf_counter() - begun
            self._measured_at = self._seen

    def _write_row(self, model: Any) -> None:
        now = time.perf_counter()
        means, not_finite = self._means.take()
        row: dict[str, Any] = {"images": self._seen, **means, "not_finite": not_finite}
        row["seconds"] = round(self._seconds_before + now - self._started, 3)
        row["images_per_second"] = round((self._seen - self._seen_at_row) / max(1e-9, now - self._row_began), 2)
        self._writer.row(row)
        self._row_began, self._seen_at_row = now, self._seen


def _require_gan(model: Any) -> None:
    """Refuse a model of which no run folder could be written."""
    if not all(hasattr(model, name) for name in NEEDED):
        raise SteadyganError(
            f"RunLogger writes the run of a steadygan.keras.GAN, and fit() was called on a {type(model).__name__}; "
            "train a GAN, or leave the callback out"
        )
    if len(model.shape) != 3:
        raise SteadyganError("RunLogger draws images, and this GAN makes vectors; leave the callback out")

"""A run as a program sees it: its folder, its measurements, its generator."""

from pathlib import Path
from typing import Any

import numpy as np

from steadygan.amounts import things
from steadygan.metrics import CHOOSES_BEST
from steadygan.runs.export import TrainedGenerator, load_generator
from steadygan.runs.folder import RunFolder


class Run:
    """A finished or interrupted run, or what was copied of it: the two files of its generator at least.

    Args:
        folder: where it is saved.
        generator: that makes its samples; read from the folder when None.
        interrupted: whether someone asked it to stop before its budget was used.
        failure: what ``stop_on`` stopped it for, or what of that kind lasted at its end, in a sentence; else empty. Of
            several processes the main one knows it.
    """

    def __init__(
        self,
        folder: Path | str,
        generator: TrainedGenerator | None = None,
        interrupted: bool = False,
        failure: str = "",
    ) -> None:
        self.folder = RunFolder(folder)
        if not self.folder.exists():
            self.folder.require_generator()
        self.interrupted = interrupted
        self.failure = failure
        self._generator = generator

    def __repr__(self) -> str:
        """Where it is, how far it came, and how near its samples are to the data."""
        rows = self.metrics
        said = [f"{things(rows[-1]['images'], 'image')} seen"] if rows else []
        measured = next(
            (row[CHOOSES_BEST.key] for row in reversed(rows) if row.get(CHOOSES_BEST.key) is not None), None
        )
        said += [] if measured is None else [f"{CHOOSES_BEST.key} {measured:.4g}"]
        said += [] if self.folder.exists() else ["its generator alone"]
        said += ["interrupted"] if self.interrupted else []
        said += ["failed"] if self.failure else []
        return f"<Run {str(self.path)!r}: {', '.join(said) or 'nothing measured yet'}>"

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def report(self) -> Path:
        """The report, one HTML file."""
        return self.folder.report

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The rows of ``metrics.jsonl``."""
        return self.folder.read_rows(self.folder.metrics)

    def table(self) -> dict[str, list[float | None]]:
        """Losses and quality in one table, a row for each number of images seen at which anything was measured.

        Returns:
            Columns by name, all of one length, with None where a figure was not measured; ``pandas.DataFrame`` takes
            them as they are.
        """
        rows: dict[int, dict[str, Any]] = {}
        for row in self.metrics:
            rows.setdefault(row["images"], {}).update(row)
        names = dict.fromkeys(name for row in rows.values() for name in row)
        return {name: [row.get(name) for row in rows.values()] for name in names}

    @property
    def generator(self) -> TrainedGenerator:
        """The generator that makes samples."""
        if self._generator is None:
            self._generator = load_generator(self.folder)
        return self._generator

    def sample(
        self, count: int, seed: int = 0, truncation: float | None = None, class_name: str | None = None
    ) -> "np.ndarray[Any, Any]":
        """New images.

        Args:
            count: how many.
            seed: the same seed gives the same images.
            truncation: keep latents to the middle of their distribution; None for all of it.
            class_name: the class of all of them, for a generator that was trained with labels; None for all classes.

        Returns:
            uint8 [count, H, W, C]; for vectors float32 [count, F].
        """
        made: np.ndarray[Any, Any] = self.generator.sample(count, seed, truncation, class_name).numpy()
        return made

"""Samples of a run while it trains."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

SAMPLES = 10_000

Images = np.ndarray[Any, np.dtype[np.uint8]]


class Snapshots:
    """Takes samples when it is time; the clock begins now, and stands while samples are made.

    Args:
        folder: gets ``<seconds>.npz``, and ``spent.json`` with the images seen and the seconds at each of them.
        times: seconds, rising.
    """

    def __init__(self, folder: Path, times: Sequence[float]) -> None:
        self._folder = folder
        self._times = list(times)
        self._spent: dict[str, dict[str, float]] = {}
        self._paused = 0.0
        self._begun = time.perf_counter()

    @property
    def done(self) -> bool:
        """Whether there are no more to take."""
        return not self._times

    def look(self, images_seen: int, sample: Callable[[int], Images]) -> None:
        """After every step.

        Args:
            images_seen: by the run so far.
            sample: makes so many images, uint8 [N, H, W, C].
        """
        now = time.perf_counter()
        seconds = now - self._begun - self._paused
        while self._times and seconds >= self._times[0]:
            name = f"{self._times.pop(0):g}"
            np.savez_compressed(self._folder / f"{name}.npz", images=sample(SAMPLES))
            self._spent[name] = {"images": images_seen, "seconds": seconds}
            (self._folder / "spent.json").write_text(json.dumps(self._spent))
        self._paused += time.perf_counter() - now

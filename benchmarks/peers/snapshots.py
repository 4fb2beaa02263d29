"""Saves samples of a run while it trains."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

SAMPLES = 10_000

Images = np.ndarray[Any, np.dtype[np.uint8]]


class Snapshots:
    """Saves samples at given times; the clock starts at once, and stops while samples are made.

    Args:
        folder: the folder for ``<seconds>.npz``, and for ``spent.json`` with the images seen and the seconds of each.
        times: the times in seconds, in ascending order.
    """

    def __init__(self, folder: Path, times: Sequence[float]) -> None:
        self._folder = folder
        self._times = list(times)
        self._spent: dict[str, dict[str, float]] = {}
        self._paused = 0.0
        self._begun = time.perf_counter()

    @property
    def done(self) -> bool:
        """Whether samples have been saved at all times."""
        return not self._times

    def take_due(self, images_seen: int, sample: Callable[[int], Images]) -> None:
        """Save samples if it is time for them; called after every step.

        Args:
            images_seen: the images that the run has seen so far.
            sample: a function from a number to so many images, uint8 [N, H, W, C].
        """
        now = time.perf_counter()
        seconds = now - self._begun - self._paused
        while self._times and seconds >= self._times[0]:
            name = f"{self._times.pop(0):g}"
            np.savez_compressed(self._folder / f"{name}.npz", images=sample(SAMPLES))
            self._spent[name] = {"images": images_seen, "seconds": seconds}
            (self._folder / "spent.json").write_text(json.dumps(self._spent))
        self._paused += time.perf_counter() - now

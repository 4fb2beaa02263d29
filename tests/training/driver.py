"""One process of a run that may be killed at any moment; started by the tests, in a process of its own."""

import os
import pkgutil
import sys
import time
from pathlib import Path
from typing import Any

import torch

from steadygan.doctor.finding import Finding
from steadygan.runs.folder import RunFolder
from steadygan.runs.sampling import temporary_seed
from steadygan.training.loop import ask_to_stop
from tests import tiny

IMAGES = 1600
CHECKPOINT_SECONDS = 0.02
PACE = 0.004
"""Seconds that every step waits, so that fast machines do not finish before they are killed."""


class Slow:
    """An observer that takes its time."""

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        time.sleep(PACE)

    def row(self, row: dict[str, Any]) -> None: ...

    def grid(self, images_seen: int, path: Path) -> None: ...

    def finding(self, message: str) -> None: ...

    def diagnosis(self, finding: Finding) -> None: ...

    def close(self) -> None: ...


def main(folder: Path, images: int = IMAGES) -> None:
    """Begin the run of this folder, or go on with it, until its end or the first signal."""
    torch.set_num_threads(1)
    for name, value in {**tiny.BRIEF, "steadygan.training.loop.CHECKPOINT_SECONDS": CHECKPOINT_SECONDS}.items():
        module, _, constant = name.rpartition(".")
        setattr(pkgutil.resolve_name(module), constant, value)
    data, chosen = tiny.images(), tiny.stateful()
    with temporary_seed(os.getpid(), torch.device("cpu")), ask_to_stop() as interrupted:
        if RunFolder(folder).exists():
            loop = tiny.resume(folder, data, observers=[Slow()])
        else:
            loop = tiny.begin(chosen, folder, data, observers=[Slow()], images=images)
        loop.run(interrupted)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

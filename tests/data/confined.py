"""Prepares and trains while less memory is left than the data take; started by the tests, in a process of its own."""

import json
import resource
import sys
from pathlib import Path

import numpy as np
import torch

import steadygan as sg
from steadygan.data import DataSettings, prepare
from tests import tiny

LEFT = 250_000_000


def data_bytes() -> int:
    """What counts towards the limit now."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmData"))


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    limit = data_bytes() + LEFT
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    try:
        np.load(folder / "images.npy")
        refused = False
    except MemoryError:
        refused = True  # otherwise the limit would prove nothing
    prepared = prepare(folder / "images.npy", DataSettings(channels=3), cache=folder / "cache")
    run = sg.train(prepared, tiny.small("dcgan"), images=16, out=folder / "run", observers=[], device="cpu")
    seen = run.folder.read_json(run.folder.generator_config)["images_seen"]
    print(json.dumps({"refused": refused, "images": len(prepared), "seen": seen}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

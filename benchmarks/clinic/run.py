"""Trains the clinic: every case once, with the doctor looking on, and judges what came out.

    python benchmarks/clinic/run.py SHARED --cifar FOLDER --work WORK [--part 1/2] [--only TEXT] [--minutes 60]

SHARED is a folder with an evaluator (`ruler/ruler.py`) and `data/mnist.npz`; FOLDER holds CIFAR-10 as image files.
Cases that are in WORK already are skipped, so that the command can be stopped and given again. Each case leaves a run
folder without its checkpoints, and `outcome.json`.
"""

import argparse
import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cases import IMAGES, VECTORS, Case, cases
from outcome import SAMPLES, judged

import steadygan as sg
from steadygan.data import DataSettings, prepare
from steadygan.errors import SteadyganError

SIZE = 16


def named_data(data: str, shared: Path) -> str:
    """What `steadygan train` calls these data: a file of SHARED, or a name of the package's own."""
    return str(shared / "data" / "mnist.npz") if data == "mnist" else data


def data_of(case: Case, arguments: argparse.Namespace) -> Any:
    """What the case trains on."""
    name = str(arguments.cifar) if case.data == "cifar10" else named_data(case.data, arguments.shared)
    if case.fault is None or case.fault.few is None:
        return name
    prepared = prepare(name, DataSettings(resolution=SIZE))
    chosen = np.sort(np.random.default_rng(case.seed).permutation(len(prepared))[: case.fault.few])
    return np.array(prepared.images[chosen])


def train(case: Case, arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Train one case, and judge it."""
    size = {} if case.data in VECTORS else {"resolution": SIZE}
    began = time.perf_counter()
    run = sg.train(
        data_of(case, arguments),
        case.recipe(),
        images=IMAGES[case.data],
        out=folder,
        seed=case.seed,
        features="none",
        overwrite=True,
        observers=(),
        **size,
    )
    seconds = time.perf_counter() - began
    samples = run.sample(SAMPLES if case.data not in VECTORS else 5000, seed=1)
    return {
        "case": case.name,
        "data": case.data,
        "base": case.base.name,
        "cause": None if case.fault is None else case.fault.cause,
        "severity": None if case.fault is None else case.fault.severity,
        "names": [] if case.fault is None else list(case.fault.names),
        "seed": case.seed,
        "seconds": round(seconds, 1),
        "figures": judged(case.data, np.asarray(samples), arguments.shared),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--cifar", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--part", default="1/1")
    parser.add_argument("--only", default="")
    parser.add_argument("--minutes", type=float, default=1e9)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    place, parts = (int(number) for number in arguments.part.split("/"))
    until = time.monotonic() + 60 * arguments.minutes
    for case in [each for each in cases() if arguments.only in each.name][place - 1 :: parts]:
        folder = arguments.work / case.name
        if (folder / "outcome.json").exists() or time.monotonic() > until:
            continue
        try:
            outcome = train(case, arguments, folder)
        except (SteadyganError, RuntimeError) as error:
            print(f"{case.name}: refused: {error}", flush=True)
            continue
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
        shutil.rmtree(folder / "best", ignore_errors=True)
        (folder / "outcome.json").write_text(json.dumps(outcome))
        print(f"{case.name}: {outcome['figures']} in {outcome['seconds']} s", flush=True)


if __name__ == "__main__":
    main()

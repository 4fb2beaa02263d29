"""How many trials a minute a study does, beside the same trials by hand; prints a table.

    python benchmarks/study_speed.py --data glyphs [--images 20000] [--trials 4] [--rounds 3] [--work runs/study-speed]

Each round runs the same trials in three ways, in turn: as a study with a thread for each trial and as many trials as
cores, as a study with one trial at a time that has all cores, and one after another by hand, `steadygan train` and then
`steadygan evaluate` for each. A study's time begins with the command and ends with it: Ray's start is part of it. The
encoder is in the cache before the first round. Ratios are of the same round, because machines are not equally busy.
"""

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from steadygan.data import DataSettings, prepare
from steadygan.features import find_extractor
from steadygan.study.study import Study
from tables import machine, table

STEADYGAN = [sys.executable, "-m", "steadygan"]


class Way(NamedTuple):
    """What one way of running the trials took.

    Attributes:
        seconds: in all.
        overhead: of a trial beyond its training, the median; None by hand.
    """

    seconds: float
    overhead: float | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="glyphs")
    parser.add_argument("--recipe", default="dcgan")
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--width", type=int, default=8)
    parser.add_argument("--resolution", type=int, default=16)
    parser.add_argument("--work", type=Path, default=Path("runs/study-speed"))
    arguments = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    named = f"--recipe {arguments.recipe} --images {arguments.images} --set width={arguments.width}"
    options = shlex.split(f"{named} --resolution {arguments.resolution}")
    ways: dict[str, list[Way]] = {}
    find_extractor("domain", prepare(arguments.data, DataSettings(resolution=arguments.resolution)))
    for number in range(1, arguments.rounds + 1):
        work, trials = arguments.work / str(number), arguments.trials
        found = {
            f"a study, {cores} trials at a time": study(arguments, options, work / "many", trials, 1),
            f"a study, {cores} threads a trial": study(arguments, options, work / "one", trials, cores),
            "by hand": by_hand(arguments, options, work / "hand", trials),
        }
        for name, way in found.items():
            ways.setdefault(name, []).append(way)
            print(f"round {number}: {name}: {way}", file=sys.stderr, flush=True)
    print(table(["", "trials a minute", "beside by hand", "overhead of a trial"], rows(ways, arguments.trials)))
    print(f"\n{arguments.trials} trials, medians of {arguments.rounds} rounds; {machine()}")


def rows(ways: dict[str, list[Way]], trials: int) -> list[list[str]]:
    """The rows of the table."""
    found = []
    for name, some in ways.items():
        rate = statistics.median(60 * trials / way.seconds for way in some)
        ratios = [hand.seconds / way.seconds for way, hand in zip(some, ways["by hand"], strict=True)]
        overheads = [way.overhead for way in some if way.overhead is not None]
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        found.append([name, f"{rate:.2f}", spread, f"{statistics.median(overheads):.2f} s" if overheads else ""])
    return found


def study(arguments: argparse.Namespace, options: list[str], out: Path, trials: int, threads: int) -> Way:
    """Run the trials as a study: half of them of the recipe, half with an average of the generator."""
    command = [*STEADYGAN, "study", arguments.data, *options, "--try", "ema", "--seeds", str(-(-trials // 2))]
    command += ["--samples", str(arguments.samples), "--threads", str(threads), "--out", str(out)]
    seconds = timed(command, {**os.environ, "OMP_NUM_THREADS": str(threads)})
    return Way(seconds, statistics.median(row["trial_seconds"] - row["seconds"] for row in Study(out).rows))


def by_hand(arguments: argparse.Namespace, options: list[str], out: Path, trials: int) -> Way:
    """Run the same trials one after another, as a person would."""
    seconds, environment = 0.0, {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    for number in range(2 * -(-trials // 2)):
        edit = ["--with", "ema"] if number % 2 else []
        run = [*options, *edit, "--features", "none", "--seed", str(number // 2), "--out", str(out / str(number))]
        seconds += timed([*STEADYGAN, "train", arguments.data, *run], environment)
        judged = [*STEADYGAN, "evaluate", str(out / str(number)), "--samples", str(arguments.samples)]
        seconds += timed(judged, environment)
    return Way(seconds)


def timed(command: list[str], environment: dict[str, str]) -> float:
    """Run a program, and say how long it took."""
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

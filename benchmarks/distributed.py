"""Compares several processes with one on the same global batch; prints the section on processes of docs/performance.md.

    python benchmarks/distributed.py [--recipe steady] [--size 32] [--filters 16] [--batch 64] [--steps 50]
        [--layouts 1x2 1x1 2x1 4x1] [--rounds 3] [--skip-kill] [--write docs/performance.md]

A layout is a number of processes and a number of threads for each. Afterwards one of four processes of a run is killed
by `kill -9`, and the run is resumed with two. Images are random. Run nothing else on the machine meanwhile.
"""

import argparse
import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from peers.ours import recipe_for, stored
from race import environment
from steadygan.runs.checkpoint import checkpoints
from steadygan.runs.folder import RunFolder
from tables import machine, table, write_section
from workloads import Workload

LAYOUTS = ("1x2", "1x1", "2x1", "4x1")
WARM_UP_STEPS = 5
"""The time of the first steps does not count."""
EARLY_STEPS = 5
TINY = 1e-12
TIMEOUT_SECONDS = 600.0
POLL_SECONDS = 0.05
PROCESSES, REMAINING_PROCESSES = 4, 2
"""Processes of the run of which one is killed, and of the run that resumes it."""
RUN_STEPS = 400
"""Steps of that run, which measures itself, and so saves, after each fifth of them."""


class Layout(NamedTuple):
    """A number of processes, and a number of threads for each."""

    processes: int
    threads: int

    @classmethod
    def read(cls, text: str) -> "Layout":
        """Read a layout from text such as 2x1."""
        processes, _, threads = text.partition("x")
        return cls(int(processes), int(threads))

    @property
    def words(self) -> str:
        """The layout as a table shows it."""
        return f"{self.processes} x {self.threads}"


class TrainingSetup(NamedTuple):
    """The files and the batch size of a training run.

    Attributes:
        recipe: the file of the recipe.
        data: the file of the images.
        folder: a folder for results.
        batch: the batch size of all processes together.
    """

    recipe: Path
    data: Path
    folder: Path
    batch: int


class Outcome(NamedTuple):
    """The losses and times of the steps of a layout.

    Attributes:
        losses: the loss of each player in each step; None where it is not finite.
        seconds: the time of each step.
    """

    losses: dict[str, list[float | None]]
    seconds: list[float]

    @property
    def step_seconds(self) -> float:
        """The median time of the steps after the first ones."""
        return statistics.median(self.seconds[WARM_UP_STEPS:])


def launcher(processes: int, *arguments: str) -> list[str]:
    """The command line that starts a number of processes."""
    torchrun = (sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone")
    return [*torchrun, f"--nproc-per-node={processes}", *arguments]


# --- the same steps


def run_steps(setup: TrainingSetup, layout: Layout, steps: int, kind: str) -> Outcome:
    """Train for a number of steps, always from the same initial weights.

    Args:
        setup: the files and the batch size.
        layout: the processes and threads to use.
        steps: how many steps to make; more than the first ones, whose time does not count.
        kind: ``fp32`` or ``fp64``.
    """
    result = setup.folder / "result.json"
    words = ("-m", "peers.process_group", str(setup.recipe), str(setup.data), str(result), str(steps), kind)
    subprocess.run(launcher(layout.processes, *words), check=True, stdout=sys.stderr, env=environment(layout.threads))
    said = json.loads(result.read_text())
    return Outcome(said["losses"], said["seconds"])


def largest_difference(one: Outcome, other: Outcome, steps: int | None = None) -> float:
    """The largest relative difference between the losses of two runs; infinite if a loss is not finite.

    Args:
        one: the run to compare.
        other: the run to compare it with.
        steps: how many of the first steps to compare; all of them when None.
    """
    found = 0.0
    for player, losses in other.losses.items():
        for mine, theirs in zip(one.losses[player][:steps], losses[:steps], strict=True):
            if mine is None or theirs is None:
                return math.inf
            found = max(found, abs(mine - theirs) / max(abs(theirs), TINY))
    return found


def comparison_table(setup: TrainingSetup, layouts: Sequence[Layout], steps: int, rounds: int) -> str:
    """The table of speeds and losses of all layouts, relative to the first one."""
    quick: dict[Layout, list[Outcome]] = {layout: [] for layout in layouts}
    for turn in range(rounds):  # in turn, so that a drift of the machine's speed affects all alike
        for layout in layouts[:: -1 if turn % 2 else 1]:
            quick[layout].append(run_steps(setup, layout, steps, "fp32"))
            report(
                f"round {turn + 1} of {rounds}: {layout.words}: {1000 * quick[layout][-1].step_seconds:.1f} ms a step"
            )
    exact = {layout: run_steps(setup, layout, steps, "fp64") for layout in layouts}
    first = layouts[0]
    rows = []
    for layout, outcomes in quick.items():
        pairs = zip(outcomes, quick[first], strict=True)
        ratio = statistics.median(other.step_seconds / own.step_seconds for own, other in pairs)
        seconds = statistics.median(outcome.step_seconds for outcome in outcomes)
        cells = [layout.words, f"{setup.batch / seconds:,.0f}", f"{ratio:.2f}"]
        if layout == first:
            cells += ["", "", ""]
        else:
            cells += [f"{largest_difference(outcomes[0], quick[first][0], each):.0e}" for each in (EARLY_STEPS, None)]
            cells += [f"{largest_difference(exact[layout], exact[first]):.0e}"]
        rows.append(cells)
    apart_in = (f"losses apart in {EARLY_STEPS} steps", f"in {steps} steps", f"in {steps} steps of float64")
    head = ("processes x threads", "images/s", f"to {first.words}", *apart_in)
    return table(head, rows)


# --- one of them is killed


class TrainingProcesses:
    """Processes of the command line that train together, each of which writes its output to files.

    Args:
        processes: how many processes to start, with one thread each.
        logs: the folder for their output.
        arguments: the arguments of ``steadygan train``.
    """

    def __init__(self, processes: int, logs: Path, *arguments: str) -> None:
        self.logs = logs
        words = ("--log-dir", str(logs), "--redirects", "3", "-m", "steadygan", "train", *arguments)
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(launcher(processes, *words), env=environment(1), stdout=quiet, stderr=quiet)

    def members(self) -> list[int]:
        """The process numbers, by rank."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return sorted(int(each) for each in children.read_text().split())

    def wait_for(self, happened: Callable[[], bool]) -> None:
        """Wait until something has happened.

        Raises:
            SystemExit: when the processes ended before, or it did not happen in time.
        """
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not happened():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the run did not get so far: {self.errors()}")
            time.sleep(POLL_SECONDS)

    def end(self) -> int:
        """Wait until all processes have ended, and return the exit status of the launcher."""
        return self.process.wait(TIMEOUT_SECONDS)

    def errors(self) -> list[str]:
        """The lines that all processes together wrote to their standard error."""
        files = sorted(self.logs.rglob("stderr.log"))
        return [line for file in files for line in file.read_text("utf-8").splitlines() if line.strip()]


@contextmanager
def training_processes(processes: int, logs: Path, *arguments: str) -> Iterator[TrainingProcesses]:
    """Start processes, and end them with the block."""
    started = TrainingProcesses(processes, logs, *arguments)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.process.terminate()
            started.end()


def kill_and_resume(setup: TrainingSetup) -> str:
    """Train with four processes, kill one, resume with two, and describe each part in a line."""
    out = setup.folder / "run"
    run = RunFolder(out)
    words = ("--recipe", str(setup.recipe), "--out", str(out), "--images", str(RUN_STEPS * setup.batch))
    with training_processes(
        PROCESSES, setup.folder / "four", str(setup.data), *words, "--precision", "fp32", "--device", "cpu"
    ) as four:
        four.wait_for(lambda: seen(run) > saved(run) > 0)
        members = four.members()
        begun = time.monotonic()
        os.kill(members[1], signal.SIGKILL)
        status = four.end()
        gone = time.monotonic() - begun
        errors = four.errors()
    left = [each for each in members if Path(f"/proc/{each}").exists()]
    kept, reached = saved(run), seen(run)
    with training_processes(REMAINING_PROCESSES, setup.folder / "two", "--resume", str(out)) as two:
        again = two.end()
    lines = [
        f"one of {PROCESSES} killed with `kill -9` after {reached:,} images: "
        f"{gone:.1f} s later all have ended ({len(left)} left), exit status {status}; "
        f"together they say: {quoted(errors, out)}",
        f"`--resume` with {REMAINING_PROCESSES} processes, from {kept:,} images: exit status {again}, "
        f"{saved(run):,} images, of {RUN_STEPS * setup.batch:,} that were asked for",
    ]
    return "\n".join(f"- {line}" for line in lines)


def seen(run: RunFolder) -> int:
    """Images seen, by the last row of metrics."""
    if not run.metrics.exists():
        return 0
    return max((int(row["images"]) for row in run.read_rows(run.metrics)), default=0)


def saved(run: RunFolder) -> int:
    """Images seen, by the newest checkpoint."""
    return max((int(each.stem) for each in checkpoints(run)), default=0) if run.checkpoints.is_dir() else 0


def quoted(lines: Sequence[str], out: Path) -> str:
    """The lines in quotation marks, without the path of the run folder."""
    return f"\u201c{' / '.join(lines).replace(str(out), 'RUN')}\u201d"


# --- all of it


def report(words: str) -> None:
    """Print progress to the standard error."""
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="steady")
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--filters", type=int, default=16)
    parser.add_argument("--batch", type=int, default=64, help="of all processes together")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--layouts", nargs="+", default=LAYOUTS, help="processes x threads; the first is the yardstick")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--skip-kill", action="store_true", help="compare steps only, and kill no process")
    parser.add_argument("--write", type=Path, help="a page with a section processes")
    arguments = parser.parse_args()
    workload = Workload(arguments.size, arguments.channels, arguments.batch, arguments.filters)
    layouts = [Layout.read(each) for each in arguments.layouts]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        setup = TrainingSetup(folder / "recipe.toml", folder / "images.npy", folder, workload.batch)
        setup.recipe.write_text(recipe_for(arguments.recipe, workload).to_toml(), "utf-8")
        np.save(setup.data, stored(workload))
        os.environ["STEADYGAN_CACHE"] = str(folder / "cache")
        networks = f"{workload.size}x{workload.size}x{workload.channels}, {workload.filters} filters"
        text = (
            f"{machine(threads=layouts[0].threads)}. Recipe `{arguments.recipe}`, {networks}, batch {workload.batch}."
        )
        text += f"\n\n{comparison_table(setup, layouts, arguments.steps, arguments.rounds)}"
        if not arguments.skip_kill:
            text += f"\n\n{kill_and_resume(setup)}"
    print(text)
    if arguments.write is not None:
        write_section(arguments.write, "processes", text)


if __name__ == "__main__":
    main()

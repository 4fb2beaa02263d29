"""Several processes beside one, on the same global batch; prints the section on processes of docs/performance.md.

    python benchmarks/distributed.py [--recipe steady] [--size 32] [--filters 16] [--batch 64] [--steps 50]
        [--layouts 1x2 1x1 2x1 4x1] [--rounds 3] [--skip-kill] [--write docs/performance.md]

A layout is the number of processes and the threads of each. Then a run of four processes loses one by `kill -9`, and
two go on with it. Images are made up. Leave the machine alone meanwhile.
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
WARM = 5
"""First steps, whose time does not count."""
EARLY = 5
TINY = 1e-12
PATIENCE = 600.0
OFTEN = 0.05
KILLED, GOING_ON = 4, 2
"""Processes of the run that loses one, and of those that go on with it."""
RUN_STEPS = 400
"""Steps of that run: it measures itself, and so saves, after each fifth of them."""


class Layout(NamedTuple):
    """How many processes, and how many threads each."""

    processes: int
    threads: int

    @classmethod
    def read(cls, text: str) -> "Layout":
        """From words such as 2x1."""
        processes, _, threads = text.partition("x")
        return cls(int(processes), int(threads))

    @property
    def words(self) -> str:
        """In a table."""
        return f"{self.processes} x {self.threads}"


class Ground(NamedTuple):
    """What is trained.

    Attributes:
        recipe: a file.
        data: a file.
        folder: where results may be written.
        batch: of all processes together.
    """

    recipe: Path
    data: Path
    folder: Path
    batch: int


class Outcome(NamedTuple):
    """What the steps of a layout came to.

    Attributes:
        losses: of each player in each step; None where one is not finite.
        seconds: of each step.
    """

    losses: dict[str, list[float | None]]
    seconds: list[float]

    @property
    def step_seconds(self) -> float:
        """Of a step once all is warm."""
        return statistics.median(self.seconds[WARM:])


def launcher(processes: int, *arguments: str) -> list[str]:
    """The words that start so many processes."""
    torchrun = (sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone")
    return [*torchrun, f"--nproc-per-node={processes}", *arguments]


# --- the same steps


def stepped(ground: Ground, layout: Layout, steps: int, kind: str) -> Outcome:
    """Make so many steps from the same start.

    Args:
        ground: what is trained.
        layout: by how many.
        steps: how many; more than the first ones, whose time does not count.
        kind: ``fp32`` or ``fp64``.
    """
    result = ground.folder / "result.json"
    words = ("-m", "peers.process_group", str(ground.recipe), str(ground.data), str(result), str(steps), kind)
    subprocess.run(launcher(layout.processes, *words), check=True, stdout=sys.stderr, env=environment(layout.threads))
    said = json.loads(result.read_text())
    return Outcome(said["losses"], said["seconds"])


def apart(one: Outcome, other: Outcome, steps: int | None = None) -> float:
    """The largest relative difference of a loss of these steps; infinite if one is not finite.

    Args:
        one: to compare.
        other: with that.
        steps: of the first so many; of all when None.
    """
    found = 0.0
    for player, losses in other.losses.items():
        for mine, theirs in zip(one.losses[player][:steps], losses[:steps], strict=True):
            if mine is None or theirs is None:
                return math.inf
            found = max(found, abs(mine - theirs) / max(abs(theirs), TINY))
    return found


def compared(ground: Ground, layouts: Sequence[Layout], steps: int, rounds: int) -> str:
    """The table: speed and losses beside those of the first layout."""
    quick: dict[Layout, list[Outcome]] = {layout: [] for layout in layouts}
    for turn in range(rounds):  # in turn, so that a machine whose speed drifts is as unfair to one as to another
        for layout in layouts[:: -1 if turn % 2 else 1]:
            quick[layout].append(stepped(ground, layout, steps, "fp32"))
            say(f"round {turn + 1} of {rounds}: {layout.words}: {1000 * quick[layout][-1].step_seconds:.1f} ms a step")
    exact = {layout: stepped(ground, layout, steps, "fp64") for layout in layouts}
    first = layouts[0]
    rows = []
    for layout, outcomes in quick.items():
        pairs = zip(outcomes, quick[first], strict=True)
        ratio = statistics.median(other.step_seconds / own.step_seconds for own, other in pairs)
        seconds = statistics.median(outcome.step_seconds for outcome in outcomes)
        cells = [layout.words, f"{ground.batch / seconds:,.0f}", f"{ratio:.2f}"]
        if layout == first:
            cells += ["", "", ""]
        else:
            cells += [f"{apart(outcomes[0], quick[first][0], each):.0e}" for each in (EARLY, None)]
            cells += [f"{apart(exact[layout], exact[first]):.0e}"]
        rows.append(cells)
    apart_in = (f"losses apart in {EARLY} steps", f"in {steps} steps", f"in {steps} steps of float64")
    head = ("processes x threads", "images/s", f"to {first.words}", *apart_in)
    return table(head, rows)


# --- one of them is killed


class Crew:
    """Processes of the command line, what they say in files of their own.

    Args:
        processes: how many, with one thread each.
        logs: a folder for what they say.
        arguments: of ``steadygan train``.
    """

    def __init__(self, processes: int, logs: Path, *arguments: str) -> None:
        self.logs = logs
        words = ("--log-dir", str(logs), "--redirects", "3", "-m", "steadygan", "train", *arguments)
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(launcher(processes, *words), env=environment(1), stdout=quiet, stderr=quiet)

    def members(self) -> list[int]:
        """Numbers of the processes, by rank."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return sorted(int(each) for each in children.read_text().split())

    def wait_for(self, happened: Callable[[], bool]) -> None:
        """Wait until something has happened.

        Raises:
            SystemExit: when all ended before, or it did not happen in time.
        """
        deadline = time.monotonic() + PATIENCE
        while not happened():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the run did not get so far: {self.errors()}")
            time.sleep(OFTEN)

    def end(self) -> int:
        """Wait for the end of all; the launcher's exit status."""
        return self.process.wait(PATIENCE)

    def errors(self) -> list[str]:
        """The lines that all of them together printed to their standard error."""
        files = sorted(self.logs.rglob("stderr.log"))
        return [line for file in files for line in file.read_text("utf-8").splitlines() if line.strip()]


@contextmanager
def crew(processes: int, logs: Path, *arguments: str) -> Iterator[Crew]:
    """Start them; nobody stays behind."""
    started = Crew(processes, logs, *arguments)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.process.terminate()
            started.end()


def kill_one(ground: Ground) -> str:
    """Four processes train, one is killed, two go on: what was seen, a line each."""
    out = ground.folder / "run"
    run = RunFolder(out)
    words = ("--recipe", str(ground.recipe), "--out", str(out), "--images", str(RUN_STEPS * ground.batch))
    with crew(
        KILLED, ground.folder / "four", str(ground.data), *words, "--precision", "fp32", "--device", "cpu"
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
    with crew(GOING_ON, ground.folder / "two", "--resume", str(out)) as two:
        again = two.end()
    lines = [
        f"one of {KILLED} killed with `kill -9` after {reached:,} images: {gone:.1f} s later all have ended "
        f"({len(left)} left), exit status {status}; together they say: {quoted(errors, out)}",
        f"`--resume` with {GOING_ON} processes, from {kept:,} images: exit status {again}, {saved(run):,} images, "
        f"of {RUN_STEPS * ground.batch:,} that were asked for",
    ]
    return "\n".join(f"- {line}" for line in lines)


def seen(run: RunFolder) -> int:
    """Images in the last row of metrics."""
    if not run.metrics.exists():
        return 0
    return max((int(row["images"]) for row in run.read_rows(run.metrics)), default=0)


def saved(run: RunFolder) -> int:
    """Images of the newest checkpoint."""
    return max((int(each.stem) for each in checkpoints(run)), default=0) if run.checkpoints.is_dir() else 0


def quoted(lines: Sequence[str], out: Path) -> str:
    """What was said, without the name of this run's folder."""
    return f"\u201c{' / '.join(lines).replace(str(out), 'RUN')}\u201d"


# --- all of it


def say(words: str) -> None:
    """Tell how it goes."""
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
    parser.add_argument("--skip-kill", action="store_true", help="compare steps, and kill nobody")
    parser.add_argument("--write", type=Path, help="a page with a section processes")
    arguments = parser.parse_args()
    workload = Workload(arguments.size, arguments.channels, arguments.batch, arguments.filters)
    layouts = [Layout.read(each) for each in arguments.layouts]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        ground = Ground(folder / "recipe.toml", folder / "images.npy", folder, workload.batch)
        ground.recipe.write_text(recipe_for(arguments.recipe, workload).to_toml(), "utf-8")
        np.save(ground.data, stored(workload))
        os.environ["STEADYGAN_CACHE"] = str(folder / "cache")
        networks = f"{workload.size}x{workload.size}x{workload.channels}, {workload.filters} filters"
        text = (
            f"{machine(threads=layouts[0].threads)}. Recipe `{arguments.recipe}`, {networks}, batch {workload.batch}."
        )
        text += f"\n\n{compared(ground, layouts, arguments.steps, arguments.rounds)}"
        if not arguments.skip_kill:
            text += f"\n\n{kill_one(ground)}"
    print(text)
    if arguments.write is not None:
        write_section(arguments.write, "processes", text)


if __name__ == "__main__":
    main()

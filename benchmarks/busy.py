"""Measures training beside other busy programs; prints the table of busy machines in docs/performance.md.

    python benchmarks/busy.py [--seconds 15] [--rounds 2] [--busy 0 1 2] [--policies default product passive one]
        [--write docs/performance.md]

The benchmark starts the busy programs itself; they count forever. Every contestant is a process that trains `steady` on
random images of 28x28 through the package's training loop, as the command line does. The contestants take turns in
rounds. The figures are images per second in the median of the rounds, and this speed as a share of that of PyTorch's
default on an idle machine.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

WAIT_POLICIES: dict[str, dict[str, str]] = {
    "default": {},
    "product": {"WAIT_POLICY": "product"},
    "passive": {"OMP_WAIT_POLICY": "PASSIVE"},
    "one": {"OMP_NUM_THREADS": "1"},
    **{f"spin{count}": {"GOMP_SPINCOUNT": count} for count in ("0", "100", "1000", "5000", "20000", "100000")},
}
"""The environment variables of each contestant, which decide how waiting threads behave."""
LABELS = {
    "default": "PyTorch's default",
    "product": "the command line's",
    "passive": "OMP_WAIT_POLICY=PASSIVE",
    "one": "one thread",
}
WARM_UP_SECONDS = 2.0
TRIES = 20
FOREIGN_CORES = 0.06
"""A measurement is repeated if other programs keep more cores busy than this."""


class _Clock:
    """An observer that records when how many images had been seen."""

    def __init__(self) -> None:
        self.times: list[tuple[float, int]] = []

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        self.times.append((time.perf_counter(), images_seen))

    def row(self, row: dict[str, Any]) -> None: ...

    def grid(self, images_seen: int, path: Path) -> None: ...

    def finding(self, message: str) -> None: ...

    def close(self) -> None: ...

    def speed(self) -> float:
        begun = self.times[0][0] + WARM_UP_SECONDS
        counted = [each for each in self.times if each[0] >= begun]
        if len(counted) < 3:  # steps that take seconds
            counted = self.times
        return (counted[-1][1] - counted[0][1]) / (counted[-1][0] - counted[0][0])


def contestant(seconds: float) -> None:
    """Train as the command line does, and print images a second."""
    if os.environ.get("WAIT_POLICY") == "product":
        from steadygan.cores import share_cores

        share_cores()
    import numpy as np

    import steadygan as sg

    sg.keep_memory()
    images = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (2_000, 28, 28, 1), np.uint8)
    clock = _Clock()
    with TemporaryDirectory() as folder:
        minutes = (seconds + WARM_UP_SECONDS) / 60
        sg.train(images, "steady", out=Path(folder) / "run", minutes=minutes, observers=[clock], cache=folder)
    print(json.dumps(clock.speed()))


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Run a number of other programs, each of which keeps a core busy."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for each in others:
            each.kill()
            each.wait()


def speed(policy: str, others: int, seconds: float) -> float:
    """Images per second of a contestant beside other programs; repeated if further programs worked meanwhile."""
    command = [sys.executable, __file__, "--contestant", "--seconds", str(seconds)]
    for _ in range(TRIES):
        begun, machine, ours = time.perf_counter(), machine_seconds(), our_seconds()
        with busy(others):
            done = subprocess.run(
                command, env=os.environ | WAIT_POLICIES[policy], check=True, stdout=subprocess.PIPE, text=True
            )
        foreign = (machine_seconds() - machine - (our_seconds() - ours)) / (time.perf_counter() - begun)
        if foreign < FOREIGN_CORES:
            return float(json.loads(done.stdout.splitlines()[-1]))
        print(
            f"{policy} {others}: {foreign:.2f} cores were busy with something else; again", file=sys.stderr, flush=True
        )
    raise SystemExit("other programs keep this machine busy; leave it alone for this benchmark")


def machine_seconds() -> float:
    """Seconds for which all cores of this machine together have been busy."""
    ticks = [int(each) for each in Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK")


def our_seconds() -> float:
    """Processor seconds of this program, and of those that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--policies", nargs="+", choices=WAIT_POLICIES, default=["default", "product", "passive", "one"]
    )
    parser.add_argument("--write", type=Path)
    parser.add_argument("--contestant", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contestant:
        contestant(arguments.seconds)
        return
    found: dict[tuple[str, int], list[float]] = {}
    for _ in range(arguments.rounds):
        for others in arguments.busy:
            for policy in arguments.policies:
                found.setdefault((policy, others), []).append(speed(policy, others, arguments.seconds))
                print(policy, others, f"{found[policy, others][-1]:.0f}", file=sys.stderr, flush=True)
    text = rendered(found, arguments)
    print(text)
    if arguments.write:
        from tables import write_section

        write_section(arguments.write, "busy", text)


def rendered(found: dict[tuple[str, int], list[float]], arguments: argparse.Namespace) -> str:
    """The table, preceded by a line about the machine."""
    from tables import (  # imported here, because it imports PyTorch, which contestants must not do so early
        machine,
        table,
    )

    quiet = statistics.median(found[arguments.policies[0], arguments.busy[0]])
    head = ["how threads wait", *(f"{count} busy programs" for count in arguments.busy)]
    rows = []
    for policy in arguments.policies:
        speeds = [statistics.median(found[policy, others]) for others in arguments.busy]
        rows.append([LABELS.get(policy, f"`{policy}`"), *(f"{each:,.0f} ({each / quiet:.0%})" for each in speeds)])
    rounds = f"{arguments.rounds} rounds of {arguments.seconds:g} seconds"
    return f"{machine()}; {rounds}; images a second.\n\n{table(head, rows)}"


if __name__ == "__main__":
    main()

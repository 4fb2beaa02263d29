"""Trains beside other busy programs: prints the table of busy machines in docs/performance.md.

    python benchmarks/busy.py [--seconds 15] [--rounds 2] [--busy 0 1 2] [--ways product default passive one]
        [--write docs/performance.md]

The disturbance is made here: programs that count for ever. Every contestant is a process that trains `steady` on random
images of 28x28 through the product's loop, as the command line does; they take turns, round after round. Figures are
images a second in the median of the rounds, and the share of what the default of PyTorch reaches on a quiet machine.
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

WAYS: dict[str, dict[str, str]] = {
    "default": {},
    "product": {"WAY": "product"},
    "passive": {"OMP_WAIT_POLICY": "PASSIVE"},
    "one": {"OMP_NUM_THREADS": "1"},
    **{f"spin{count}": {"GOMP_SPINCOUNT": count} for count in ("0", "100", "1000", "5000", "20000", "100000")},
}
"""What each contestant has in its environment."""
WORDS = {
    "default": "PyTorch's default",
    "product": "the command line's",
    "passive": "OMP_WAIT_POLICY=PASSIVE",
    "one": "one thread",
}
WARM_SECONDS = 2.0
TRIES = 20
STRANGE = 0.06
"""Cores that something else may keep busy."""


class _Clock:
    """An observer that remembers how many images were seen when."""

    def __init__(self) -> None:
        self.times: list[tuple[float, int]] = []

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        self.times.append((time.perf_counter(), images_seen))

    def row(self, row: dict[str, Any]) -> None: ...

    def grid(self, images_seen: int, path: Path) -> None: ...

    def finding(self, message: str) -> None: ...

    def close(self) -> None: ...

    def speed(self) -> float:
        begun = self.times[0][0] + WARM_SECONDS
        counted = [each for each in self.times if each[0] >= begun]
        if len(counted) < 3:  # steps that take seconds
            counted = self.times
        return (counted[-1][1] - counted[0][1]) / (counted[-1][0] - counted[0][0])


def contestant(seconds: float) -> None:
    """Train as the command line does, and print images a second."""
    if os.environ.get("WAY") == "product":
        from steadygan.cores import share_cores

        share_cores()
    import numpy as np

    import steadygan as sg

    sg.keep_memory()
    images = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (2_000, 28, 28, 1), np.uint8)
    clock = _Clock()
    with TemporaryDirectory() as folder:
        minutes = (seconds + WARM_SECONDS) / 60
        sg.train(images, "steady", out=Path(folder) / "run", minutes=minutes, observers=[clock], cache=folder)
    print(json.dumps(clock.speed()))


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Other programs that want a core each."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for each in others:
            each.kill()
            each.wait()


def speed(way: str, others: int, seconds: float) -> float:
    """Images a second of a contestant beside other programs; again where somebody else worked meanwhile."""
    command = [sys.executable, __file__, "--contestant", "--seconds", str(seconds)]
    for _ in range(TRIES):
        begun, machine, ours = time.perf_counter(), machine_seconds(), our_seconds()
        with busy(others):
            done = subprocess.run(command, env=os.environ | WAYS[way], check=True, stdout=subprocess.PIPE, text=True)
        strange = (machine_seconds() - machine - (our_seconds() - ours)) / (time.perf_counter() - begun)
        if strange < STRANGE:
            return float(json.loads(done.stdout.splitlines()[-1]))
        print(f"{way} {others}: {strange:.2f} cores were busy with something else; again", file=sys.stderr, flush=True)
    raise SystemExit("other programs keep this machine busy; leave it alone for this benchmark")


def machine_seconds() -> float:
    """Seconds that all cores of this machine have worked."""
    ticks = [int(each) for each in Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK")


def our_seconds() -> float:
    """Seconds that this program and those that it started and that have ended have worked."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=["default", "product", "passive", "one"])
    parser.add_argument("--write", type=Path)
    parser.add_argument("--contestant", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contestant:
        contestant(arguments.seconds)
        return
    found: dict[tuple[str, int], list[float]] = {}
    for _ in range(arguments.rounds):
        for others in arguments.busy:
            for way in arguments.ways:
                found.setdefault((way, others), []).append(speed(way, others, arguments.seconds))
                print(way, others, f"{found[way, others][-1]:.0f}", file=sys.stderr, flush=True)
    text = rendered(found, arguments)
    print(text)
    if arguments.write:
        from tables import write_section

        write_section(arguments.write, "busy", text)


def rendered(found: dict[tuple[str, int], list[float]], arguments: argparse.Namespace) -> str:
    """The table, below a line about the machine."""
    from tables import machine, table  # here, because it imports PyTorch, before which contestants have things to do

    quiet = statistics.median(found[arguments.ways[0], arguments.busy[0]])
    head = ["how threads wait", *(f"{count} busy programs" for count in arguments.busy)]
    rows = []
    for way in arguments.ways:
        speeds = [statistics.median(found[way, others]) for others in arguments.busy]
        rows.append([WORDS.get(way, f"`{way}`"), *(f"{each:,.0f} ({each / quiet:.0%})" for each in speeds)])
    rounds = f"{arguments.rounds} rounds of {arguments.seconds:g} seconds"
    return f"{machine()}; {rounds}; images a second.\n\n{table(head, rows)}"


if __name__ == "__main__":
    main()

"""A race between programs, which are timed in turn, round after round, so that a drift of the machine's speed affects
all of them alike.

Only one contestant runs at a time; the others are stopped. A window of time in which other programs ran too is
repeated, and the least disturbed one counts.
"""

import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

HERE = Path(__file__).resolve().parent
QUIET_CORES = 0.06
"""A window counts as undisturbed if other programs used at most this share of a core."""
TRIES = 4
EXIT_SECONDS = 10.0


@dataclass(frozen=True)
class Contestant:
    """A program that makes training steps on request.

    Args:
        name: its name in the tables.
        words: the module of ``peers`` and its arguments.
        python: the Python interpreter that runs it.
        precision: ``fp32`` or ``bf16``, which decides with which limit of the machine it is compared.
        variables: further environment variables.
    """

    name: str
    words: tuple[str, ...]
    python: str = sys.executable
    precision: str = "fp32"
    variables: dict[str, str] = field(default_factory=dict)


class Window(NamedTuple):
    """A number of steps that were timed together.

    Attributes:
        steps: the number of steps.
        seconds: the time that they took.
        cpu: the processor's time that the contestant took for them, in seconds.
        foreign: how many cores other programs kept busy meanwhile, on average.
        peak_bytes: the peak memory of the contestant so far.
        facts: numbers that the contestant reports.
        done: whether it makes no more steps.
    """

    steps: int
    seconds: float
    cpu: float
    foreign: float
    peak_bytes: int
    facts: dict[str, float]
    done: bool

    @property
    def step_seconds(self) -> float:
        """Mean seconds per step."""
        return self.seconds / max(1, self.steps)


class EndedError(Exception):
    """A contestant ended before it answered."""


class Worker:
    """A contestant's process.

    Args:
        contestant: the contestant that it runs.
        threads: how many threads it may use; None leaves that to its library.
    """

    def __init__(self, contestant: Contestant, threads: int | None) -> None:
        self.contestant = contestant
        self._process = subprocess.Popen(
            [contestant.python, "-W", "ignore", "-m", *contestant.words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(threads) | contestant.variables,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.send_signal(signal.SIGCONT)
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def steps(self, count: int) -> Window:
        """Let it make a number of steps, and stop it.

        Raises:
            EndedError: when it does not answer.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.send_signal(signal.SIGCONT)
        before = _busy_seconds()
        with contextlib.suppress(BrokenPipeError):
            print(count, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        busy = _busy_seconds() - before
        if not line:
            raise EndedError(self.contestant.name)
        answer: dict[str, Any] = json.loads(line)
        if answer["done"]:
            self._process.wait()  # so that what it does before it exits disturbs no other contestant
        else:
            self._process.send_signal(signal.SIGSTOP)
        foreign = max(0.0, busy - answer["cpu"]) / max(answer["seconds"], 1e-9)
        return Window(foreign=foreign, **answer)

    def warm(self) -> float:
        """Make the first steps, which are slower, and return the seconds per step after them."""
        for count in (1, 2):
            self.steps(count)
        return self.steps(2).step_seconds

    def quiet_steps(self, count: int) -> Window:
        """Let it make steps until a window is undisturbed; the first step after a stop does not count."""
        best: Window | None = None
        for _ in range(TRIES):
            self.steps(1)
            window = self.steps(count)
            if best is None or window.foreign < best.foreign:
                best = window
            if best.foreign < QUIET_CORES:
                break
        assert best is not None
        return best


class Result(NamedTuple):
    """The result of a contestant.

    Attributes:
        contestant: the contestant.
        windows: its window in each round.
    """

    contestant: Contestant
    windows: tuple[Window, ...]

    @property
    def step_seconds(self) -> float:
        """Seconds per step, in the median of the rounds."""
        return statistics.median(window.step_seconds for window in self.windows)

    @property
    def peak_bytes(self) -> int:
        """Its peak memory."""
        return max(window.peak_bytes for window in self.windows)

    @property
    def foreign(self) -> float:
        """How many cores other programs kept busy in its most disturbed round."""
        return max(window.foreign for window in self.windows)

    def fact(self, name: str) -> float | None:
        """A number that it reports; None if it does not."""
        return self.windows[-1].facts.get(name)

    def ratios(self, other: "Result") -> list[float]:
        """Its speed relative to another contestant, in each round."""
        pairs = zip(self.windows, other.windows, strict=True)
        return [theirs.step_seconds / own.step_seconds for own, theirs in pairs]

    def ratio(self, other: "Result") -> float:
        """The median of :meth:`ratios`."""
        return statistics.median(self.ratios(other))


def race(
    contestants: Sequence[Contestant], rounds: int, seconds: float, threads: int | None, say: Callable[[str], None]
) -> dict[str, Result]:
    """Time contestants in turn; a contestant that cannot start is reported and left out.

    Args:
        contestants: the contestants, whose names must be unique.
        rounds: how often each is timed.
        seconds: the approximate length of a window, which has at least one step.
        threads: how many threads each may use; None leaves that to its library.
        say: a function that is called with messages about the progress.

    Returns:
        The results by the names of the contestants, in order.
    """
    with contextlib.ExitStack() as stack:
        running: list[tuple[Worker, int]] = []
        for each in contestants:
            worker = stack.enter_context(Worker(each, threads))
            try:
                step_seconds = worker.warm()
            except EndedError:
                say(f"{each.name} did not start and is left out")
                continue
            say(f"{each.name}: {1000 * step_seconds:.1f} ms a step")
            running.append((worker, max(1, round(seconds / step_seconds))))
        windows: dict[str, list[Window]] = {worker.contestant.name: [] for worker, _ in running}
        for turn in range(rounds):
            for worker, count in running[:: -1 if turn % 2 else 1]:
                windows[worker.contestant.name].append(worker.quiet_steps(count))
            say(f"round {turn + 1} of {rounds}")
    return {
        worker.contestant.name: Result(worker.contestant, tuple(windows[worker.contestant.name]))
        for worker, _ in running
    }


def environment(threads: int | None) -> dict[str, str]:
    """The environment variables of a program that imports modules of ``peers``.

    Args:
        threads: how many threads it may use; None leaves that to its library.
    """
    paths = [HERE, *(Path(each).resolve() for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each)]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    if threads is not None:
        names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
        variables |= dict.fromkeys(names, str(threads))
    return variables


def _busy_seconds() -> float:
    """Seconds for which all cores together have been busy since the machine started; 0 if the system does not say."""
    try:
        words = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:]
    except OSError:
        return 0.0
    user, nice, system, _, _, interrupt, soft, stolen = (int(word) for word in words[:8])
    return (user + nice + system + interrupt + soft + stolen) / os.sysconf("SC_CLK_TCK")

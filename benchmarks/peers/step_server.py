"""The server through which the race asks a contestant for steps: it reads their number, and answers with times.

It needs the standard library alone, so that any Python can run a contestant.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import NoReturn

PR_SET_PDEATHSIG = 1


def nothing() -> None:
    """Do nothing, for devices that need not be waited for."""


def resident_bytes() -> int:
    """The peak memory of this process."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class StepServer:
    """Reads the requests of the race from the standard input, and answers on the standard output.

    Args:
        facts: numbers that are added to every answer.
        synchronize: a function that waits until the device has finished.
        peak: a function that returns the peak memory in bytes.
    """

    def __init__(
        self,
        facts: Mapping[str, float],
        synchronize: Callable[[], object] = nothing,
        peak: Callable[[], int] = resident_bytes,
    ) -> None:
        self._facts, self._synchronize, self._peak = dict(facts), synchronize, peak
        self._answers = os.fdopen(os.dup(1), "w")
        os.dup2(
            2, 1
        )  # what libraries print goes to the standard error, so that only answers are on the standard output
        _die_with_parent()
        self._begun = self._spent = 0.0

    def read_request(self) -> int:
        """Wait for the number of steps that the race asks for, and start the clock; exit when the race is over."""
        line = sys.stdin.readline()
        if not line:
            raise SystemExit
        self._begun, self._spent = time.perf_counter(), _cpu_seconds()
        return int(line)

    def answer(self, steps: int, done: bool = False) -> None:
        """Report the steps since :meth:`read_request`, and with ``done`` that there will be no more."""
        self._synchronize()
        seconds, cpu = time.perf_counter() - self._begun, _cpu_seconds() - self._spent
        answer = {"steps": steps, "seconds": seconds, "cpu": cpu, "peak_bytes": self._peak(), "done": done}
        print(json.dumps({**answer, "facts": self._facts}), file=self._answers, flush=True)

    def serve(self, step: Callable[[], object]) -> NoReturn:
        """Make as many steps as the race asks for, until it is over."""
        while True:
            steps = self.read_request()
            for _ in range(steps):
                step()
            self.answer(steps)


def _cpu_seconds() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _die_with_parent() -> None:
    """Have this process killed when the race is: a contestant that is stopped could not notice it by itself."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

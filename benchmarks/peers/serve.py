"""How a contestant talks to the race: it reads numbers of steps from its standard input and answers with times.

Needs the standard library alone, so that any Python can be a contestant.
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
    """Where there is nothing to wait for."""


def resident_bytes() -> int:
    """The most memory that this process ever had."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class Clerk:
    """Hears what the race asks and answers.

    Args:
        facts: go with every answer.
        settle: waits until the device has done what it was told.
        peak: the most memory in bytes that was ever used.
    """

    def __init__(
        self,
        facts: Mapping[str, float],
        settle: Callable[[], object] = nothing,
        peak: Callable[[], int] = resident_bytes,
    ) -> None:
        self._facts, self._settle, self._peak = dict(facts), settle, peak
        self._answers = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # what libraries print must not get between the answers
        _die_with_parent()
        self._begun = self._spent = 0.0

    def asked(self) -> int:
        """Steps that the race wants next; their time begins now. Ends the program when the race is over."""
        line = sys.stdin.readline()
        if not line:
            raise SystemExit
        self._begun, self._spent = time.perf_counter(), _cpu_seconds()
        return int(line)

    def answer(self, steps: int, done: bool = False) -> None:
        """So many steps were made since :meth:`asked`; ``done`` when there will be no more."""
        self._settle()
        seconds, cpu = time.perf_counter() - self._begun, _cpu_seconds() - self._spent
        answer = {"steps": steps, "seconds": seconds, "cpu": cpu, "peak_bytes": self._peak(), "done": done}
        print(json.dumps({**answer, "facts": self._facts}), file=self._answers, flush=True)

    def serve(self, step: Callable[[], object]) -> NoReturn:
        """Make as many steps as the race asks for, until it is over."""
        while True:
            steps = self.asked()
            for _ in range(steps):
                step()
            self.answer(steps)


def _cpu_seconds() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _die_with_parent() -> None:
    """See to it that a race that is killed leaves nobody behind: contestants who wait are stopped and hear nothing."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

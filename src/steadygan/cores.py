"""How this process shares the cores of a machine on which other programs run; nothing here runs at import.

PyTorch splits an operation among threads, and each waits for the others at its end. By default a thread that waits
spins: it keeps its core busy for milliseconds, although the thread it waits for may be ready to run and have no core.
One other busy program then costs most of the speed. Here threads spin for a moment only, and sleep then.
"""

import os
import sys
from pathlib import Path

SPINS = 1_000
"""Rounds of spinning, some 40 microseconds, before a waiting thread sleeps.

Fewer cost speed on a quiet machine, more beside other programs; see docs/performance.md.
"""
BUSY = 0.1
"""Share of its threads' time without a core from which on a run says that the machine is busy."""

_TASKS = Path("/proc/self/task")
_VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
"""With one of these the user has decided how threads wait."""


def share_cores() -> bool:
    """Let this process train beside other programs; call it before PyTorch is imported.

    OpenMP reads how threads wait when it is loaded. What the user has set in ``OMP_WAIT_POLICY`` or ``GOMP_SPINCOUNT``
    stays. It holds for the whole process, and for those that it starts.

    Returns:
        Whether it came in time: False where PyTorch is imported already, and then nothing is changed.
    """
    if "torch" in sys.modules:
        return False
    if not any(name in os.environ for name in _VARIABLES):
        os.environ["GOMP_SPINCOUNT"] = str(SPINS)
    return True


def core_wait_seconds() -> float | None:
    """How long the threads of this process have waited for a core, in total; None if the system does not count it.

    Linux counts it for each thread. Time on a core and time asleep are no part of it, so that on a quiet machine it
    hardly grows.
    """
    try:
        counts = [path.read_text("ascii").split() for path in _TASKS.glob("*/schedstat")]
    except OSError:  # a thread has ended meanwhile; the next look will do
        return None
    return sum(int(waited) for _, waited, _ in counts) / 1e9 if counts else None

"""How this process shares the cores of a machine on which other programs run; nothing here runs at import.

PyTorch splits an operation among threads, and each waits for the others at its end. By default a thread that waits
spins: it keeps its core busy for milliseconds, although the thread it waits for may be ready to run and have no core.
One other busy program then costs most of the speed. Here threads spin for a moment only and then sleep, and they ask
the scheduler for short turns, so that a thread which has work soon gets to do it.
"""

import ctypes
import os
import platform
import sys
from pathlib import Path

SPINS = 5_000
"""Rounds of spinning before a waiting thread sleeps."""
TURN_NANOSECONDS = 100_000
"""The shortest turn on a core that Linux grants."""
BUSY = 0.1
"""Share of its threads' time without a core from which on a run says that the machine is busy."""

_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
"""Numbers of the system call by machine."""
_TASKS = Path("/proc/self/task")
_VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
"""With one of these the user has decided how threads wait."""


class _Attributes(ctypes.Structure):
    """The kernel's ``struct sched_attr``."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    )


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
    ask_for_short_turns()
    return True


def ask_for_short_turns(nanoseconds: int = TURN_NANOSECONDS) -> bool:
    """Ask Linux for short turns on a core for this thread, and for those that it starts from now on.

    The share of the core stays what it is; a thread that wakes up gets its turn sooner. A kernel before 6.12 ignores
    the request.

    Args:
        nanoseconds: of a turn, 100,000 to 100,000,000.

    Returns:
        Whether the kernel took the request.
    """
    number = _SCHED_SETATTR.get(platform.machine())
    if not sys.platform.startswith("linux") or number is None:
        return False
    if os.sched_getscheduler(0) != os.SCHED_OTHER:
        return False  # somebody has put this process under another policy
    niceness = os.getpriority(os.PRIO_PROCESS, 0)
    attributes = _Attributes(size=ctypes.sizeof(_Attributes), policy=os.SCHED_OTHER, nice=niceness, runtime=nanoseconds)
    refused: int = ctypes.CDLL(None).syscall(number, 0, ctypes.byref(attributes), 0)
    return not refused


def core_wait_seconds() -> float | None:
    """How long the threads of this process have been ready to run without a core, in all; None where nobody counts.

    Linux counts it for each thread. Time on a core and time asleep are no part of it, so that on a quiet machine it
    hardly grows.
    """
    try:
        counts = [path.read_text("ascii").split() for path in _TASKS.glob("*/schedstat")]
    except OSError:  # a thread has ended meanwhile; the next look will do
        return None
    return sum(int(waited) for _, waited, _ in counts) / 1e9 if counts else None

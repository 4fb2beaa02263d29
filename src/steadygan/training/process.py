"""Settings of the whole process that make training faster on the CPU; nothing here runs at import."""

import ctypes
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
_KEPT, _STEP = 2**31 - 1, 64 * 2**20


def keep_memory() -> bool:
    """Ask the C library to keep freed memory for the next step, instead of giving it back and asking again.

    A step frees and allocates the same large blocks again and again; each return to the system costs page faults.
    It holds for the whole process, which then keeps the memory of its largest step.

    Returns:
        Whether the C library is glibc and took the settings; elsewhere nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return all(mallopt(key, value) == 1 for key, value in ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _KEPT), (_TOP_PAD, _STEP)))

"""Settings of the whole process that make training faster; importing this module changes none of them."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_LARGEST_FAST, _TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = 1, -1, -2, -4
_KEPT, _STEP = 2**31 - 1, 64 * 2**20
_SETTINGS = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _KEPT), (_TOP_PAD, _STEP), (_LARGEST_FAST, 0))


def keep_memory() -> bool:
    """Ask the C library to keep freed memory for the next step, instead of giving it back and asking again.

    A step frees and allocates the same large blocks again and again; each return to the system costs page faults.
    It holds for the whole process, which then keeps the memory of its largest step.

    Before release 2.39, glibc cuts slivers off each aligned block and keeps them for small ones, so that a block of the
    same size does not fit where the last one was (bug 30723); the process then takes up to twice the memory that its
    tensors need. This function turns that off as far as a running process can; the rest is off if Python was started
    with ``GLIBC_TUNABLES=glibc.malloc.tcache_count=0`` in its environment, as the command line
    starts itself.

    Returns:
        Whether the C library is glibc and took the settings; elsewhere nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return all(mallopt(key, value) == 1 for key, value in _SETTINGS)


@contextmanager
def fast_kernels(device: torch.device) -> Iterator[None]:
    """Let CUDA multiply float32 matrices in TF32, as it convolves, and let cuDNN try which convolution is quickest.

    Afterwards both settings, which hold for the whole process, are restored. If PyTorch is set to use deterministic
    algorithms, cuDNN tries nothing, because two trials need not choose the same algorithm.

    Args:
        device: where networks are; nothing happens unless it is CUDA.
    """
    if device.type != "cuda":
        yield
        return
    precision, benchmark = torch.get_float32_matmul_precision(), torch.backends.cudnn.benchmark
    torch.set_float32_matmul_precision("high")
    exact = torch.backends.cudnn.deterministic or torch.are_deterministic_algorithms_enabled()
    torch.backends.cudnn.benchmark = not exact
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(precision)
        torch.backends.cudnn.benchmark = benchmark

"""What has to be set before Python starts; nothing here runs at import, and nothing loads PyTorch."""

import os
import platform
import sys

_TUNABLES, _WITHOUT_CACHE = "GLIBC_TUNABLES", "glibc.malloc.tcache_count=0"
_MENDED = (2, 39)
"""The release of glibc from which on aligned blocks leave no slivers behind."""


def restart_for_memory() -> None:
    """Start this program anew, in the same process, with glibc's cache of small blocks off, where that saves memory.

    The cache keeps slivers that aligned blocks leave (glibc's bug 30723), between which no large block fits any more;
    training then takes up to twice the memory of its tensors. It is read once, when a program starts. Whoever has set
    ``GLIBC_TUNABLES`` has decided for themselves, and keeps the process that they have; other C libraries and later
    releases need nothing.
    """
    if _TUNABLES in os.environ or not _leaves_slivers():
        return
    os.environ[_TUNABLES] = _WITHOUT_CACHE
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    except OSError:
        return  # it trains as well without, and only takes more memory


def _leaves_slivers() -> bool:
    library, release = platform.libc_ver()
    return library == "glibc" and tuple(int(part) for part in release.split(".")[:2]) < _MENDED

"""What has to be set before anything else is imported; nothing here runs at import, and nothing loads PyTorch."""

import os
import signal
import sys
from types import FrameType

REFUSED, FAILED, BROKEN_OFF = 2, 3, 130
"""Exit statuses, else 0: for something that the user can mend, for a training that ``--stop-on`` calls a failure, and
for Ctrl-C before a training or twice in one.
"""
_NO_MEMORY = (
    b"error: There is not enough memory to load PyTorch and the other libraries; end other programs, or raise the "
    b"limit on memory\n"
)
_WORDS = ("out of memory", "can't allocate memory", "cannot allocate memory", "failed to map segment", "bad_alloc")
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
    quiet = signal.getsignal(signal.SIGINT) is _on_interrupt
    try:
        if quiet:
            # until the program that starts now handles Ctrl-C, where it goes on to wait for it
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    except OSError:
        # it trains as well without, and only takes more memory
        if quiet:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def be_quiet_when_interrupted() -> None:
    """Let Ctrl-C end the program at once, and without a traceback, while a module is imported.

    Nothing has begun then that could be saved. An exception would not do: what is imported may turn it into another
    one, or print it and go on. Outside of imports Ctrl-C raises KeyboardInterrupt. Where it was ignored before,
    as with ``nohup``, it still is.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _on_interrupt)
    if os.environ.get(_TUNABLES) == _WITHOUT_CACHE:
        # it was blocked when this program started anew
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _on_interrupt(number: int, frame: FrameType | None) -> None:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            if _is_first():
                os.write(2, b"broken off; what was saved before is intact\n")
            os._exit(BROKEN_OFF)
        frame = frame.f_back
    raise KeyboardInterrupt


def leave_without_memory(error: Exception) -> None:
    """End the program with a sentence, if memory was not enough to import a module and the libraries that it needs.

    Args:
        error: that the program has raised. If it is another one, this function returns.
    """
    if not (_while_importing(error) and (isinstance(error, MemoryError) or _speaks_of_memory(str(error).lower()))):
        return
    if _is_first():
        os.write(2, _NO_MEMORY)  # there is no memory for anything finer
    os._exit(REFUSED)  # libraries that are loaded by half may crash in their farewell


def _speaks_of_memory(text: str) -> bool:
    # a library that comes too late for the space of thread variables says so with nearly the same words
    return any(words in text for words in _WORDS) and "static tls" not in text


def _while_importing(error: Exception) -> bool:
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_name == "<module>" and trace.tb_frame.f_globals.get("__name__") != "__main__":
            return True
        trace = trace.tb_next
    return False


def _is_first() -> bool:
    """Whether this process is to speak: of several one is enough."""
    return os.environ.get("RANK", "0") == "0"


def _leaves_slivers() -> bool:
    import platform

    library, release = platform.libc_ver()
    return library == "glibc" and tuple(int(part) for part in release.split(".")[:2]) < _MENDED

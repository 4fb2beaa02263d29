"""The lock of a run folder: one process at a time trains there, because two would mix their files."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from filelock import FileLock, Timeout

from steadygan.distributed import broadcast_string
from steadygan.errors import SteadyganError
from steadygan.files import read_json
from steadygan.runs.folder import RunFolder, write_errors_as_sentences

ELSEWHERE = ", or choose another folder with --out"


@contextmanager
def locked(folder: RunFolder, otherwise: str = ELSEWHERE) -> Iterator[None]:
    """Hold the lock of a run folder; the folder is made if it is not there, and removed if it is still empty then.

    The operating system releases the lock of a process that died, so that a lock file that lies around locks nobody
    out. On a file system without locks nothing is locked.

    Args:
        folder: the run folder.
        otherwise: what else one may do than wait when another process holds the lock, the end of a sentence.

    Raises:
        SteadyganError: when another process holds the lock, or the folder cannot be written.
    """
    with write_errors_as_sentences(folder.path):
        made = [path for path in (folder.path, *folder.path.parents) if not path.exists()]
        folder.path.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.lock, thread_local=False, fallback_to_soft=False)
    try:
        _acquire(lock, folder, otherwise)
        yield
    finally:
        if lock.is_locked:
            with suppress(OSError):
                folder.lock.unlink()  # before it is released: afterwards it may be another's
        lock.release()
        with suppress(OSError):
            for path in made:
                path.rmdir()


@contextmanager
def locked_for_all(folder: RunFolder, otherwise: str = ELSEWHERE) -> Iterator[None]:
    """Hold the lock of a run folder in the main process on behalf of all processes; see :func:`locked`.

    Args:
        folder: the run folder.
        otherwise: as in :func:`locked`.

    Raises:
        SteadyganError: the same on every process, when the main one does not get the lock.
    """
    with ExitStack() as held:

        def lock() -> str:
            held.enter_context(locked(folder, otherwise))
            return ""

        broadcast_string("lock", lock)
        yield


def _acquire(lock: FileLock, folder: RunFolder, otherwise: str) -> None:
    with write_errors_as_sentences(folder.lock):
        folder.lock.touch()  # says what is wrong with the folder, before its file system may turn out to have no locks
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise SteadyganError(
            f"'{folder.path}' is in use by {_holder(folder)}, which trains there; "
            f"wait until it ends or stop it{otherwise}"
        ) from None
    except OSError:
        with suppress(OSError):
            folder.lock.unlink()
        return
    with suppress(OSError):
        folder.lock.write_text(json.dumps({"process": os.getpid(), "machine": socket.gethostname()}), "utf-8")


def _holder(folder: RunFolder) -> str:
    """Who holds the lock, as far as its file tells."""
    said: Any = None
    with suppress(OSError, SteadyganError):
        said = read_json(folder.lock)
    process = said.get("process") if isinstance(said, dict) else None
    if not isinstance(process, int):
        return "another process"
    machine = said.get("machine")
    return f"process {process}" + ("" if machine == socket.gethostname() else f" on the machine {machine!r}")

"""Several processes that decode images in parallel, and whose answers come in order.

The processes are programs of their own rather than copies of this process: a fork of a process with threads may hang,
and ``multiprocessing`` would run the user's script again. If one of them dies or stops answering, only the file that it
was decoding is lost.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from steadygan.amounts import things
from steadygan.data.decode import Target
from steadygan.data.decoder_process import READY
from steadygan.errors import SteadyganError

# The packages are set up from their folders alone, so that a decoding process does not import PyTorch.
_PROGRAM = """
import sys, types
for name, folder in (("steadygan", sys.argv[1]), ("steadygan.data", sys.argv[2])):
    package = types.ModuleType(name)
    package.__path__ = [folder]
    sys.modules[name] = package
from steadygan.data.decoder_process import serve
serve()
"""
_CHUNK_SECONDS = 120.0
_ONE_SECONDS = 60.0
_EXIT_SECONDS = 2.0

Item = str | bytes


@dataclass(frozen=True)
class DecodeResult:
    """The answer for a chunk of images.

    Args:
        results: for each image either the reason why it cannot be used, or its header (width, height, grey), or None if
            it was decoded.
        pixels: the decoded images, one after the other.
    """

    results: list[Any]
    pixels: bytes


class _ProcessDiedError(Exception):
    """The decoding process died, or was killed because it did not answer in time."""


def decoder_command() -> list[str]:
    """Returns the command that starts a decoding process."""
    here = Path(__file__).resolve().parent
    return [sys.executable, "-P", "-c", _PROGRAM, str(here.parent), str(here)]


def default_workers() -> int:
    """Returns the number of decoding processes: one for each core that this process may use, but at most 16."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return min(16, usable)


class DecoderPool:
    """Several decoding processes, which end with the ``with`` block at the latest.

    Args:
        workers: how many decoding processes, at least 1.
        command: the command that starts a process.
        seconds: the time limit for a chunk, and for a single image after its chunk has failed.
    """

    def __init__(
        self,
        workers: int,
        command: Sequence[str] | None = None,
        seconds: tuple[float, float] = (_CHUNK_SECONDS, _ONE_SECONDS),
    ) -> None:
        order = list(command or decoder_command())
        self._processes = [_Process(order) for _ in range(workers)]
        self._idle: SimpleQueue[_Process] = SimpleQueue()
        for process in self._processes:
            self._idle.put(process)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="decode")
        self._seconds = seconds

    def __enter__(self) -> "DecoderPool":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for process in self._processes:
                process.dismiss()
        for process in self._processes:
            process.close()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def ask_all(self, chunks: Iterable[Sequence[Item]], target: Target, *, only_header: bool) -> Iterator[DecodeResult]:
        """Decodes chunks of images, or reads their headers, in parallel.

        Args:
            chunks: lists of paths, or of the bytes of image files.
            target: the form of the decoded images.
            only_header: whether to read headers instead of pixels.

        Yields:
            One answer per chunk, in the order of the chunks.
        """

        def ask(chunk: Sequence[Item]) -> DecodeResult:
            process = self._idle.get()
            try:
                return _ask_safely(process, chunk, target, only_header, self._seconds)
            finally:
                self._idle.put(process)

        waiting: deque[Future[DecodeResult]] = deque()
        for chunk in chunks:
            waiting.append(self._threads.submit(ask, chunk))
            # few chunks are in progress at once, so that memory stays bounded
            if len(waiting) > 3 * len(self._processes):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _ask_safely(
    process: "_Process", chunk: Sequence[Item], target: Target, only_header: bool, seconds: tuple[float, float]
) -> DecodeResult:
    try:
        return process.ask(chunk, target, only_header, seconds[0])
    except _ProcessDiedError:
        alone = [_ask_alone(process, item, target, only_header, seconds[1]) for item in chunk]
    return DecodeResult([one.results[0] for one in alone], b"".join(one.pixels for one in alone))


def _ask_alone(process: "_Process", item: Item, target: Target, only_header: bool, seconds: float) -> DecodeResult:
    try:
        return process.ask([item], target, only_header, seconds)
    except _ProcessDiedError as death:
        return DecodeResult([str(death)], b"")


class _Process:
    """One decoding process, which is started when it is first needed, and again after it has died."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._running: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._lock = threading.Lock()

    def ask(self, items: Sequence[Item], target: Target, only_header: bool, seconds: float) -> DecodeResult:
        """Sends a request and returns the answer; raises an error if the process dies before it has answered."""
        running = self._started()
        silent = threading.Event()

        def give_up() -> None:
            silent.set()
            running.kill()

        watch = threading.Timer(seconds, give_up)
        watch.daemon = True
        watch.start()
        try:
            return _exchange(running, items, target, only_header)
        except (OSError, EOFError, ValueError) as error:
            self._end()
            if silent.is_set():
                raise _ProcessDiedError(f"decoding it took more than {things(round(seconds), 'second')}") from error
            raise _ProcessDiedError("decoding it ended the decoder (a crash, or no memory left)") from error
        finally:
            watch.cancel()

    def dismiss(self) -> None:
        """Lets an idle process end by itself."""
        running = self._running
        if running is not None and running.stdin is not None:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                running.stdin.close()
                running.wait(timeout=_EXIT_SECONDS)

    def close(self) -> None:
        """Ends the process, which is not started again."""
        with self._lock:
            self._closed = True
        self._end()

    def _started(self) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._closed:
                raise _ProcessDiedError("decoding was stopped")
            if self._running is None:
                self._running = _start(self._command)
            return self._running

    def _end(self) -> None:
        with self._lock:
            running, self._running = self._running, None
        if running is None:
            return
        running.kill()
        running.wait()
        for pipe in (running.stdin, running.stdout):
            if pipe is not None:
                # writing the rest of a request that nobody reads any more may fail
                with contextlib.suppress(OSError):
                    pipe.close()


def _start(command: list[str]) -> "subprocess.Popen[bytes]":
    # each has one thread, because the processes are parallel already, and a session of its own, so that only the caller
    # handles Ctrl-C
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        started = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise SteadyganError(f"A process for decoding images cannot be started ({error.strerror}).") from error
    if started.stdout is None or started.stdout.readline() != READY:
        started.kill()
        started.wait()
        raise SteadyganError(
            "A process for decoding images ended at once: check that Pillow and NumPy can be imported."
        )
    return started


def _exchange(
    running: "subprocess.Popen[bytes]", items: Sequence[Item], target: Target, only_header: bool
) -> DecodeResult:
    if running.stdin is None or running.stdout is None:
        raise OSError("the pipes of the decoding process are closed")
    request = {
        "only_header": only_header,
        "target": asdict(target),
        "items": [len(item) if isinstance(item, bytes) else item for item in items],
    }
    running.stdin.write(json.dumps(request).encode() + b"\n")
    for item in items:
        if isinstance(item, bytes):
            running.stdin.write(item)
    running.stdin.flush()
    line = running.stdout.readline()
    if not line:
        raise EOFError
    answer = json.loads(line)
    pixels = running.stdout.read(answer["bytes"])
    if len(pixels) != answer["bytes"]:
        raise EOFError
    return DecodeResult(answer["results"], pixels)

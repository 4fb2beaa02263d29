"""Several processes that train together, started by the tests; and what they are asked to do."""

import io
import multiprocessing
import os
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

PATIENCE = 300.0


def run_processes(count: int, meeting: Path, work: Callable[..., Any], *arguments: Any) -> list[Any]:
    """What each of ``count`` processes of one group answers, in their order.

    Args:
        count: how many.
        meeting: a file that is not there yet, by which they find each other.
        work: a function of a module, called with ``arguments`` in every process.
        arguments: what can be pickled.

    Returns:
        Tensors, numbers and strings, and lists and dictionaries of these; or the exception that a process raised.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.process_group_work"])
    members = []
    for rank in range(count):
        mine, theirs = context.Pipe(duplex=False)
        process = context.Process(
            target=_member, args=(rank, count, str(meeting), theirs, work, arguments), daemon=True
        )
        process.start()
        theirs.close()
        members.append((process, mine))
    try:
        return [_answer(connection) for _, connection in members]
    finally:
        for process, _ in members:
            process.join(10)
            process.kill()


def _answer(connection: Connection) -> Any:
    if not connection.poll(PATIENCE):
        raise AssertionError(f"no answer within {PATIENCE} s")
    answer = torch.load(io.BytesIO(connection.recv_bytes()), weights_only=True)
    if "error" in answer:
        raise AssertionError(answer["error"])
    return answer["done"]


def _member(
    rank: int, count: int, meeting: str, answers: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    torch.set_num_threads(1)
    os.environ.pop("WORLD_SIZE", None)
    dist.init_process_group(
        "gloo", init_method=f"file://{meeting}", rank=rank, world_size=count, timeout=timedelta(seconds=PATIENCE)
    )
    try:
        answer = {"done": work(*arguments)}
    except Exception as error:
        import traceback

        answer = {"error": f"process {rank}: {type(error).__name__}: {error}\n{traceback.format_exc()}"}
    buffer = io.BytesIO()
    torch.save(answer, buffer)
    answers.send_bytes(buffer.getvalue())
    dist.destroy_process_group()

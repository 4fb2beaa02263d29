"""How processes that a launcher such as torchrun started find each other, agree before training, and part again.

Nothing here runs at import. A process that was started alone does nothing of it.
"""

import atexit
import os
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch.distributed import PrefixStore, Store  # type: ignore[attr-defined]  # missing in torch's stubs
from torch.distributed.rendezvous import rendezvous

from steadygan.distributed.collectives import broadcast_, is_main_process, lost_process_errors, world_size
from steadygan.errors import SteadyganError

Done = TypeVar("Done")

PATIENCE = timedelta(minutes=10)
"""How long a process waits for the others in the middle of a step; one that died is noticed at once."""
_OFTEN = 0.05
_TO_LET_GO = 0.2
"""How long Gloo's threads are given at the end, in seconds, to let go of the tensors of the last collective."""
_OURS = "steadygan"
_YES, _NO = "yes:", "no:"
_NEEDED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")

_stores: list[Store] = []
"""The key-value store through which the processes of the group that :func:`start` made exchange messages."""
_asked = [0]
"""The number of decisions that were broadcast so far, which is the same on every process."""


def start() -> None:
    """Meet the other processes, if a launcher says in the environment that there are any.

    Raises:
        SteadyganError: when the environment says only half of it, or the others do not come.
    """
    if os.environ.get("WORLD_SIZE", "1") == "1" or world_size() > 1:
        return
    missing = [name for name in _NEEDED if name not in os.environ]
    if missing:
        raise SteadyganError(
            f"WORLD_SIZE is {os.environ['WORLD_SIZE']} and {missing[0]} is not set; "
            "start with torchrun, which sets both, or unset WORLD_SIZE"
        )
    if torch.cuda.is_available():
        _take_device()
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    try:
        store, rank, size = next(rendezvous("env://", timeout=PATIENCE))
        notes = PrefixStore(_OURS, store)
        dist.init_process_group(
            backend, store=PrefixStore("group", notes), rank=rank, world_size=size, timeout=PATIENCE
        )
    except (RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise SteadyganError(f"The {os.environ['WORLD_SIZE']} processes did not find each other: {reason}") from None
    _stores.append(notes)
    atexit.register(stop)


def stop() -> None:
    """Leave the process group.

    A thread of Gloo that lets go of a tensor takes the interpreter's lock for it. One that does so while the
    interpreter shuts down aborts the process ("terminate called without an active exception"), and torchrun calls
    the run failed. Nothing in PyTorch waits for those threads, so this does, while the lock can still be had.
    """
    if _stores:
        _stores.clear()
        dist.destroy_process_group()
        time.sleep(_TO_LET_GO)


def local_rank() -> int:
    """Which of the processes on this machine this is, from 0."""
    return int(os.environ.get("LOCAL_RANK", "0")) if world_size() > 1 else 0


def broadcast_string(what: str, decide: Callable[[], str]) -> str:
    """Let the main process decide something, and give its decision to every process.

    Args:
        what: a name for the decision; all processes make the same ones in the same order.
        decide: called on the main process only; what it refuses, all refuse.

    Raises:
        SteadyganError: the same on every process.
    """
    if not _stores and world_size() > 1:
        return _through_group(decide)
    return _broadcast_string(what, is_main_process(), decide)


def local_main_process_first(what: str, work: Callable[[], Done]) -> Done:
    """Let the first process on each machine do something before the others, such as preparing data for all of them.

    Args:
        what: a name for it; all processes do the same things in the same order.
        work: what to do; what it refuses for the first process, all of the machine refuse.

    Returns:
        What this process's own work came to.

    Raises:
        SteadyganError: the same on every process of the machine.
    """
    first = local_rank() == 0
    done: list[Done] = []

    def worked() -> str:
        done.append(work())
        return ""

    _broadcast_string(f"{what} on {os.environ.get('GROUP_RANK', '0')}", first, worked)
    return done[0] if done else work()


def is_reporting_process() -> bool:
    """Whether this process is the one to say what went wrong: of those that torchrun started the first that asks.

    Elsewhere notes are kept by the first process, which may have gone, and each process has an output of its own.
    """
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        return True
    if not _stores:
        return os.environ.get("RANK", "0") == "0"
    try:
        return bool(_stores[0].add("spoken", 1) == 1)
    except RuntimeError:
        return True  # the launcher has gone


def _broadcast_string(what: str, mine: bool, decide: Callable[[], str]) -> str:
    if not _stores:
        return decide()
    _asked[0] += 1
    key = f"{_asked[0]} {what}"
    if not mine:
        answer = _waited_for(key)
        if answer.startswith(_NO):
            raise SteadyganError(answer.removeprefix(_NO))
        return answer.removeprefix(_YES)
    try:
        decided = decide()
    except SteadyganError as refusal:
        _stores[0].set(key, f"{_NO}{refusal}")
        raise
    _stores[0].set(key, f"{_YES}{decided}")
    return decided


def _through_group(decide: Callable[[], str]) -> str:
    """The same in a group that someone else began, whose processes keep no notes: they wait as long as it lets them."""
    said = torch.empty(0, dtype=torch.uint8)
    refusal: SteadyganError | None = None
    if is_main_process():
        try:
            answer = f"{_YES}{decide()}"
        except SteadyganError as error:
            answer, refusal = f"{_NO}{error}", error
        said = torch.frombuffer(bytearray(answer.encode()), dtype=torch.uint8)
    length = torch.tensor([len(said)])
    broadcast_([length])
    said = said if is_main_process() else torch.empty(int(length), dtype=torch.uint8)
    broadcast_([said])
    if refusal is not None:
        raise refusal
    answer = said.numpy().tobytes().decode()
    if answer.startswith(_NO):
        raise SteadyganError(answer.removeprefix(_NO))
    return answer.removeprefix(_YES)


def _waited_for(key: str) -> str:
    """A note of another process. It may take hours, as long as the other is alive."""
    with lost_process_errors():
        while not _stores[0].check([key]):
            time.sleep(_OFTEN)
        return bytes(_stores[0].get(key)).decode()


def _take_device() -> None:
    own = int(os.environ.get("LOCAL_RANK", "0"))
    count = torch.cuda.device_count()
    if own >= count:
        gpus = "is 1 GPU" if count == 1 else f"are {count} GPUs"
        raise SteadyganError(
            f"There {gpus} here and more than {own} processes; start one for each GPU, with --nproc-per-node {count}"
        )
    torch.cuda.set_device(own)

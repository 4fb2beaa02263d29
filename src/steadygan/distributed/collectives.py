"""Collectives: what processes that train together tell each other, as functions that gradients flow through.

All processes run the same program, each on its share of a batch. What they minimise together is the mean of what each
of them calls its loss: gradients are averaged after each backward pass (:func:`average_gradients`). :func:`all_gather`
and :func:`all_reduce` have the derivative that the sum of all losses has, so a loss of single images, a loss of the
gathered batch that every process computes alike, and a loss of the weights alone are all right as they come, and so
are derivatives of any order.

With one process all of them give back what they were given.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd import Function

from steadygan.errors import SteadyganError


class LostProcessError(SteadyganError):
    """Another process of the run has ended; this one cannot go on without it."""


_GONE = ("peer", "pair closure", "connection", "socket", "pipe", "timed out", "timeout", "nccl")
"""One of these is in what PyTorch says when another process does not answer any more."""


def world_size() -> int:
    """How many processes train together; 1 where there are no others."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Which of them this is, from 0."""
    return dist.get_rank() if world_size() > 1 else 0


def is_main_process() -> bool:
    """Whether this process is the one that writes files and speaks."""
    return rank() == 0


def all_gather(x: Tensor) -> Tensor:
    """The rows of all processes, in their order.

    Args:
        x: [N, ...], of the same shape on every process.

    Returns:
        [world · N, ...]. What all processes ask of a row comes back to the process that it is from.
    """
    return x if world_size() == 1 else _all_gather(x)


def all_reduce(x: Tensor) -> Tensor:
    """The sum of a tensor over all processes, the same on each.

    Args:
        x: floating point, of the same shape on every process.
    """
    return x if world_size() == 1 else _all_reduce(x)


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Average the gradients of all processes, in place, with one message for each type of number.

    Args:
        parameters: the same on every process, and the same of them with a gradient.
    """
    average_([parameter.grad for parameter in parameters if parameter.grad is not None])


@torch.no_grad()
def average_(tensors: Sequence[Tensor]) -> None:
    """Average tensors over all processes, in place, with one message for each type of number.

    Args:
        tensors: floating point, the same number and shapes on every process.
    """
    if world_size() == 1:
        return
    for dtype in dict.fromkeys(tensor.dtype for tensor in tensors):
        alike = [tensor for tensor in tensors if tensor.dtype is dtype]
        _through_one(alike, _average)


@torch.no_grad()
def broadcast_(tensors: Iterable[Tensor]) -> None:
    """Put the first process's values in the place of every process's own.

    Args:
        tensors: the same number and shapes on every process.
    """
    if world_size() == 1:
        return
    tensors = list(tensors)
    for dtype in dict.fromkeys(tensor.dtype for tensor in tensors):
        alike = [tensor for tensor in tensors if tensor.dtype is dtype]
        _through_one(alike, lambda flat: dist.broadcast(flat, 0))


def any_process(yes: bool) -> bool:
    """Whether any process says yes; all of them learn it. On the CPU, so that no device is waited for."""
    if world_size() == 1:
        return yes
    said = torch.tensor(int(yes))
    with lost_process_errors():
        dist.all_reduce(said, dist.ReduceOp.MAX)
    return bool(said)


def differs_between_processes(text: str) -> bool:
    """Whether any process says something else than the first one; all of them learn it."""
    if world_size() == 1:
        return False
    mine = torch.frombuffer(bytearray(hashlib.blake2b(text.encode()).digest()), dtype=torch.uint8)
    first = mine.clone()
    with lost_process_errors():
        dist.broadcast(first, 0)
    return any_process(not torch.equal(mine, first))


@contextmanager
def lost_process_errors() -> Iterator[None]:
    """Turn what is raised when another process has gone into one sentence.

    Raises:
        LostProcessError: instead of what torch.distributed raises.
    """
    try:
        yield
    except RuntimeError as error:
        if not any(word in str(error).lower() for word in _GONE):
            raise
        raise LostProcessError(
            f"One of the {world_size()} processes has ended, so the others end too; start all of them again"
        ) from error


def _average(flat: Tensor) -> None:
    dist.all_reduce(flat)
    flat /= world_size()


def _through_one(tensors: Sequence[Tensor], send: Callable[[Tensor], object]) -> None:
    flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
    with lost_process_errors():
        send(flat)
    pieces = torch.split(flat, [tensor.numel() for tensor in tensors])
    torch._foreach_copy_(list(tensors), [piece.view(like.shape) for piece, like in zip(pieces, tensors, strict=True)])


class _AllGather(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        mine = x.contiguous()
        rows = mine.new_empty(world_size(), *mine.shape)
        with lost_process_errors():
            dist.all_gather(list(rows.unbind(0)), mine)
        return rows.flatten(0, 1)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return _reduce_scatter(g)


class _ReduceScatter(Function):
    """The other direction of gathering: every process gets the sum of what all ask of its rows."""

    @staticmethod
    def forward(ctx: Any, g: Tensor) -> Tensor:
        return _sum(g).chunk(world_size())[rank()].clone()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return _all_gather(g)


class _AllReduce(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return _sum(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return _all_reduce(g)


def _sum(x: Tensor) -> Tensor:
    total = x.clone(memory_format=torch.contiguous_format)
    with lost_process_errors():
        dist.all_reduce(total)
    return total


# With types, which PyTorch's stubs leave out.
_all_gather: Callable[[Tensor], Tensor] = _AllGather.apply
_reduce_scatter: Callable[[Tensor], Tensor] = _ReduceScatter.apply
_all_reduce: Callable[[Tensor], Tensor] = _AllReduce.apply

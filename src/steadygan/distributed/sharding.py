"""How a batch is sharded among processes.

Inside :func:`sharded` a batch of B images lies on P processes, B / P = ``rows`` neighbours on each. A tensor with one
row for each image holds this process's rows: :func:`gather` puts the rows of all processes together, :func:`local_rows`
takes this process's rows out. A network may be given several batches one after the other, such as real and fake
images; each of them is sharded by itself, so k times ``rows`` rows are this process's rows of k batches. Random numbers
follow the same rule (:mod:`steadygan.distributed.random_numbers`).

Outside of it, and inside :func:`replicated`, every process has the whole batch, as if it were alone.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from torch import Tensor

from steadygan.distributed.collectives import all_gather, rank, world_size

Rows = TypeVar("Rows", Tensor, "np.ndarray[Any, Any]")


@dataclass(frozen=True)
class Sharding:
    """How batches are sharded.

    Attributes:
        rows: of one batch that this process has.
        batches: how many batches the network that runs now has been given, one after the other; 0 between networks.
    """

    rows: int
    batches: int = 0

    def batches_of(self, length: int) -> int:
        """Of how many batches so many rows are the parts."""
        if self.batches:
            return self.batches if length % self.batches == 0 else 1
        return _batches(length, self.rows)


_SHARDING: ContextVar[Sharding | None] = ContextVar("sharding", default=None)


def current_sharding() -> Sharding | None:
    """How batches are sharded now; None where this process has the whole batch."""
    # Asked in this order because a context variable cannot be compiled.
    return None if world_size() == 1 else _SHARDING.get()


@contextmanager
def _set(new: Sharding | None) -> Iterator[None]:
    token = _SHARDING.set(new)
    try:
        yield
    finally:
        _SHARDING.reset(token)


def shard_batches(rows: int) -> AbstractContextManager[None]:
    """Shard every batch while this is open; :func:`steadygan.distributed.sharded` shards random numbers too.

    Args:
        rows: of each batch that this process has.
    """
    return _set(Sharding(rows))


def replicated() -> AbstractContextManager[None]:
    """Let every process compute the same on the whole batch while this is open."""
    return nullcontext() if current_sharding() is None else _set(None)


def network_input(length: int) -> AbstractContextManager[None]:
    """Tell layers how many batches the network that runs now was given, however they reshape them."""
    now = current_sharding()
    return nullcontext() if now is None else _set(replace(now, batches=_batches(length, now.rows)))


def gather(x: Tensor) -> Tensor:
    """Put the rows of all processes together, in the order in which one process would have them.

    Args:
        x: [k · N, ...] for k batches inside a network, [N, ...] elsewhere.

    Returns:
        [k · world · N, ...]; gradients come back to the processes that the rows are from.
    """
    now = current_sharding()
    if now is None:
        return x
    rows = all_gather(x)
    batches = now.batches if now.batches and len(x) % now.batches == 0 else 1
    if batches == 1:
        return rows
    return rows.view(world_size(), batches, -1, *x.shape[1:]).transpose(0, 1).flatten(0, 2)


def local_rows(x: Rows) -> Rows:
    """Take this process's rows out of a whole batch.

    Args:
        x: [k · B, ...], all rows of k batches, or of some other number that can be divided among the processes.

    Returns:
        [k · B / world, ...].
    """
    now = current_sharding()
    if now is None:
        return x
    batches = now.batches_of(len(x) // world_size())
    shared = x.reshape(batches, world_size(), -1, *x.shape[1:])[:, rank()]
    return shared.reshape(-1, *x.shape[1:])


def _batches(length: int, rows: int) -> int:
    return length // rows if length >= rows and length % rows == 0 else 1

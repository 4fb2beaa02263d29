"""Where a batch is shared among processes, and which rows of it this process has.

Inside :func:`together` a batch of B images lies on P processes, B / P = ``rows`` neighbours on each. What has one row
for each image is this process's part of what one process would have; :func:`whole` puts the parts together,
:func:`part` takes one out. Several batches one after the other, such as real and fake images that enter a network
together, are shared each by itself: k · ``rows`` rows are the parts of k batches. Random numbers follow the same rule;
see :mod:`steadygan.distributed.random_numbers`.

Everywhere else, and inside :func:`alone`, this process has all there is, as if there were no others.
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
    """How a batch is shared.

    Attributes:
        rows: of one batch that are this process's.
        batches: how many batches the network that runs now has been given, one after the other; 0 between networks.
    """

    rows: int
    batches: int = 0

    def batches_of(self, length: int) -> int:
        """Of how many batches so many rows are the parts."""
        if self.batches:
            return self.batches if length % self.batches == 0 else 1
        return _batches(length, self.rows)


_REGION: ContextVar[Sharding | None] = ContextVar("region", default=None)


def current_sharding() -> Sharding | None:
    """How a batch is shared here; None where this process has everything."""
    # Asked in this order because a context variable cannot be compiled.
    return None if world_size() == 1 else _REGION.get()


@contextmanager
def _set(new: Sharding | None) -> Iterator[None]:
    token = _REGION.set(new)
    try:
        yield
    finally:
        _REGION.reset(token)


def shard_batches(rows: int) -> AbstractContextManager[None]:
    """Where every batch is shared; :func:`steadygan.distributed.together` shares random numbers too.

    Args:
        rows: of each batch that are this process's.
    """
    return _set(Sharding(rows))


def replicated() -> AbstractContextManager[None]:
    """Where this process computes something as a whole, which the others compute too."""
    return nullcontext() if current_sharding() is None else _set(None)


def network_input(length: int) -> AbstractContextManager[None]:
    """Where a network runs on so many rows, which says how many batches its layers see, however they reshape them."""
    now = current_sharding()
    return nullcontext() if now is None else _set(replace(now, batches=_batches(length, now.rows)))


def gather(x: Tensor) -> Tensor:
    """All rows of what this process has a part of, in the order that one process would have them.

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
    """This process's rows.

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

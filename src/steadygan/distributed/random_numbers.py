"""Random numbers that are the same whatever the number of processes.

Every process has the same global random state. While batches are sharded, a random tensor has a row for each of this
process's images. It holds the same numbers as these rows of the tensor that one process would draw: each process draws
that whole tensor and keeps its rows, so that the random state moves on alike everywhere.

The rule for heuristics and layers, the package's and a user's: **while a step runs, a random tensor with at least one
dimension has one row for each of this process's images.** Scalars, permutations, and draws from a generator of their
own are the same on all processes; so is whatever is drawn inside of :func:`steadygan.distributed.replicated`.

It holds for the functions of :data:`DRAWS`, wherever they are called from, because PyTorch's function modes see them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from steadygan.distributed.collectives import world_size
from steadygan.distributed.sharding import Sharding, current_sharding, local_rows, shard_batches

Draw: TypeAlias = Callable[..., Any]
Arguments: TypeAlias = tuple[Any, ...]
Names: TypeAlias = Mapping[str, Any]


class ShardedRandomNumbers(TorchFunctionMode):
    """Lets random functions draw for all processes and keep this one's rows, while batches are sharded."""

    def __torch_function__(
        self, func: Draw, types: Iterable[type], args: Arguments = (), kwargs: Names | None = None
    ) -> Any:
        """Call a function of PyTorch, a random one in the way of this module."""
        draw = DRAWS.get(func)
        names = kwargs or {}
        if draw is None or current_sharding() is None or names.get("generator") is not None:
            return func(*args, **names)
        return draw(func, args, names)


@contextmanager
def sharded(rows: int) -> Iterator[None]:
    """Shard every batch and every random tensor while this is open; with one process nothing happens.

    Args:
        rows: of each batch that are this process's.
    """
    if world_size() == 1:
        yield
        return
    with ExitStack() as stack:
        stack.enter_context(shard_batches(rows))
        stack.enter_context(ShardedRandomNumbers())
        yield


def _sized(func: Draw, args: Arguments, kwargs: Names) -> Any:
    """rand(3, 2) and rand((3, 2))."""
    size = args if args else (kwargs["size"],)
    size = tuple(size[0]) if not isinstance(size[0], int) else tuple(size)
    if not size:
        return func(*args, **kwargs)
    named = {name: value for name, value in kwargs.items() if name != "size"}
    return local_rows(func(_larger(size), **named))


def _ranged(func: Draw, args: Arguments, kwargs: Names) -> Any:
    """randint(high, size) and randint(low, high, size)."""
    place = next((place for place, each in enumerate(args) if not isinstance(each, int)), None)
    size = tuple(kwargs["size"] if place is None else args[place])
    if not size:
        return func(*args, **kwargs)
    if place is None:
        return local_rows(func(*args, **{**kwargs, "size": _larger(size)}))
    return local_rows(func(*args[:place], _larger(size), *args[place + 1 :], **kwargs))


def _like(func: Draw, args: Arguments, kwargs: Names) -> Any:
    """randn_like(x), which also lays numbers out as x is laid out."""
    if not args[0].ndim:
        return func(*args, **kwargs)
    return local_rows(func(_all_rows_like(args[0]), *args[1:], **kwargs))


def _in_place(func: Draw, args: Arguments, kwargs: Names) -> Any:
    """x.uniform_(0, 1)."""
    if not args[0].ndim:
        return func(*args, **kwargs)
    return args[0].copy_(local_rows(func(_all_rows_like(args[0]), *args[1:], **kwargs)))


def _chosen(func: Draw, args: Arguments, kwargs: Names) -> Any:
    """multinomial(weights, count): one row for each number drawn from a single row of weights."""
    weights, count = args[0], args[1] if len(args) > 1 else kwargs["num_samples"]
    if weights.ndim != 1:
        return func(*args, **kwargs)
    named = {name: value for name, value in kwargs.items() if name != "num_samples"}
    return local_rows(func(weights, count * world_size(), *args[2:], **named))


def _dropped(func: Draw, args: Arguments, kwargs: Names) -> Any:
    """dropout(x): x times what it makes of ones."""
    x = args[0] if args else kwargs["input"]
    named = {name: value for name, value in kwargs.items() if name not in ("input", "inplace")}
    with torch.no_grad():
        kept = local_rows(func(torch.ones_like(_all_rows_like(x)), *args[1:3], **named))
    in_place = kwargs.get("inplace", args[3] if len(args) > 3 else False)
    return x.mul_(kept) if in_place else x * kept


def _by_chance(func: Draw, args: Arguments, kwargs: Names) -> Any:
    """bernoulli(p): every number takes one draw, whatever its chance, so others' chances do not matter."""
    chances = args[0]
    if not chances.ndim:
        return func(*args, **kwargs)
    everyone = _all_rows_like(chances)
    everyone.copy_(_spread_rows(chances))
    return local_rows(func(everyone, *args[1:], **kwargs))


DRAWS: dict[Draw, Draw] = {
    torch.rand: _sized,
    torch.randn: _sized,
    torch.randint: _ranged,
    torch.rand_like: _like,
    torch.randn_like: _like,
    torch.randint_like: _like,
    torch.Tensor.uniform_: _in_place,
    torch.Tensor.normal_: _in_place,
    torch.Tensor.random_: _in_place,
    torch.Tensor.exponential_: _in_place,
    torch.Tensor.bernoulli_: _in_place,
    torch.bernoulli: _by_chance,
    torch.multinomial: _chosen,
    F.dropout: _dropped,
    F.dropout1d: _dropped,
    F.dropout2d: _dropped,
    F.dropout3d: _dropped,
}
"""The random functions that are shared, and how."""


def _larger(size: tuple[int, ...]) -> tuple[int, ...]:
    return (size[0] * world_size(), *size[1:])


def _all_rows_like(x: Tensor) -> Tensor:
    """Room for the rows of all processes, laid out as x is: random numbers follow the order in memory."""
    size, strides = _larger(tuple(x.shape)), torch.empty_like(x).stride()
    if strides[0] * x.shape[0] < x.numel():  # rows are not one after the other, so more of them lie elsewhere
        return torch.empty(size, dtype=x.dtype, device=x.device)
    return torch.empty_strided(size, strides, dtype=x.dtype, device=x.device)


def _spread_rows(x: Tensor) -> Tensor:
    """This process's rows in every process's place."""
    now = current_sharding()
    assert isinstance(now, Sharding)  # only asked inside one
    batches = now.batches_of(len(x))
    rows = x.reshape(batches, 1, -1, *x.shape[1:])
    return rows.expand(-1, world_size(), *rows.shape[2:]).reshape(_larger(tuple(x.shape)))

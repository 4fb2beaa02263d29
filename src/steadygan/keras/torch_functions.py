"""PyTorch's functions, as far as heuristics call them, in terms of :mod:`keras.ops`.

Each entry takes and returns tensors of the backend; names and arguments are PyTorch's. What a heuristic calls beyond
them is refused by name (:class:`steadygan.keras.torch_view.UnsupportedError`).
"""

import math
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import keras
import torch
from keras import ops

from steadygan.keras.torch_view import keras_dtype

_HUGE = 3e38
"""Beyond any number of float32 that a bound could be meant to let through."""


class Ranked(NamedTuple):
    """Values and where they were, as :func:`torch.topk` returns them."""

    values: Any
    indices: Any


class VarMean(NamedTuple):
    """A variance and a mean, as :func:`torch.var_mean` returns them."""

    variance: Any
    mean: Any


def _axes(dim: Any) -> Any:
    return tuple(dim) if isinstance(dim, list | tuple) else dim


def sizes(given: tuple[Any, ...]) -> tuple[int, ...]:
    """A shape that was given as numbers or as one sequence."""
    first = given[0] if given else ()
    return tuple(first) if isinstance(first, Sequence) else tuple(given)


def _count(x: Any, dim: Any) -> int:
    axes = range(len(x.shape)) if dim is None else [dim] if isinstance(dim, int) else dim
    return math.prod(x.shape[axis] for axis in axes)


def _reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    def reduce(x: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
        return function(x, axis=_axes(dim), keepdims=keepdim)

    return reduce


def _sum(x: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    wide = ops.cast(x, "int32") if keras.backend.standardize_dtype(x.dtype) == "bool" else x
    return ops.sum(wide, axis=_axes(dim), keepdims=keepdim)


def _variance(x: Any, dim: Any = None, correction: int = 1, keepdim: bool = False) -> Any:
    # Not ops.var: on TensorFlow its second derivative leaves out a part.
    mean = ops.mean(x, axis=_axes(dim), keepdims=True)
    total = ops.sum(ops.square(x - mean), axis=_axes(dim), keepdims=keepdim)
    return total / (_count(x, dim) - correction)


def _var_mean(x: Any, dim: Any = None, correction: int = 1, keepdim: bool = False) -> VarMean:
    return VarMean(_variance(x, dim, correction, keepdim), ops.mean(x, axis=_axes(dim), keepdims=keepdim))


def _root(square: Any) -> Any:
    """A square root whose derivative at 0 is 0 instead of infinite."""
    positive = square > 0
    return ops.where(positive, ops.sqrt(ops.where(positive, square, ops.ones_like(square))), ops.zeros_like(square))


def _add(x: Any, other: Any) -> Any:
    # Not ops.add: on TensorFlow it takes [N, 1, 1, 1] for a bias of channels where images are N wide (Keras 3.15).
    return ops.subtract(x, ops.negative(other))


def _norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False) -> Any:  # noqa: A002  # PyTorch's name
    return _root(ops.sum(ops.square(x), axis=_axes(dim), keepdims=keepdim))


def _flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    last = end_dim % len(x.shape)
    return ops.reshape(x, (*x.shape[:start_dim], -1, *x.shape[last + 1 :]))


def _clamp(x: Any, min: Any = None, max: Any = None) -> Any:  # noqa: A002  # PyTorch's names
    x = x if min is None else ops.maximum(x, min)
    return x if max is None else ops.minimum(x, max)


def _expand(x: Any, *shape: Any) -> Any:
    wanted = sizes(shape)
    known = (*[1] * (len(wanted) - len(x.shape)), *x.shape)
    return ops.broadcast_to(x, tuple(old if new == -1 else new for new, old in zip(wanted, known, strict=True)))


def _permute(x: Any, *order: Any) -> Any:
    return ops.transpose(x, sizes(order))


def _swap(x: Any, first: int, second: int) -> Any:
    return ops.swapaxes(x, first, second)


def _chunk(x: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    return tuple(ops.split(x, chunks, axis=dim))


def _split(x: Any, sizes: Sequence[int], dim: int = 0) -> tuple[Any, ...]:
    ends = list(accumulate(sizes))
    return tuple(ops.split(x, ends[:-1], axis=dim))


def _unbind(x: Any, dim: int = 0) -> tuple[Any, ...]:
    return tuple(ops.unstack(x, axis=dim))


def _top_k(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Ranked:  # noqa: A002
    values, indices = ops.top_k(x if largest else -x, k)
    return Ranked(values if largest else -values, indices)


def _argsort(x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    return ops.argsort(-x if descending else x, axis=dim)


def _where(condition: Any, then: Any, otherwise: Any) -> Any:
    dtypes = [keras.backend.standardize_dtype(each.dtype) for each in (then, otherwise) if hasattr(each, "dtype")]
    dtype = dtypes[0] if dtypes else "float32"
    return ops.where(condition, ops.cast(then, dtype), ops.cast(otherwise, dtype))


def _cross_entropy_with_logits(input: Any, target: Any, reduction: str = "mean", **ignored: Any) -> Any:  # noqa: A002
    losses = (1 - target) * input + ops.softplus(-input)
    return ops.mean(losses) if reduction == "mean" else losses


def _pad(x: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    last_first = [(pad[at], pad[at + 1]) for at in range(0, len(pad), 2)]
    widths = [(0, 0)] * (len(x.shape) - len(last_first)) + last_first[::-1]
    return ops.pad(x, widths, constant_values=value or 0)


def _normalize(x: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12, **ignored: Any) -> Any:
    return x / ops.maximum(_norm(x, dim=dim, keepdim=True), eps)


def _to(x: Any, *to: Any, dtype: Any = None, **ignored: Any) -> Any:
    wanted = next((each for each in (*to, dtype) if isinstance(each, torch.dtype)), None)
    return x if wanted is None else ops.cast(x, keras_dtype(wanted))


def _new_full(x: Any, size: Any, fill_value: Any, dtype: Any = None, **ignored: Any) -> Any:
    kept = keras.backend.standardize_dtype(x.dtype) if dtype is None else keras_dtype(dtype)
    return ops.full(tuple(size), fill_value, dtype=kept)


def _full_like(x: Any, fill_value: Any, **ignored: Any) -> Any:
    return ops.full(tuple(x.shape), fill_value, dtype=keras.backend.standardize_dtype(x.dtype))


def _like(fill_value: float) -> Callable[..., Any]:
    return lambda x, **ignored: _full_like(x, fill_value)


def _new(fill_value: float) -> Callable[..., Any]:
    def make(x: Any, *size: Any, dtype: Any = None, **ignored: Any) -> Any:
        return _new_full(x, sizes(size), fill_value, dtype)

    return make


def _repeat_interleave(x: Any, repeats: int, dim: int | None = None) -> Any:
    return x if repeats == 1 else ops.repeat(x, repeats, axis=dim)


def _any(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return ops.any(x, axis=_axes(dim), keepdims=keepdim)


def _all(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return ops.all(x, axis=_axes(dim), keepdims=keepdim)


def getitem(x: Any, key: Any) -> Any:
    """``x[key]`` as PyTorch means it: slices, whole indices, and integer tensors that are broadcast together."""
    keys = key if isinstance(key, tuple) else (key,)
    tensors = [each for each in keys if hasattr(each, "dtype")]
    if not tensors:
        return x[key]
    if len(tensors) != len(keys):
        raise NotImplementedError("an index may be slices, or integer tensors from the first axis on")
    sizes = x.shape[: len(tensors)]
    flat = ops.cast(tensors[0], "int32") * 0
    for each, size in zip(tensors, sizes, strict=True):
        flat = flat * size + ops.cast(each, "int32")
    return ops.take(ops.reshape(x, (math.prod(sizes), *x.shape[len(tensors) :])), flat, axis=0)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    # elementwise
    "abs": ops.abs,
    "add": _add,
    "binary_cross_entropy_with_logits": _cross_entropy_with_logits,
    "ceil": ops.ceil,
    "clamp": _clamp,
    "clamp_max": lambda x, max: _clamp(x, max=max),  # noqa: A006
    "clamp_min": lambda x, min: _clamp(x, min=min),  # noqa: A006
    "cos": ops.cos,
    "exp": ops.exp,
    "exp2": lambda x: ops.exp(x * math.log(2)),
    "expm1": ops.expm1,
    "floor": ops.floor,
    "lerp": lambda x, end, weight: x + weight * (end - x),
    "log1p": ops.log1p,
    "masked_fill": lambda x, mask, value: _where(mask, value, x),
    "maximum": ops.maximum,
    "minimum": ops.minimum,
    "mul": ops.multiply,
    "neg": ops.negative,
    "pow": ops.power,
    "relu": lambda x, inplace=False: ops.relu(x),
    "round": ops.round,
    "rsqrt": ops.rsqrt,
    "sigmoid": ops.sigmoid,
    "sign": ops.sign,
    "sin": ops.sin,
    "softplus": lambda x, beta=1, threshold=20: ops.softplus(x),
    "split": _split,
    "sqrt": ops.sqrt,
    "square": ops.square,
    "sub": ops.subtract,
    "tanh": ops.tanh,
    "where": _where,
    # over axes
    "all": _all,
    "any": _any,
    "argmax": lambda x, dim=None: ops.argmax(x, axis=dim),
    "argsort": _argsort,
    "linalg_vector_norm": _norm,
    "vector_norm": _norm,
    "log_softmax": lambda x, dim=None, **ignored: ops.log_softmax(x, axis=dim),
    "logsumexp": lambda x, dim, keepdim=False: ops.logsumexp(x, axis=_axes(dim), keepdims=keepdim),
    "mean": _reduction(ops.mean),
    "norm": lambda x, p=2, dim=None, keepdim=False: _norm(x, p, dim, keepdim),
    "normalize": _normalize,
    "softmax": lambda x, dim=None, **ignored: ops.softmax(x, axis=dim),
    "std": lambda x, dim=None, correction=1, keepdim=False: _root(_variance(x, dim, correction, keepdim)),
    "sum": _sum,
    "topk": _top_k,
    "var": _variance,
    "var_mean": _var_mean,
    "matmul": ops.matmul,
    # shapes
    "cat": lambda tensors, dim=0: ops.concatenate(tensors, axis=dim),
    "chunk": _chunk,
    "contiguous": lambda x: x,
    "dim": lambda x: len(x.shape),
    "expand": _expand,
    "expand_as": lambda x, other: _expand(x, *other.shape),
    "flatten": _flatten,
    "flip": lambda x, *dims: ops.flip(x, axis=sizes(dims)),
    "numel": lambda x: math.prod(x.shape),
    "pad": _pad,
    "permute": _permute,
    "repeat_interleave": _repeat_interleave,
    "reshape": lambda x, *shape: ops.reshape(x, sizes(shape)),
    "roll": lambda x, shifts, dims=None: ops.roll(x, shifts, axis=dims),
    "size": lambda x, dim=None: tuple(x.shape) if dim is None else x.shape[dim],
    "squeeze": lambda x, dim=None: ops.squeeze(x, axis=_axes(dim)),
    "stack": lambda tensors, dim=0: ops.stack(tensors, axis=dim),
    "transpose": _swap,
    "unbind": _unbind,
    "unsqueeze": lambda x, dim: ops.expand_dims(x, axis=dim),
    "view": lambda x, *shape: ops.reshape(x, sizes(shape)),
    # made like another tensor
    "clone": lambda x: x,
    "copy": lambda x, other: ops.cast(other, x.dtype),
    "detach": ops.stop_gradient,
    "empty_like": _like(0.0),
    "float": lambda x: ops.cast(x, "float32"),
    "full_like": _full_like,
    "new_full": _new_full,
    "new_ones": _new(1.0),
    "new_zeros": _new(0.0),
    "one_hot": lambda x, num_classes: ops.one_hot(x, num_classes, dtype="int32"),
    "ones_like": _like(1.0),
    "to": _to,
    "zeros_like": _like(0.0),
}
"""By the names of PyTorch's functions and methods."""

PROPERTIES: dict[str, Callable[[Any], Any]] = {"mT": lambda x: ops.swapaxes(x, -1, -2), "T": ops.transpose}
"""What PyTorch computes without a call."""

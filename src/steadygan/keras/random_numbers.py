"""Random numbers and constants of heuristics: inside of :func:`on_keras`, PyTorch's makers of tensors are Keras'."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import keras
import numpy as np
import torch
from keras import ops
from torch.overrides import TorchFunctionMode

from steadygan.keras.torch_functions import sizes
from steadygan.keras.torch_view import NEEDS_VIEWS, keras_dtype, tensor_of, view
from steadygan.runs.sampling import temporary_seed


class RandomNumbers(Protocol):
    """A source of random numbers that belongs to a model, so that it is saved and goes on with it."""

    def normal(self, shape: tuple[int, ...]) -> Any:
        """Draw from N(0, 1), float32."""
        ...

    def uniform(self, shape: tuple[int, ...]) -> Any:
        """Draw from U[0, 1), float32."""
        ...

    def integers(self, shape: tuple[int, ...], low: int, high: int) -> Any:
        """Draw integers of [low, high), int32."""
        ...

    def permutation(self, count: int) -> Any:
        """Draw an order of so many, int32 [count]."""
        ...


class SeededNumbers:
    """Random numbers of Keras from one seed, which moves on with every draw.

    Args:
        seed: a SeedGenerator, whose state is a variable.
    """

    def __init__(self, seed: Any) -> None:
        self.seed = seed

    def next_seed(self) -> int:
        """A seed for another generator; the state moves on."""
        entropy = [int(each) for each in ops.convert_to_numpy(self.seed.next())]
        return int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0] >> np.uint64(1))

    def normal(self, shape: tuple[int, ...]) -> Any:
        """Draw from N(0, 1), float32."""
        return keras.random.normal(shape, dtype="float32", seed=self.seed)

    def uniform(self, shape: tuple[int, ...]) -> Any:
        """Draw from U[0, 1), float32."""
        return keras.random.uniform(shape, dtype="float32", seed=self.seed)

    def integers(self, shape: tuple[int, ...], low: int, high: int) -> Any:
        """Draw integers of [low, high), int32."""
        return keras.random.randint(shape, low, high, dtype="int32", seed=self.seed)

    def permutation(self, count: int) -> Any:
        """Draw an order of so many, int32 [count]."""
        return ops.argsort(self.uniform((count,)))


@contextmanager
def on_keras(source: RandomNumbers) -> Iterator[None]:
    """Let heuristics draw from a source, and make their tensors on Keras' backend.

    Args:
        source: of all that PyTorch would draw from its global generator.
    """
    if not NEEDS_VIEWS and isinstance(source, SeededNumbers):
        # PyTorch draws by itself, from a seed of the model's: taking each of its functions over would cost a third.
        with temporary_seed(source.next_seed(), torch.device("cpu")):
            yield
    else:
        with Makers(drawing(source, view) | (_constants() if NEEDS_VIEWS else {})):
            yield


class Makers(TorchFunctionMode):
    """Takes over the functions of PyTorch that make tensors out of nothing.

    Args:
        functions: by the functions that they replace.
    """

    def __init__(self, functions: dict[Any, Callable[..., Any]]) -> None:
        super().__init__()
        self.functions = functions

    def __torch_function__(self, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        found = self.functions.get(function)
        if found is None or (named or {}).get("generator") is not None:
            return function(*arguments, **(named or {}))
        return found(*arguments, **(named or {}))


def drawing(source: RandomNumbers, made: Callable[[Any], Any]) -> dict[Any, Callable[..., Any]]:
    """What takes the place of PyTorch's random functions.

    Args:
        source: of the numbers.
        made: what becomes of a tensor that was drawn.
    """

    def like(draw: Callable[[tuple[int, ...]], Any]) -> Callable[..., Any]:
        return lambda x, **ignored: made(draw(tuple(x.shape)))

    def sized(draw: Callable[[tuple[int, ...]], Any]) -> Callable[..., Any]:
        return lambda *size, **ignored: made(draw(sizes(size)))

    def integers(low: int, *rest: Any, **ignored: Any) -> Any:
        high, size = rest if len(rest) == 2 else (low, rest[0])
        return made(source.integers(tuple(size), low if len(rest) == 2 else 0, high))

    def uniform_in(x: Any, low: float = 0.0, high: float = 1.0, generator: None = None) -> Any:
        return made(low + (high - low) * source.uniform(tuple(x.shape)))

    return {
        torch.rand: sized(source.uniform),
        torch.randn: sized(source.normal),
        torch.rand_like: like(source.uniform),
        torch.randn_like: like(source.normal),
        torch.randint: integers,
        torch.randperm: lambda count, **ignored: made(source.permutation(count)),
        torch.Tensor.uniform_: uniform_in,
    }


def _constants() -> dict[Any, Callable[..., Any]]:
    def filled(value: float) -> Callable[..., Any]:
        return lambda *size, dtype=None, **ignored: view(ops.full(sizes(size), value, dtype=keras_dtype(dtype)))

    def full(size: Any, value: Any, dtype: Any = None, **ignored: Any) -> Any:
        return view(ops.full(tuple(size), tensor_of(value), dtype=keras_dtype(dtype)))

    def counted(*bounds: int, dtype: Any = None, **ignored: Any) -> Any:
        return view(ops.arange(*bounds, dtype=keras_dtype(torch.int64 if dtype is None else dtype)))

    def constant(data: Any, dtype: Any = None, **ignored: Any) -> Any:
        return view(ops.convert_to_tensor(data, dtype=None if dtype is None else keras_dtype(dtype)))

    def identity(rows: int, columns: int | None = None, dtype: Any = None, **ignored: Any) -> Any:
        return view(ops.eye(rows, columns, dtype=keras_dtype(dtype)))

    return {
        torch.zeros: filled(0.0),
        torch.ones: filled(1.0),
        torch.full: full,
        torch.arange: counted,
        torch.tensor: constant,
        torch.eye: identity,
    }

"""Keras tensors that heuristics can use as if they were PyTorch's.

Heuristics are written with PyTorch's functions. PyTorch asks the class of an argument to take a function over, by
``__torch_function__``, before it computes anything: :class:`TorchView` does, and says the same in :mod:`keras.ops`
(:mod:`steadygan.keras.torch_functions`). So the very objects of a recipe run on TensorFlow and JAX, also compiled, and
nothing of the maths is written twice. On the torch backend Keras' tensors are PyTorch's, and no view is needed.
"""

import operator
from collections.abc import Callable
from typing import Any

import keras
import torch
from keras import ops

from steadygan.errors import SteadyganError

NEEDS_VIEWS: bool = keras.backend.backend() != "torch"
"""Whether the tensors of Keras are not PyTorch's."""

_DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "int32": torch.int64,
    "int64": torch.int64,
    "uint8": torch.uint8,
    "bool": torch.bool,
}
_NAMES = {torch.int64: "int32", torch.int32: "int32", torch.bool: "bool", torch.bfloat16: "bfloat16"}


class UnsupportedError(SteadyganError):
    """A heuristic does something that a compiled step of Keras cannot do."""


class UnknownAttributeError(UnsupportedError, AttributeError):
    """An attribute of PyTorch's tensors that a view does not have; ``hasattr`` is false of it."""


def keras_dtype(dtype: torch.dtype | None) -> str:
    """The dtype in which Keras computes what PyTorch computes in ``dtype``; float32 for doubles and None."""
    return _NAMES.get(dtype, "float32") if dtype is not None else "float32"


class TorchView:
    """A Keras tensor in the form of a PyTorch tensor.

    Args:
        value: a tensor of the backend.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    # --- what PyTorch's tensors say of themselves

    @property
    def shape(self) -> torch.Size:
        """The shape, all of whose numbers are known while a step is compiled."""
        return torch.Size(self.value.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.value.shape)

    @property
    def dtype(self) -> torch.dtype:
        """The dtype as PyTorch's."""
        return _DTYPES[keras.backend.standardize_dtype(self.value.dtype)]

    @property
    def device(self) -> torch.device:
        """The CPU, which only says that random numbers need no other source."""
        return torch.device("cpu")

    @property
    def requires_grad(self) -> bool:
        """False: the backend decides what is differentiated."""
        return False

    def __len__(self) -> int:
        return int(self.value.shape[0])

    def __bool__(self) -> bool:
        raise UnsupportedError("decides in Python by a number that changes during training")

    def __float__(self) -> float:
        raise UnsupportedError("reads a number in Python that changes during training")

    __int__ = __index__ = __float__
    __hash__ = None  # type: ignore[assignment]

    # --- what is computed

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        from steadygan.keras.torch_functions import FUNCTIONS

        name = function.__name__
        if name not in FUNCTIONS:
            raise UnsupportedError(f"calls PyTorch's {name}, which is not known in terms of Keras")
        return call(FUNCTIONS[name], *arguments, **(named or {}))

    def __getattr__(self, name: str) -> Any:
        from steadygan.keras.torch_functions import FUNCTIONS, PROPERTIES

        if name in PROPERTIES:
            return call(PROPERTIES[name], self)
        if name in FUNCTIONS:
            return lambda *arguments, **named: call(FUNCTIONS[name], self, *arguments, **named)
        # In place: the tensor of this view becomes another one, and whoever holds the view sees it.
        if name.endswith("_") and not name.endswith("__") and name[:-1] in FUNCTIONS:
            return lambda *arguments, **named: self._become(call(FUNCTIONS[name[:-1]], self, *arguments, **named))
        raise UnknownAttributeError(f"uses a tensor's {name}, which is not known in terms of Keras")

    def __neg__(self) -> Any:
        return call(operator.neg, self)

    def __invert__(self) -> Any:
        return call(ops.logical_not, self)

    def _become(self, other: "TorchView") -> "TorchView":
        self.value = other.value
        return self

    def __getitem__(self, key: Any) -> "TorchView":
        from steadygan.keras.torch_functions import getitem

        return call(getitem, self, key)


def view(value: Any) -> Any:
    """A tensor as heuristics take it: itself on the torch backend, else a view of it.

    Args:
        value: a tensor or a variable of Keras; without gradients inside of ``torch.no_grad()``.
    """
    value = value.value if isinstance(value, keras.Variable) else value
    if not NEEDS_VIEWS:
        return value
    return TorchView(value if torch.is_grad_enabled() else ops.stop_gradient(value))


def in_dtype(value: Any, dtype: str) -> Any:
    """A tensor in a dtype: itself where it has that one already, without a call of Keras, of which a step has many."""
    return value if keras.backend.standardize_dtype(value.dtype) == dtype else ops.cast(value, dtype)


def tensor_of(viewed: Any) -> Any:
    """The backend's tensor of what :func:`view` made, or of a number."""
    return viewed.value if isinstance(viewed, TorchView) else viewed


def call(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call a function of Keras tensors with views, and view what it returns.

    Args:
        function: of tensors and plain values.
        arguments: views and plain values, also in lists and tuples.
        named: the same by name.
    """
    result = function(*(_tensors(each) for each in arguments), **{key: _tensors(each) for key, each in named.items()})
    return _views(result)


def _tensors(given: Any) -> Any:
    if isinstance(given, TorchView):
        return given.value
    if isinstance(given, list | tuple) and not isinstance(given, torch.Size):
        return type(given)(*map(_tensors, given)) if hasattr(given, "_fields") else type(given)(map(_tensors, given))
    return given


def _views(result: Any) -> Any:
    if isinstance(result, tuple) and hasattr(result, "_fields"):
        return type(result)(*map(_views, result))
    if isinstance(result, list | tuple):
        return type(result)(map(_views, result))
    return result if isinstance(result, int | float | bool) else view(result)


def _binary(function: Callable[[Any, Any], Any]) -> tuple[Any, Any]:
    def forward(self: TorchView, other: Any) -> Any:
        return call(function, *_alike(self, other))

    def reflected(self: TorchView, other: Any) -> Any:
        return call(function, *reversed(_alike(self, other)))

    return forward, reflected


def _alike(first: TorchView, second: Any) -> tuple[Any, Any]:
    """Two operands of one dtype; plain numbers take the dtype of the tensor, and fractions make floats of integers."""
    one, other = first.value, tensor_of(second)
    dtype = keras.backend.standardize_dtype(one.dtype)
    if isinstance(other, float) and not dtype.startswith(("float", "bfloat")):
        return ops.cast(one, "float32"), other
    if hasattr(other, "dtype"):
        wider = keras.backend.result_type(dtype, keras.backend.standardize_dtype(other.dtype))
        return ops.cast(one, wider), ops.cast(other, wider)
    return one, other


def _true_divide(one: Any, other: Any) -> Any:
    return ops.divide(_floating(one), _floating(other))


def _floating(value: Any) -> Any:
    """Integers as float32, in which PyTorch divides them."""
    whole = hasattr(value, "dtype") and not keras.backend.is_float_dtype(keras.backend.standardize_dtype(value.dtype))
    return ops.cast(value, "float32") if whole else value


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    # Not ops.add: on TensorFlow it takes [N, 1, 1, 1] for a bias of channels where images are N wide (Keras 3.15).
    "add": operator.add,
    "sub": ops.subtract,
    "mul": ops.multiply,
    "truediv": _true_divide,
    "pow": ops.power,
    "floordiv": ops.floor_divide,
    "mod": ops.mod,
    "and": ops.logical_and,
    "or": ops.logical_or,
    "matmul": ops.matmul,
}
for _name, _function in _OPERATORS.items():
    _forward, _reflected = _binary(_function)
    setattr(TorchView, f"__{_name}__", _forward)
    setattr(TorchView, f"__r{_name}__", _reflected)
_COMPARISONS = {
    "lt": ops.less,
    "le": ops.less_equal,
    "gt": ops.greater,
    "ge": ops.greater_equal,
    "eq": ops.equal,
    "ne": ops.not_equal,
}
for _name, _function in _COMPARISONS.items():
    setattr(TorchView, f"__{_name}__", _binary(_function)[0])

"""The memories of heuristics, as variables of a GAN of Keras."""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from steadygan.heuristics.moments import Memory, Remembers
from steadygan.keras.random_numbers import on_keras
from steadygan.keras.refusals import naming_the_heuristic, refuse_growing
from steadygan.keras.state import KerasState
from steadygan.keras.torch_view import UnsupportedError, tensor_of, view

if TYPE_CHECKING:
    from steadygan.keras.model import GAN


def make_memories(gan: "GAN") -> dict[str, "StoredMemory"]:
    """The memories with which a run begins, by the names of the heuristics.

    Args:
        gan: which gets a variable for each number and tensor of them.

    Raises:
        SteadyganError: when a heuristic has a memory that grows.
    """

    def add(name: str, value: Any) -> Any:
        first = np.asarray(ops.convert_to_numpy(tensor_of(value)))
        dtype = "float32" if first.dtype.kind == "f" else "bool" if first.dtype.kind == "b" else "int32"
        variable = gan.add_weight(
            shape=first.shape, initializer="zeros", dtype=dtype, trainable=False, name=name.replace("-", "_")
        )
        variable.assign(first.astype(dtype))
        return variable

    state, made = KerasState(gan, None), {}
    for heuristic in gan.recipe.all(Remembers):
        with naming_the_heuristic(heuristic), on_keras(gan.numbers):
            memory = heuristic.initial_memory(state)
            refuse_growing(memory)
            made[heuristic.name] = StoredMemory(heuristic.name, memory, add)
    return made


class StoredMemory:
    """A heuristic's memory, every number and tensor of which is a variable of the model.

    Args:
        name: of the heuristic.
        memory: as it is at first.
        add: makes a variable from a name and a value.
    """

    def __init__(self, name: str, memory: Memory, add: Any) -> None:
        self.name, self._first = name, memory
        self.variables: list[Any] = []
        self._map(_fields(memory), lambda value: self.variables.append(add(f"{name}_{len(self.variables)}", value)))

    def read(self) -> Memory:
        """The memory with views of the variables in the place of numbers and tensors."""
        remaining = iter(self.variables)
        fields = self._map(_fields(self._first), lambda _: view(next(remaining).value))
        return dataclasses.replace(self._first, **fields)

    def write(self, memory: Memory) -> None:
        """Assign the variables what a memory holds now.

        Raises:
            UnsupportedError: when the memory has another structure than at first.
        """
        values: list[Any] = []
        self._map(_fields(memory), values.append)
        if len(values) != len(self.variables):
            raise UnsupportedError("has a memory that grows during training")
        for variable, value in zip(self.variables, values, strict=True):
            tensor = tensor_of(value)
            variable.assign(ops.cast(tensor, variable.dtype) if hasattr(tensor, "dtype") else tensor)

    def _map(self, value: Any, function: Any) -> Any:
        """Replace every number and tensor of nested lists and dictionaries by what a function makes of it."""
        if isinstance(value, dict):
            return {key: self._map(each, function) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self._map(each, function) for each in value)
        if value is None:
            raise UnsupportedError("has a memory that grows during training")
        return function(value)


def _fields(memory: Memory) -> dict[str, Any]:
    return {field.name: getattr(memory, field.name) for field in dataclasses.fields(memory)}

"""Gradients on TensorFlow, JAX and PyTorch, in one form; everything else of this package is :mod:`keras.ops`.

JAX differentiates pure functions only. A function given here may read and assign Keras variables on any backend: those
that it may assign are named in ``state``, and hold their new values afterwards.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import keras

BACKEND: str = keras.backend.backend()
"""``tensorflow``, ``jax`` or ``torch``."""

T = TypeVar("T")
Variables = Sequence[Any]
"""Keras variables."""


def gradients(
    function: Callable[[], tuple[Any, T]], variables: Variables, state: Variables
) -> tuple[Any, T, list[Any]]:
    """Compute a function and the gradients of its value.

    Args:
        function: returns a scalar tensor and anything besides: tensors, tuples, lists and dictionaries of these.
        variables: with respect to which the value is differentiated.
        state: all variables that the function may assign.

    Returns:
        The value, what came besides, and one gradient for each variable, zeros where the value does not depend on it.
    """
    return _gradients(function, variables, state)


def input_gradients(
    function: Callable[[list[Any]], tuple[Any, T]], inputs: Sequence[Any], state: Variables
) -> tuple[Any, T, list[Any]]:
    """Compute a function of tensors and the gradients of its value, which can be differentiated again.

    Args:
        function: of a list of tensors to a scalar tensor and anything besides.
        inputs: float tensors.
        state: all variables that the function may assign.

    Returns:
        The value, what came besides, and one gradient for each input.
    """
    return _input_gradients(function, inputs, state)


def choose(condition: Any, then: Callable[[], T], otherwise: Callable[[], T], state: Variables) -> T:
    """Run one of two functions that may assign variables, compiled or not.

    Args:
        condition: a scalar bool tensor.
        then: run where it is true.
        otherwise: run where it is false; returns tensors of the same shapes and dtypes in the same structure.
        state: all variables that either may assign.
    """
    return _choose(condition, then, otherwise, state)


if BACKEND == "tensorflow":
    import tensorflow as tf

    def _gradients(function: Any, variables: Any, state: Any) -> Any:
        with tf.GradientTape() as tape:
            value, besides = function()
        found = tape.gradient(value, [each.value for each in variables], unconnected_gradients="zero")
        return value, besides, found

    def _input_gradients(function: Any, inputs: Any, state: Any) -> Any:
        # An outer tape sees what happens here, and so can differentiate it again.
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            for each in inputs:
                tape.watch(each)
            value, besides = function(list(inputs))
        return value, besides, tape.gradient(value, list(inputs), unconnected_gradients="zero")

    def _choose(condition: Any, then: Any, otherwise: Any, state: Any) -> Any:
        return tf.cond(condition, then, otherwise)

elif BACKEND == "torch":
    import torch

    def _gradients(function: Any, variables: Any, state: Any) -> Any:
        value, besides = function()
        found = torch.autograd.grad(value, [each.value for each in variables], materialize_grads=True)
        return value.detach(), besides, list(found)

    def _input_gradients(function: Any, inputs: Any, state: Any) -> Any:
        leaves = [each.detach().requires_grad_() for each in inputs]
        with torch.enable_grad():
            value, besides = function(leaves)
            found = torch.autograd.grad(value, leaves, create_graph=True, materialize_grads=True)
        return value, besides, list(found)

    def _choose(condition: Any, then: Any, otherwise: Any, state: Any) -> Any:
        return then() if bool(condition) else otherwise()

elif BACKEND == "jax":
    import jax

    def _gradients(function: Any, variables: Any, state: Any) -> Any:
        def pure(values: Any) -> Any:
            (value, besides), assigned = _purely(function, state, zip(variables, values, strict=True))
            return value, (besides, assigned)

        values = [each.value for each in variables]
        (value, (besides, assigned)), found = jax.value_and_grad(pure, has_aux=True)(values)
        _assign(state, assigned, but=variables)
        return value, besides, found

    def _input_gradients(function: Any, inputs: Any, state: Any) -> Any:
        def pure(given: Any) -> Any:
            (value, besides), assigned = _purely(lambda: function(given), state)
            return value, (besides, assigned)

        (value, (besides, assigned)), found = jax.value_and_grad(pure, has_aux=True)(list(inputs))
        _assign(state, assigned)
        return value, besides, found

    def _choose(condition: Any, then: Any, otherwise: Any, state: Any) -> Any:
        result, assigned = jax.lax.cond(condition, lambda: _purely(then, state), lambda: _purely(otherwise, state))
        _assign(state, assigned)
        return result

    def _purely(function: Any, state: Iterable[Any], instead: Iterable[tuple[Any, Any]] = ()) -> Any:
        """Run a function in a scope of its own, and return what it assigned beside its result."""
        now = [(each, each.value) for each in state]
        with keras.StatelessScope(state_mapping=[*now, *instead]) as scope:
            result = function()
        return result, [scope.get_current_value(each) for each, _ in now]

    def _assign(state: Iterable[Any], values: Iterable[Any], but: Iterable[Any] = ()) -> None:
        kept = {id(each) for each in but}
        for variable, value in zip(state, values, strict=True):
            if id(variable) not in kept:
                variable.assign(value)

else:  # pragma: no cover  # OpenVINO
    raise ImportError(
        f"steadygan.keras trains on the backends tensorflow, jax and torch, and Keras runs on '{BACKEND}'; set "
        "the environment variable KERAS_BACKEND to one of the three before Keras is imported"
    )

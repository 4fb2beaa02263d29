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
    function: Callable[[list[Any]], tuple[Any, T]], variables: Variables, inputs: Sequence[Any], state: Variables
) -> tuple[Any, T, list[Any], list[Any]]:
    """Compute a function and the gradients of its value with respect to variables and tensors.

    Args:
        function: of a list of tensors to a scalar tensor and anything besides: tensors, tuples, lists and dictionaries.
        variables: with respect to which the value is differentiated.
        inputs: the tensors that the function is given, with respect to which it is differentiated too.
        state: all variables that the function may read or assign.

    Returns:
        The value, what came besides, and one gradient for each variable and for each input, zeros where the value does
        not depend on it.
    """
    return _gradients(function, variables, inputs, state)


def pullback(
    function: Callable[[], Any], variables: Variables, state: Variables
) -> tuple[Any, Callable[[Any], list[Any]]]:
    """Compute a tensor, and keep what is needed to send a gradient back through it later.

    Args:
        function: returns a tensor.
        variables: that it depends on.
        state: all variables that the function may read or assign.

    Returns:
        The tensor, and a function from a gradient with respect to it to those with respect to the variables.
    """
    return _pullback(function, variables, state)


def input_gradients(
    function: Callable[[list[Any]], tuple[Any, T]], inputs: Sequence[Any], state: Variables
) -> tuple[Any, T, list[Any]]:
    """Compute a function of tensors and the gradients of its value, which can be differentiated again.

    Args:
        function: of a list of tensors to a scalar tensor and anything besides.
        inputs: float tensors.
        state: all variables that the function may read or assign.

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
        state: all variables that either may read or assign.
    """
    return _choose(condition, then, otherwise, state)


def trace(function: Callable[[], object], state: Variables) -> None:
    """Run a function for what it does in Python: nothing is computed, and no variable changes.

    Args:
        function: what is compiled later.
        state: all variables that it may read or assign.
    """
    _trace(function, state)


def assign(variables: Variables, values: Sequence[Any]) -> None:
    """Give variables new values, all at once where the backend can.

    Args:
        variables: of any shapes.
        values: a tensor for each, of its shape and dtype, that no gradients flow through.
    """
    _assign_all(variables, values)


def _each_by_itself(variables: Variables, values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


if BACKEND == "tensorflow":
    import tensorflow as tf

    def _gradients(function: Any, variables: Any, inputs: Any, state: Any) -> Any:
        inputs = [tf.identity(each) for each in inputs]
        with tf.GradientTape() as tape:
            for each in inputs:
                tape.watch(each)
            value, besides = function(list(inputs))
        sources = [each.value for each in variables], list(inputs)
        by_variable, by_input = tape.gradient(value, sources, unconnected_gradients="zero")
        return value, besides, by_variable, by_input

    def _pullback(function: Any, variables: Any, state: Any) -> Any:
        with tf.GradientTape() as tape:
            value = function()

        def pull(gradient: Any) -> Any:
            sources = [each.value for each in variables]
            return tape.gradient(value, sources, output_gradients=gradient, unconnected_gradients="zero")

        return value, pull

    def _input_gradients(function: Any, inputs: Any, state: Any) -> Any:
        # An outer tape sees what happens here, and so can differentiate it again.
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            for each in inputs:
                tape.watch(each)
            value, besides = function(list(inputs))
        return value, besides, tape.gradient(value, list(inputs), unconnected_gradients="zero")

    def _choose(condition: Any, then: Any, otherwise: Any, state: Any) -> Any:
        return tf.cond(condition, then, otherwise)

    def _trace(function: Any, state: Any) -> None:
        def traced() -> None:
            function()

        tf.function(traced, autograph=False).get_concrete_function()

    _assign_all = _each_by_itself

elif BACKEND == "torch":
    import torch

    def _gradients(function: Any, variables: Any, inputs: Any, state: Any) -> Any:
        leaves = [each.detach().requires_grad_() for each in inputs]
        value, besides = function(list(leaves))
        sources = [*(each.value for each in variables), *leaves]
        found = list(torch.autograd.grad(value, sources, materialize_grads=True))
        return value.detach(), besides, found[: len(variables)], found[len(variables) :]

    def _pullback(function: Any, variables: Any, state: Any) -> Any:
        value = function()

        def pull(gradient: Any) -> Any:
            sources = [each.value for each in variables]
            return list(torch.autograd.grad(value, sources, gradient, materialize_grads=True))

        return value.detach(), pull

    def _input_gradients(function: Any, inputs: Any, state: Any) -> Any:
        leaves = [each.detach().requires_grad_() for each in inputs]
        with torch.enable_grad():
            value, besides = function(leaves)
            found = torch.autograd.grad(value, leaves, create_graph=True, materialize_grads=True)
        return value, besides, list(found)

    def _choose(condition: Any, then: Any, otherwise: Any, state: Any) -> Any:
        return then() if bool(condition) else otherwise()

    def _trace(function: Any, state: Any) -> None:
        """Nothing is compiled ahead: what a step does in Python is seen when it is taken."""

    def _assign_all(variables: Any, values: Any) -> None:
        torch._foreach_copy_([each.value for each in variables], list(values))

elif BACKEND == "jax":
    import jax

    def _gradients(function: Any, variables: Any, inputs: Any, state: Any) -> Any:
        def pure(values: Any, given: Any) -> Any:
            (value, besides), assigned = _purely(lambda: function(given), state, zip(variables, values, strict=True))
            return value, (besides, assigned)

        values = [each.value for each in variables]
        both = jax.value_and_grad(pure, argnums=(0, 1), has_aux=True)(values, list(inputs))
        (value, (besides, assigned)), (by_variable, by_input) = both
        _assign(state, assigned, but=variables)
        return value, besides, by_variable, by_input

    def _pullback(function: Any, variables: Any, state: Any) -> Any:
        def pure(values: Any) -> Any:
            return _purely(function, state, zip(variables, values, strict=True))

        value, back, assigned = jax.vjp(pure, [each.value for each in variables], has_aux=True)
        _assign(state, assigned, but=variables)
        return value, lambda gradient: back(gradient)[0]

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

    def _trace(function: Any, state: Any) -> None:
        def traced() -> Any:
            _, assigned = _purely(function, state)
            return assigned

        jax.eval_shape(traced)

    _assign_all = _each_by_itself

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

"""A Keras model and a PyTorch module with the same weights, compared in values, first and second derivatives."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import keras
import numpy as np
import torch
from keras import ops
from torch import nn

from steadygan.keras.gradients import BACKEND, gradients, input_gradients

Array = np.ndarray[Any, np.dtype[Any]]


class Pair(NamedTuple):
    """One weight on both sides.

    Attributes:
        mine: a Keras variable.
        owner: the module that has the tensor; of which the tensor itself may be another after a change of dtype.
        name: of the tensor there.
        layout: from the module's layout to Keras'.
    """

    mine: Any
    owner: nn.Module
    name: str
    layout: Callable[[Array], Array] = lambda array: array

    @property
    def theirs(self) -> torch.Tensor:
        return getattr(self.owner, self.name)


def copied(pairs: Iterable[Pair]) -> list[Pair]:
    """The pairs, after the module's numbers were put into the Keras variables."""
    kept = list(pairs)
    for pair in kept:
        pair.mine.assign(pair.layout(pair.theirs.detach().numpy()))
    return kept


class ChannelsFirst(nn.Module):
    """Runs a module on maps with channels last."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.ndim < 3:
            return self.module(x)
        return self.module(x.movedim(-1, 1)).movedim(1, -1)


def compiled(function: Callable[[], Any], variables: list[Any]) -> Any:
    """What a function of no arguments returns when it is compiled, with the variables that it assigns."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.function(function)()
    if BACKEND == "torch":
        return function()
    import jax

    def pure(values: list[Any]) -> Any:
        with keras.StatelessScope(list(zip(variables, values, strict=True))) as scope:
            result = function()
        return result, [scope.get_current_value(each) for each in variables]

    result, assigned = jax.jit(pure)([each.value for each in variables])
    for variable, value in zip(variables, assigned, strict=True):
        variable.assign(value)
    return result


def of_keras(model: Any, x: Array) -> tuple[Array, list[Array]]:
    """Outputs in training mode, and the gradient of their squares and slopes for each trainable weight."""

    def loss(_: list[Any]) -> Any:
        images = ops.convert_to_tensor(x)

        def bent(given: list[Any]) -> tuple[Any, Any]:
            outputs = model(given[0], training=True)
            return ops.sum(ops.tanh(outputs)), outputs

        _, outputs, (slope,) = input_gradients(bent, [images], model.variables)
        return ops.mean(ops.square(outputs)) + ops.sum(ops.square(slope)) / len(x), outputs

    def step() -> Any:
        return gradients(loss, model.trainable_variables, [], model.variables)[1:3]

    outputs, found = compiled(step, model.variables)
    return ops.convert_to_numpy(outputs), [ops.convert_to_numpy(each) for each in found]


def of_torch(module: nn.Module, x: Array) -> tuple[Array, dict[int, Array]]:
    """The same of a module, in float64; gradients by the id of the parameter."""
    parameters = list(module.parameters())
    module.double().train()
    images = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    outputs = module(images)
    (slope,) = torch.autograd.grad(outputs.tanh().sum(), images, create_graph=True)
    loss = outputs.square().mean() + slope.square().sum() / len(x)
    found = torch.autograd.grad(loss, parameters, materialize_grads=True)
    return outputs.detach().numpy(), {id(each): grad.numpy() for each, grad in zip(parameters, found, strict=True)}


def assert_twins(model: Any, module: nn.Module, pairs: list[Pair], x: Array, tolerance: float = 2e-5) -> None:
    """Both give the same values and gradients, compiled, and the same of what is not trained afterwards."""
    mine, found = of_keras(model, x)
    theirs, expected = of_torch(module, x)
    np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance)
    # Some gradients are 0 but for rounding, so the largest of all says what is small.
    least = tolerance * max(float(np.abs(each).max()) for each in expected.values())
    trained = {id(variable): gradient for variable, gradient in zip(model.trainable_variables, found, strict=True)}
    assert len(trained) == len(list(module.parameters()))
    for pair in pairs:
        if id(pair.mine) not in trained:
            close(pair.mine, pair.layout(pair.theirs.numpy()), tolerance)
            continue
        wanted = pair.layout(expected[id(pair.theirs)])
        np.testing.assert_allclose(trained[id(pair.mine)], wanted, rtol=10 * tolerance, atol=least)


def close(mine: Any, theirs: Any, tolerance: float = 1e-6) -> None:
    """Two tensors or arrays, of either framework, are the same."""
    np.testing.assert_allclose(array(mine), array(theirs), rtol=tolerance, atol=tolerance)


def array(given: Any) -> Array:
    if isinstance(given, np.ndarray):
        return given
    if isinstance(given, torch.Tensor):
        return given.detach().cpu().float().numpy()
    return np.array(ops.convert_to_numpy(given))


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")

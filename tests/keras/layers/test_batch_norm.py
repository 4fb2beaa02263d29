from typing import Any

import numpy as np
import pytest
import torch

keras = pytest.importorskip("keras")

from keras import ops

from steadygan.keras.layers import BatchNormalization
from tests.keras.twins import ChannelsFirst, Pair, assert_twins, close, copied, normal


def twins(shape: tuple[int, ...], **arguments: Any) -> tuple[Any, torch.nn.Module, list[Pair]]:
    """Normalisation after what is not linear: else the slopes of a batch add up to 0, which hides errors."""
    layer, dense = BatchNormalization(**arguments), keras.layers.Dense(3)
    model = keras.Sequential([keras.Input(shape), dense, keras.layers.Activation("softplus"), layer])
    kind = torch.nn.BatchNorm1d if len(shape) == 1 else torch.nn.BatchNorm2d
    module, linear = kind((None, *shape)[layer.axis]), torch.nn.Linear(shape[-1], 3)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, 1.0)
    pairs = [
        Pair(dense.kernel, linear, "weight", np.transpose),
        Pair(dense.bias, linear, "bias"),
        Pair(layer.gamma, module, "weight"),
        Pair(layer.beta, module, "bias"),
        Pair(layer.moving_mean, module, "running_mean"),
        Pair(layer.moving_variance, module, "running_var"),
    ]
    last = module if layer.axis == 1 else ChannelsFirst(module)
    return model, torch.nn.Sequential(linear, torch.nn.Softplus(), last), copied(pairs)


@pytest.mark.parametrize("shape", [(3,), (4, 5, 3)])
def test_values_derivatives_and_running_statistics_are_those_of_torch(shape: tuple[int, ...]) -> None:
    model, module, pairs = twins(shape, unbiased=True)
    x = normal(6, *shape) * 2 + 1
    assert_twins(model, module, pairs, x)
    close(model(x, training=False), module.float().eval()(torch.tensor(x)), 1e-5)


def test_channels_may_come_first() -> None:
    model, module, pairs = twins((3, 4, 3), unbiased=True, axis=1)
    assert_twins(model, module, pairs, normal(6, 3, 4, 3))


def test_the_biased_running_variance_is_that_of_keras() -> None:
    x = normal(5, 3)
    mine, theirs = BatchNormalization(), keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    close(mine(x, training=True), theirs(x, training=True))
    for one, other in zip(mine.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert [each.name for each in mine.weights] == ["gamma", "beta", "moving_mean", "moving_variance"]


def test_a_layer_that_is_not_trainable_runs_in_inference_mode() -> None:
    layer, x = BatchNormalization(), normal(5, 3) + 2
    layer.build(x.shape)
    layer.trainable = False
    before = layer.get_weights()
    close(layer(x, training=True), x, 1e-4)
    assert all(np.array_equal(one, other) for one, other in zip(before, layer.get_weights(), strict=True))


def test_statistics_of_half_precision_are_computed_in_float32() -> None:
    layer = BatchNormalization(dtype="mixed_bfloat16")
    x = ops.cast(1000 + normal(64, 2), "bfloat16")
    made = layer(x, training=True)
    assert keras.backend.standardize_dtype(made.dtype) == "bfloat16"
    close(layer.moving_mean, 0.1 * np.asarray(ops.convert_to_numpy(ops.mean(ops.cast(x, "float32"), 0))), 1e-5)


def test_a_mask_is_refused() -> None:
    layer = BatchNormalization()
    with pytest.raises(ValueError, match="takes no mask"):
        layer(normal(2, 3, 4), training=True, mask=ops.ones((2, 3), "bool"))


@pytest.mark.parametrize("axis", [-1, 1, 2])
def test_any_axis_may_hold_the_features(axis: int) -> None:
    layer, x = BatchNormalization(axis=axis, center=False, scale=False), normal(4, 3, 3, 3) * 2 + 1
    others = tuple(each for each in range(4) if each != axis % 4)
    mean, variance = x.mean(others, keepdims=True), x.var(others, keepdims=True)
    close(layer(x, training=True), (x - mean) / np.sqrt(variance + 1e-5), 1e-5)
    close(layer.moving_mean, 0.1 * mean.ravel(), 1e-6)
    close(layer.moving_variance, 0.9 + 0.1 * variance.ravel(), 1e-5)


def test_a_single_value_of_each_feature_becomes_the_shift() -> None:
    layer = BatchNormalization(unbiased=True, beta_initializer="ones")
    close(layer(normal(1, 3), training=True), np.ones((1, 3)))

"""Spectral normalisation and the equalised learning rate against PyTorch's and the package's own."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

keras = pytest.importorskip("keras")

from keras import layers, ops

from steadygan.keras.layers import EqualisedLearningRate, SpectralNormalization, refresh
from steadygan.layers import equalised_lr
from tests.keras.twins import Array, ChannelsFirst, Pair, array, assert_twins, close, copied, normal

EXTRA = "parametrizations.weight"


def convolution(weight: Array) -> Array:
    """[O, C, ...] to [..., C, O], or [C, O, ...] of a transposed one to [..., O, C]."""
    return np.transpose(weight, (*range(2, weight.ndim), 1, 0))


def depthwise(weight: Array) -> Array:
    """[C·M, 1, K, K] to [K, K, C, M]."""
    return np.transpose(weight.reshape(3, 2, *weight.shape[2:]), (2, 3, 0, 1))


KINDS: dict[str, tuple[Any, Any, tuple[int, ...], Any]] = {
    "dense": (lambda: layers.Dense(4), lambda: nn.Linear(7, 4), (7,), np.transpose),
    "1d": (lambda: layers.Conv1D(4, 3), lambda: nn.Conv1d(3, 4, 3), (6, 3), convolution),
    "2d": (lambda: layers.Conv2D(4, 3, strides=2), lambda: nn.Conv2d(3, 4, 3, 2), (6, 5, 3), convolution),
    "grouped": (lambda: layers.Conv2D(4, 3, groups=2), lambda: nn.Conv2d(6, 4, 3, groups=2), (5, 5, 6), convolution),
    "transposed": (
        lambda: layers.Conv2DTranspose(5, 4, strides=2),
        lambda: nn.ConvTranspose2d(3, 5, 4, 2),
        (4, 3, 3),
        convolution,
    ),
    "depthwise": (
        lambda: layers.DepthwiseConv2D(3, depth_multiplier=2),
        lambda: nn.Conv2d(3, 6, 3, groups=3),
        (5, 5, 3),
        depthwise,
    ),
}


def twins(kind: str, wrapper: Any, change: Any) -> tuple[Any, nn.Module, list[Pair], Array]:
    make, of_torch, shape, layout = KINDS[kind]
    wrapped = wrapper(make())
    model = keras.Sequential([keras.Input(shape), wrapped])
    module = change(of_torch())
    pairs = [
        Pair(wrapped.trained, module.get_submodule(EXTRA), "original", layout),
        Pair(wrapped.layer.bias, module, "bias"),
    ]
    if wrapper is SpectralNormalization:
        inner = module.get_submodule(f"{EXTRA}.0")
        pairs += [Pair(wrapped.u, inner, "_u"), Pair(wrapped.v, inner, "_v")]
    return model, module, copied(pairs), normal(5, *shape)


@pytest.mark.parametrize("kind", ["dense", "2d", "transposed"])
def test_spectral_normalisation_is_that_of_torch_with_its_derivatives(kind: str) -> None:
    model, module, pairs, x = twins(kind, SpectralNormalization, spectral_norm)
    assert_twins(model, ChannelsFirst(module), pairs, x)


@pytest.mark.parametrize("kind", list(KINDS))
def test_it_stays_so_while_the_kernel_moves(kind: str) -> None:
    model, module, pairs, x = twins(kind, SpectralNormalization, spectral_norm)
    module.train()
    for step in range(3):
        for pair in pairs[:2]:
            with torch.no_grad():
                pair.theirs.add_(0.3 * torch.tensor(normal(*pair.theirs.shape, seed=step)))
            pair.mine.assign(pair.layout(pair.theirs.detach().numpy()))
        close(model(x, training=True), ChannelsFirst(module)(torch.tensor(x)), 1e-5)
    module.eval()
    before = array(pairs[2].mine)
    close(model(x, training=False), ChannelsFirst(module)(torch.tensor(x)), 1e-5)
    assert np.array_equal(before, array(pairs[2].mine))


def test_an_embedding_is_normalised_as_in_torch() -> None:
    wrapped = SpectralNormalization(layers.Embedding(6, 3), iterations=2)
    wrapped.build((None,))
    module = spectral_norm(nn.Embedding(6, 3), n_power_iterations=2)
    inner = module.get_submodule(f"{EXTRA}.0")
    original = Pair(wrapped.trained, module.get_submodule(EXTRA), "original")
    copied([original, Pair(wrapped.u, inner, "_u"), Pair(wrapped.v, inner, "_v")])
    labels = np.array([0, 5, 2])
    close(wrapped(labels, training=True), module(torch.tensor(labels)), 1e-6)


def test_the_first_estimate_is_near_the_largest_singular_value() -> None:
    wrapped = SpectralNormalization(layers.Dense(30))
    wrapped.build((None, 20))
    exact = float(np.linalg.svd(array(wrapped.trained), compute_uv=False)[0])
    effective = array(wrapped(np.eye(20, dtype="float32"), training=False))
    assert float(np.linalg.svd(effective, compute_uv=False)[0]) == pytest.approx(1, rel=0.02)
    assert exact > 1.2


def test_refreshing_finds_the_singular_values_of_weights_that_were_put_in() -> None:
    model = keras.Sequential(
        [keras.Input((6, 6, 2)), SpectralNormalization(layers.Conv2D(4, 3)), layers.Flatten(), layers.Dense(1)]
    )
    wrapped = model.layers[0]
    wrapped.trained.assign(normal(3, 3, 2, 4, seed=8))
    refresh(model, iterations=60)
    matrix = array(wrapped.trained).transpose(3, 2, 0, 1).reshape(4, -1)
    sigma = array(wrapped.u) @ matrix @ array(wrapped.v)
    assert float(sigma) == pytest.approx(float(np.linalg.svd(matrix, compute_uv=False)[0]), rel=1e-5)


@pytest.mark.parametrize("kind", ["dense", "2d", "transposed"])
def test_the_equalised_rate_is_that_of_the_package(kind: str) -> None:
    model, module, pairs, x = twins(kind, EqualisedLearningRate, equalised_lr)
    assert_twins(model, ChannelsFirst(module), pairs, x, tolerance=5e-5)


def test_the_equalised_kernel_starts_from_a_standard_normal_and_the_bias_from_0() -> None:
    wrapped = EqualisedLearningRate(layers.Conv2D(64, 3, kernel_initializer="zeros", bias_initializer="ones"))
    wrapped.build((None, 8, 8, 16))
    kernel = array(wrapped.trained)
    assert (kernel.mean(), kernel.std()) == (pytest.approx(0, abs=0.05), pytest.approx(1, abs=0.05))
    assert not array(wrapped.layer.bias).any()


def test_the_trained_kernel_stays_as_it_is_in_a_compiled_step() -> None:
    model = keras.Sequential([keras.Input((5,)), SpectralNormalization(layers.Dense(3)), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    before = [array(each) for each in model.trainable_variables]
    u = array(model.layers[0].u)
    model.layers[0].trained.assign(before[0] + normal(5, 3))
    kernel = array(model.layers[0].trained)
    model.train_on_batch(normal(4, 5), np.ones((4, 1)))
    assert np.array_equal(array(model.layers[0].trained), kernel)
    assert not np.array_equal(array(model.layers[0].u), u)
    assert model.layers[0].layer.kernel.name == "kernel"


def test_two_passes_of_one_step_can_be_differentiated_together() -> None:
    from steadygan.keras.gradients import gradients

    model = keras.Sequential([keras.Input((5,)), SpectralNormalization(layers.Dense(3))])

    def loss(_: list[Any]) -> Any:
        real, fake = model(normal(4, 5), training=True), model(normal(4, 5, seed=1), training=True)
        still = model(normal(4, 5, seed=2), training=False)
        return ops.mean(real) - ops.mean(fake * still), None

    found = gradients(loss, model.trainable_variables, [], model.variables)[2]
    assert all(np.isfinite(array(each)).all() for each in found)


@pytest.mark.parametrize("wrapper", [SpectralNormalization, EqualisedLearningRate])
def test_mixed_precision_rescales_the_kernel_in_float32(wrapper: Any) -> None:
    policy = keras.dtype_policies.DTypePolicy("mixed_bfloat16")
    wrapped = wrapper(layers.Dense(3, dtype=policy))
    model = keras.Sequential([keras.Input((5,)), wrapped, layers.Activation("tanh", dtype=policy)])
    made = model(normal(4, 5), training=True)
    assert keras.backend.standardize_dtype(made.dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(wrapped.trained.dtype) == "float32"
    if wrapper is SpectralNormalization:
        matrix = array(wrapped.trained).T
        u = matrix @ array(wrapped.v)
        close(array(wrapped.v), matrix.T @ array(wrapped.u) / np.linalg.norm(matrix.T @ array(wrapped.u)), 1e-6)
        assert u.dtype == np.float32


class Late(keras.Model):
    """Makes its layers' weights when it is first trained, where Keras traces it symbolically."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = SpectralNormalization(layers.Dense(3))
        self.last = EqualisedLearningRate(layers.Dense(1))

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return self.last(self.hidden(inputs, training=training))


def test_weights_may_be_made_as_late_as_in_the_first_step() -> None:
    model = Late()
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.train_on_batch(normal(4, 5), np.ones((4, 1)))
    matrix = array(model.hidden.trained).T
    sigma = float(array(model.hidden.u) @ matrix @ array(model.hidden.v))
    assert sigma == pytest.approx(float(np.linalg.svd(matrix, compute_uv=False)[0]), rel=0.01)


def test_what_has_no_single_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match="was given SeparableConv2D"):
        SpectralNormalization(layers.SeparableConv2D(3, 3))
    with pytest.raises(ValueError, match="leave it bare"):
        EqualisedLearningRate(layers.Embedding(3, 3))
    with pytest.raises(ValueError, match="at least 1 iteration"):
        SpectralNormalization(layers.Dense(3), iterations=0)

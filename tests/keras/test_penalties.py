"""The penalties against the package's own, in values and in gradients for the weights."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

keras = pytest.importorskip("keras")

from keras import layers, ops

from steadygan.heuristics import penalties as of_torch
from steadygan.keras import penalties
from steadygan.keras.gradients import gradients
from steadygan.keras.layers import BatchNormalization
from tests.keras.twins import Array, ChannelsFirst, Pair, array, compiled, copied, normal

IMAGES = normal(6, 5, 5, 2)
FAKES = normal(6, 5, 5, 2, seed=1)


def twins(normalised: bool = False, answers: int = 1) -> tuple[Any, nn.Module, list[Pair]]:
    convolution, dense = layers.Conv2D(3, 3), layers.Dense(answers)
    first, last = nn.Conv2d(2, 3, 3), nn.Linear(27, answers)
    bent = layers.Activation("softplus")
    model = keras.Sequential(
        [
            keras.Input((5, 5, 2)),
            convolution,
            bent,
            *([BatchNormalization()] if normalised else []),
            layers.Flatten(),
            dense,
        ]
    )
    inner = ChannelsFirst(nn.Sequential(first, nn.Softplus(), *([nn.BatchNorm2d(3)] if normalised else [])))
    pairs = [
        Pair(convolution.kernel, first, "weight", lambda each: each.transpose(2, 3, 1, 0)),
        Pair(convolution.bias, first, "bias"),
        Pair(dense.kernel, last, "weight", np.transpose),
        Pair(dense.bias, last, "bias"),
    ]
    return model, nn.Sequential(inner, nn.Flatten(), last).train(), copied(pairs)


def of_keras(penalty: Any, model: Any) -> tuple[Array, list[Array]]:
    """A penalty, and the gradients of its mean for the weights, compiled."""

    def loss(_: list[Any]) -> Any:
        values = penalty()
        return ops.mean(values), values

    def step() -> Any:
        return gradients(loss, model.trainable_variables, [], model.variables)[1:3]

    values, found = compiled(step, model.variables)
    return array(values), [array(each) for each in found]


def assert_same(penalty: Any, theirs: torch.Tensor, model: Any, pairs: list[Pair]) -> None:
    values, found = of_keras(penalty, model)
    np.testing.assert_allclose(values, theirs.detach().numpy(), rtol=1e-4, atol=1e-6)
    trained = {id(each): gradient for each, gradient in zip(model.trainable_variables, found, strict=True)}
    wanted = torch.autograd.grad(theirs.mean(), [pair.theirs for pair in pairs], materialize_grads=True)
    for pair, gradient in zip(pairs, wanted, strict=True):
        np.testing.assert_allclose(trained[id(pair.mine)], pair.layout(gradient.numpy()), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("normalised", [False, True])
def test_r1_is_that_of_the_package(normalised: bool) -> None:
    model, module, pairs = twins(normalised)
    real = torch.tensor(IMAGES, requires_grad=True)
    theirs = of_torch.r1_penalty(module(real), real, 2.0)
    assert_same(lambda: penalties.r1_penalty(model, IMAGES, 2.0), theirs, model, pairs)


def test_r2_averages_the_patches_of_an_image() -> None:
    model, module, pairs = twins(answers=3)
    fake = torch.tensor(FAKES, requires_grad=True)
    theirs = of_torch.r2_penalty(module(fake), fake)
    assert_same(lambda: penalties.r2_penalty(model, FAKES), theirs, model, pairs)


def test_a_pack_of_images_is_one_input() -> None:
    model, module, pairs = twins()
    real = torch.tensor(IMAGES, requires_grad=True)
    theirs = of_torch.r1_penalty(module(real).reshape(3, 2).sum(1), real)

    def packed(images: Any) -> Any:
        return ops.sum(ops.reshape(model(images, training=True), (3, 2)), axis=1)

    assert_same(lambda: penalties.r1_penalty(packed, IMAGES, state=model.variables), theirs, model, pairs)


def test_the_gradient_penalty_is_that_of_the_package_at_equal_points(monkeypatch: pytest.MonkeyPatch) -> None:
    model, module, pairs = twins()
    share = np.linspace(0, 1, 6, dtype="float32")[:, None, None, None]
    monkeypatch.setattr(keras.random, "uniform", lambda *_, **__: ops.convert_to_tensor(share))
    monkeypatch.setattr(torch, "rand", lambda *_, **__: torch.tensor(share))
    theirs = of_torch.gradient_penalty(module, torch.tensor(IMAGES), torch.tensor(FAKES), 5.0, 0.5)
    mine = lambda: penalties.gradient_penalty(model, IMAGES, FAKES, 5.0, 0.5)  # noqa: E731
    assert_same(mine, theirs, model, pairs)


def test_dragan_is_that_of_the_package_at_equal_points(monkeypatch: pytest.MonkeyPatch) -> None:
    model, module, pairs = twins()
    share = np.linspace(0, 1, 6, dtype="float32")[:, None, None, None]
    monkeypatch.setattr(keras.random, "uniform", lambda *_, **__: ops.convert_to_tensor(share))
    monkeypatch.setattr(torch, "rand", lambda *_, **__: torch.tensor(share))
    monkeypatch.setattr(torch, "rand_like", lambda *_, **__: torch.tensor(share))
    theirs = of_torch.dragan_penalty(module, torch.tensor(IMAGES), spread=0.7)
    assert_same(lambda: penalties.dragan_penalty(model, IMAGES, spread=0.7), theirs, model, pairs)


def test_points_lie_on_the_lines_between_and_noise_is_as_large_as_the_spread() -> None:
    points = array(penalties.between(IMAGES, FAKES))
    shares = (points - IMAGES) / (FAKES - IMAGES)
    np.testing.assert_allclose(shares, np.broadcast_to(shares[:, :1, :1, :1], shares.shape), atol=1e-3)
    assert len({round(float(each), 4) for each in shares[:, 0, 0, 0]}) == 6
    noise = array(penalties.perturbed(IMAGES, 0.5)) - IMAGES
    assert noise.min() >= -1e-6
    assert 0.8 < float(noise.max()) / (0.5 * IMAGES.std()) <= 1 + 1e-5


def test_a_slope_of_0_has_a_finite_gradient() -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1, kernel_initializer="zeros")])
    values, found = of_keras(lambda: penalties.gradient_penalty(model, normal(4, 3), normal(4, 3), seed=1), model)
    np.testing.assert_allclose(values, np.full(4, 10.0), rtol=1e-6)
    assert all(np.isfinite(each).all() for each in found)

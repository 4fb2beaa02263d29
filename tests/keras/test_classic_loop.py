"""The loop of most Keras tutorials: compile D, freeze it, compile G and D together, ``train_on_batch`` in turn."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import layers, ops

from steadygan.keras.frozen import frozen
from steadygan.keras.gradients import gradients

BATCH, LATENT = 8, 5
Freezing = Callable[[Any], AbstractContextManager[Any]]


def discriminator(normalised: bool) -> Any:
    hidden = [layers.Conv2D(4, 3, strides=2, padding="same"), layers.BatchNormalization(), layers.LeakyReLU(0.2)]
    if not normalised:
        del hidden[1]
    model = keras.Sequential([layers.Input((8, 8, 1)), *hidden, layers.Flatten(), layers.Dense(1, "sigmoid")])
    return compiled(model)


def generator() -> Any:
    return keras.Sequential([layers.Input((LATENT,)), layers.Dense(64, "tanh"), layers.Reshape((8, 8, 1))])


def compiled(model: Any) -> Any:
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5))
    return model


def images(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (BATCH, 8, 8, 1)).astype("float32")


def latents(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(BATCH, LATENT)).astype("float32")


def values(variables: Sequence[Any]) -> list[np.ndarray]:
    return [np.array(ops.convert_to_numpy(each.value)) for each in variables]


def moved(old: list[np.ndarray], new: list[np.ndarray]) -> bool:
    return any(not np.array_equal(*pair) for pair in zip(old, new, strict=True))


def step_of_d(g: Any, d: Any, seed: int) -> None:
    d.train_on_batch(images(seed), np.ones((BATCH, 1)))
    d.train_on_batch(g.predict_on_batch(latents(seed)), np.zeros((BATCH, 1)))


def loop(g: Any, d: Any, together: Any, freezing: Freezing) -> Iterator[tuple[bool, bool, bool, bool]]:
    """Train, and tell after each step whether weights of D and G moved in D's part, and those of D and G in G's."""
    of_d, of_g = [[each for each in model.variables if "moving" not in each.path] for model in (d, g)]
    for seed in range(3):
        before = values(of_d), values(of_g)
        step_of_d(g, d, seed)
        between = values(of_d), values(of_g)
        with freezing(d):
            together.train_on_batch(latents(100 + seed), np.ones((BATCH, 1)))
        after = values(of_d), values(of_g)
        yield tuple(moved(*each) for part in ((before, between), (between, after)) for each in zip(*part, strict=True))


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
@pytest.mark.parametrize("normalised", [False, True])
def test_to_the_letter_it_never_trains_the_discriminator(normalised: bool) -> None:
    g, d = generator(), discriminator(normalised)
    d.trainable = False
    before = values(d.variables)
    together = compiled(keras.Sequential([g, d]))
    assert list(loop(g, d, together, nullcontext)) == 3 * [(False, False, False, True)]
    assert not moved(before, values(d.variables)), "running statistics stand still as well"


@pytest.mark.parametrize("normalised", [False, True])
def test_frozen_for_the_step_of_the_generator_alone_both_train(normalised: bool) -> None:
    g, d = generator(), discriminator(normalised)
    together = compiled(keras.Sequential([g, d]))
    assert list(loop(g, d, together, frozen)) == 3 * [(True, False, False, True)]
    assert d.trainable


def test_the_generator_follows_the_gradient_through_the_discriminator_as_it_is_now() -> None:
    g, d = generator(), discriminator(False)
    together = keras.Sequential([g, d])
    together.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(1.0))
    step_of_d(g, d, 0)
    before, z = values(g.variables), latents(100)

    def loss(given: list[Any]) -> tuple[Any, None]:
        return -ops.mean(ops.log(d(g(given[0])))), None

    inputs = [ops.convert_to_tensor(z)]
    _, _, slopes, _ = gradients(loss, g.trainable_variables, inputs, [*g.variables, *d.variables])
    with frozen(d):
        together.train_on_batch(z, np.ones((BATCH, 1)))
    for old, new, slope in zip(before, values(g.variables), slopes, strict=True):
        assert np.abs(new - old).max() > 1e-3
        np.testing.assert_allclose(old - new, ops.convert_to_numpy(slope), rtol=1e-4, atol=1e-6)


def test_frozen_batch_normalisation_judges_by_the_batch_and_not_by_running_averages() -> None:
    """Unlike with ``trainable = False``, with which D in the generator's step is another function than in its own."""
    layer = layers.BatchNormalization()
    batch = ops.convert_to_tensor(np.random.default_rng(0).normal(5, 2, (64, 3)).astype("float32"))
    layer.build(batch.shape)
    with frozen(layer):
        assert abs(float(ops.mean(layer(batch, training=True)))) < 1e-3
    layer.trainable = False
    assert float(ops.mean(layer(batch, training=True))) > 4

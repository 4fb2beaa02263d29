"""The loop of most Keras tutorials: compile D, freeze it, compile G and D together, ``train_on_batch`` in turn."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import layers, ops

from steadygan.keras.frozen import frozen
from steadygan.keras.gradients import gradients

BATCH, LATENT, RATE = 8, 5, 2e-4
Freezing = Callable[[Any], AbstractContextManager[Any]]


def adam() -> Any:
    return keras.optimizers.Adam(RATE, beta_1=0.5)


def discriminator(normalised: bool) -> Any:
    hidden = [layers.Conv2D(4, 3, strides=2, padding="same"), layers.BatchNormalization(), layers.LeakyReLU(0.2)]
    if not normalised:
        del hidden[1]
    model = keras.Sequential([layers.Input((8, 8, 1)), *hidden, layers.Flatten(), layers.Dense(1, "sigmoid")])
    model.compile(loss="binary_crossentropy", optimizer=adam())
    return model


def generator() -> Any:
    return keras.Sequential([layers.Input((LATENT,)), layers.Dense(64, "tanh"), layers.Reshape((8, 8, 1))])


def images(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (BATCH, 8, 8, 1)).astype("float32")


def latents(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(BATCH, LATENT)).astype("float32")


def weights(model: Any) -> list[np.ndarray]:
    return [np.array(each) for each in model.get_weights()]


def moved(model: Any, before: list[np.ndarray]) -> bool:
    return any(not np.array_equal(old, new) for old, new in zip(before, weights(model), strict=True))


def both(g: Any, d: Any, freezing: Freezing) -> Any:
    with freezing(d):
        model = keras.Sequential([layers.Input((LATENT,)), g, d])
        model.compile(loss="binary_crossentropy", optimizer=adam())
    return model


def step_of_d(g: Any, d: Any, seed: int) -> None:
    d.train_on_batch(images(seed), np.ones((BATCH, 1)))
    d.train_on_batch(g.predict_on_batch(latents(seed)), np.zeros((BATCH, 1)))


def loop(g: Any, d: Any, together: Any, freezing: Freezing) -> Iterator[tuple[bool, bool, bool, bool]]:
    """Train, and tell after each step whether D and G moved in D's part, and D and G in G's part."""
    for seed in range(3):
        old_d, old_g = weights(d), weights(g)
        step_of_d(g, d, seed)
        first = moved(d, old_d), moved(g, old_g)
        old_d, old_g = weights(d), weights(g)
        with freezing(d):
            together.train_on_batch(latents(100 + seed), np.ones((BATCH, 1)))
        yield *first, moved(d, old_d), moved(g, old_g)


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
@pytest.mark.parametrize("normalised", [False, True])
def test_to_the_letter_it_never_trains_the_discriminator(normalised: bool) -> None:
    g, d = generator(), discriminator(normalised)
    d.trainable = False
    before = weights(d)
    assert list(loop(g, d, both(g, d, nullcontext), nullcontext)) == 3 * [(False, False, False, True)]
    assert not moved(d, before)


@pytest.mark.parametrize("normalised", [False, True])
def test_frozen_for_the_step_of_the_generator_alone_both_train(normalised: bool) -> None:
    g, d = generator(), discriminator(normalised)
    assert list(loop(g, d, both(g, d, frozen), frozen)) == 3 * [(True, False, False, True)]
    assert d.trainable


def test_it_does_not_matter_whether_it_is_frozen_while_the_two_are_compiled() -> None:
    g, d = generator(), discriminator(False)
    assert list(loop(g, d, both(g, d, nullcontext), frozen)) == 3 * [(True, False, False, True)]


def test_the_generator_follows_the_gradient_through_the_discriminator_as_it_is_now() -> None:
    g, d = generator(), discriminator(False)
    together = both(g, d, frozen)
    together.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(1.0))
    step_of_d(g, d, 0)
    before, z = weights(g), latents(100)

    def loss() -> tuple[Any, None]:
        return -ops.mean(ops.log(d(g(ops.convert_to_tensor(z))))), None

    _, _, slopes = gradients(loss, g.trainable_variables, [*g.variables, *d.variables])
    with frozen(d):
        together.train_on_batch(z, np.ones((BATCH, 1)))
    for old, new, slope in zip(before, weights(g), slopes, strict=True):
        assert np.abs(new - old).max() > 1e-3
        np.testing.assert_allclose(old - new, ops.convert_to_numpy(slope), rtol=1e-4, atol=1e-6)

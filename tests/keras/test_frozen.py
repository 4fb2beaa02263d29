"""Who moves in which step of a hand-written loop."""

import warnings
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import layers

from steadygan.keras.frozen import frozen
from tests.keras.twins import array, normal

IMAGES, LATENTS, REAL = normal(8, 6), normal(8, 3), np.ones((8, 1))


def pair() -> tuple[Any, Any, Any]:
    discriminator = keras.Sequential(
        [keras.Input((6,)), layers.Dense(5), layers.BatchNormalization(momentum=0.5), layers.Dense(1)]
    )
    generator = keras.Sequential([keras.Input((3,)), layers.Dense(6)])
    combined = keras.Sequential([keras.Input((3,)), generator, discriminator])
    for model in (discriminator, combined):
        model.compile(keras.optimizers.SGD(0.1), "mse")
    return generator, discriminator, combined


def trained(model: Any) -> list[Any]:
    return [array(each) for each in model.trainable_variables]


def moved(before: list[Any], after: list[Any]) -> list[bool]:
    return [not np.array_equal(one, other) for one, other in zip(before, after, strict=True)]


def test_each_step_moves_its_own_player_over_several_rounds() -> None:
    generator, discriminator, combined = pair()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for _ in range(3):
            mine, theirs = trained(discriminator), trained(generator)
            discriminator.train_on_batch(IMAGES, REAL)
            assert any(moved(mine, trained(discriminator)))
            assert not any(moved(theirs, trained(generator)))
            mine = trained(discriminator)
            with frozen(discriminator):
                combined.train_on_batch(LATENTS, REAL)
            assert not any(moved(mine, trained(discriminator)))
            assert any(moved(theirs, trained(generator)))


def test_batch_norm_runs_in_training_mode_while_frozen() -> None:
    generator, discriminator, combined = pair()
    norm = discriminator.layers[1]
    before = array(norm.moving_mean)
    x = array(discriminator.layers[0](generator(LATENTS)))
    normal_x = (x - x.mean(0)) / np.sqrt(x.var(0) + norm.epsilon)
    kernel, bias = (array(each) for each in discriminator.layers[2].weights)
    expected = float(np.square(normal_x @ kernel + bias - 1).mean())
    with frozen(discriminator):
        loss = combined.train_on_batch(LATENTS, REAL)
    assert float(loss) == pytest.approx(expected, rel=1e-3)
    np.testing.assert_allclose(array(norm.moving_mean), 0.5 * before + 0.5 * x.mean(0), atol=1e-5)


def test_flags_are_as_before_afterwards_even_after_an_error() -> None:
    _, discriminator, _ = pair()
    discriminator.layers[0].trainable = False
    before = [each.trainable for each in discriminator.variables]
    with frozen(discriminator):
        assert not discriminator.trainable_variables
    assert [each.trainable for each in discriminator.variables] == before
    with pytest.raises(KeyError), frozen(discriminator):
        raise KeyError
    assert [each.trainable for each in discriminator.variables] == before
    assert discriminator.trainable


def test_a_model_without_weights_is_refused() -> None:
    model = keras.Sequential([layers.Dense(1)])
    with pytest.raises(ValueError, match="has no weights yet to be frozen"), frozen(model):
        pass

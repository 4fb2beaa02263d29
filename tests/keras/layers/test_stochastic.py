from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from steadygan.keras.layers import GaussianNoise, GeneratorDropout, InstanceNoise
from tests.keras.twins import array

ONES = np.ones((200, 50), "float32")


@pytest.mark.parametrize("training", [False, True])
def test_dropout_stays_on(training: bool) -> None:
    made = array(GeneratorDropout(0.25)(ONES, training=training))
    assert float((made == 0).mean()) == pytest.approx(0.25, abs=0.02)
    np.testing.assert_allclose(made[made != 0], 1 / 0.75, rtol=1e-6)


@pytest.mark.parametrize("training", [False, True])
def test_noise_stays_on(training: bool) -> None:
    made = array(GaussianNoise(0.3)(ONES, training=training)) - 1
    assert (made.mean(), made.std()) == (pytest.approx(0, abs=0.02), pytest.approx(0.3, rel=0.03))


@pytest.mark.parametrize("make", [GeneratorDropout, GaussianNoise, lambda: InstanceNoise(images=1000)])
def test_random_numbers_go_on_where_they_were_when_a_model_is_loaded(make: Any, tmp_path: Any) -> None:
    model = keras.Sequential([keras.Input((6,)), make()])
    x = np.ones((4, 6), "float32")
    first = array(model(x, training=True))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    second = array(model(x, training=True))
    assert not np.array_equal(first, second)
    assert np.array_equal(array(again(x, training=True)), second)


def test_seeds_give_the_same_numbers() -> None:
    x = np.ones((4, 6), "float32")
    for make in (lambda: GaussianNoise(seed=3), lambda: GeneratorDropout(seed=3)):
        assert np.array_equal(array(make()(x)), array(make()(x)))


def test_instance_noise_fades_over_the_images_seen() -> None:
    layer = InstanceNoise(stddev=0.5, images=400)
    for expected in (0.5, 0.25, 0.0, 0.0):
        made = array(layer(ONES, training=True)) - 1
        assert float(made.std()) == pytest.approx(expected, rel=0.03)
    assert int(array(layer.images_seen)) == 400


def test_instance_noise_rests_outside_of_training() -> None:
    layer = InstanceNoise()
    assert np.array_equal(array(layer(ONES, training=False)), ONES)
    assert int(array(layer.images_seen)) == 0


def test_instance_noise_counts_in_compiled_steps() -> None:
    model = keras.Sequential([keras.Input((3,)), InstanceNoise(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    for _ in range(2):
        model.train_on_batch(np.ones((5, 3)), np.ones((5, 1)))
    model.predict(np.ones((5, 3)), verbose=0)
    assert int(array(model.layers[0].images_seen)) == 10


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GeneratorDropout(1.0), "must be in"),
        (lambda: GaussianNoise(-1.0), "at least 0"),
        (lambda: InstanceNoise(images=0), "at least 1"),
    ],
)
def test_impossible_amounts_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()

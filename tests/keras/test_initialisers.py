from typing import Any

import numpy as np
import pytest
import torch

keras = pytest.importorskip("keras")

from keras import layers

from steadygan.keras.initialisers import ICNR, FreshNormal, normal
from steadygan.layers.resample import checkerboard_free_kernel
from tests.keras.twins import array


def test_layers_that_share_an_initialiser_start_from_different_weights() -> None:
    shared = normal()
    first, second = (layers.Dense(30, kernel_initializer=shared) for _ in range(2))
    for layer in (first, second):
        layer.build((None, 40))
    assert not np.array_equal(array(first.kernel), array(second.kernel))
    assert float(array(first.kernel).std()) == pytest.approx(0.02, rel=0.1)
    assert float(array(normal(0.1, mean=1.0)((50, 50))).mean()) == pytest.approx(1, abs=0.01)


def test_weights_are_reproducible_under_a_seed() -> None:
    drawn = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        drawn.append(array(normal()((4, 5))))
    assert np.array_equal(*drawn)


def test_initialisers_are_made_again_from_their_configuration() -> None:
    for each in (FreshNormal(0.3, 1.0), ICNR("transposed", "glorot_uniform"), ICNR("pixel-shuffle")):
        again = keras.initializers.deserialize(keras.initializers.serialize(each))
        assert type(again) is type(each)
        assert keras.initializers.serialize(again) == keras.initializers.serialize(each)


class Given(keras.initializers.Initializer):
    """Hands out an array."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return keras.ops.convert_to_tensor(self.values)


def test_a_transposed_kernel_is_freed_of_the_checkerboard_as_in_the_package() -> None:
    values = np.random.default_rng(0).standard_normal((4, 4, 3, 2)).astype("float32")
    mine = array(ICNR("transposed", Given(values))((4, 4, 3, 2)))
    theirs = checkerboard_free_kernel(torch.tensor(values).permute(3, 2, 0, 1))
    np.testing.assert_allclose(mine, theirs.permute(2, 3, 1, 0).numpy(), atol=1e-6)


def test_the_pixels_of_a_square_start_from_the_same_weights() -> None:
    mine = array(ICNR("pixel-shuffle")((3, 3, 5, 8)))
    for pixel in range(1, 4):
        assert np.array_equal(mine[..., pixel::4], mine[..., ::4])
    assert not np.array_equal(mine[..., 0], mine[..., 4])


def test_other_modes_are_refused() -> None:
    with pytest.raises(ValueError, match="pixel-shuffle and transposed"):
        ICNR("nearest")  # type: ignore[arg-type]

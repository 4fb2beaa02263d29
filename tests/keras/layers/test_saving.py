"""Every layer goes through a file, a compiled step and mixed precision."""

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import layers

from steadygan.keras import layers as pieces
from steadygan.keras.initialisers import ICNR, normal
from tests.keras.twins import array
from tests.keras.twins import normal as numbers


def discriminator(policy: str) -> Any:
    shared = normal()
    with_policy: dict[str, Any] = {"dtype": keras.dtype_policies.DTypePolicy(policy)}
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            pieces.InstanceNoise(images=100, **with_policy),
            pieces.SpectralNormalization(layers.Conv2D(4, 4, 2, "same", kernel_initializer=shared, **with_policy)),
            pieces.BatchNormalization(unbiased=True, gamma_initializer=normal(mean=1.0), **with_policy),
            pieces.EqualisedLearningRate(layers.Conv2D(4, 3, **with_policy)),
            pieces.MinibatchStddev(2, **with_policy),
            layers.Flatten(**with_policy),
            pieces.MinibatchDiscrimination(3, 2, **with_policy),
            pieces.SpectralNormalization(layers.Dense(1, kernel_initializer=shared, **with_policy), iterations=2),
        ]
    )


def generator(policy: str) -> Any:
    with_policy: dict[str, Any] = {"dtype": keras.dtype_policies.DTypePolicy(policy)}
    network = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(4 * 4 * 2, **with_policy),
            pieces.VirtualBatchNormalization(**with_policy),
            pieces.GeneratorDropout(0.2, **with_policy),
            pieces.GaussianNoise(**with_policy),
            layers.Reshape((4, 4, 2), **with_policy),
            pieces.ReferenceBatchNormalization(center=False, **with_policy),
            layers.Conv2DTranspose(3, 4, 2, "same", kernel_initializer=ICNR("transposed"), **with_policy),
        ]
    )
    return pieces.WithReferenceBatch(network, numbers(6, 5))


@pytest.mark.parametrize(("make", "shape", "answer"), [(discriminator, (8, 8, 3), (1,)), (generator, (5,), (8, 8, 3))])
def test_models_of_the_pieces_train_and_go_on_from_a_file(make: Any, shape: Any, answer: Any, tmp_path: Any) -> None:
    model = make("float32")
    model.compile(keras.optimizers.Adam(1e-3), "mse")
    x, y = numbers(6, *shape), np.ones((6, *answer), "float32")
    losses = [float(model.train_on_batch(x, y)) for _ in range(2)]
    assert np.isfinite(losses).all()
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    for mine, loaded in zip(model.variables, again.variables, strict=True):
        assert np.array_equal(array(mine), array(loaded)), mine.path
    assert float(model.train_on_batch(x, y)) == float(again.train_on_batch(x, y))


@pytest.mark.parametrize(("make", "shape"), [(discriminator, (8, 8, 3)), (generator, (5,))])
def test_models_of_the_pieces_run_in_mixed_precision(make: Any, shape: Any) -> None:
    model = make("mixed_bfloat16")
    made = model(numbers(6, *shape), training=True)
    assert keras.backend.standardize_dtype(made.dtype) == "bfloat16"
    assert np.isfinite(array(keras.ops.cast(made, "float32"))).all()
    assert {keras.backend.standardize_dtype(each.dtype) for each in model.trainable_variables} == {"float32"}

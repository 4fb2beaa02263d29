from typing import Any

import numpy as np
import pytest
import torch

keras = pytest.importorskip("keras")

from steadygan.keras.layers import MinibatchDiscrimination, MinibatchStddev
from steadygan.keras.layers.minibatch import largest_divisor
from steadygan.layers import MinibatchDiscrimination as OfTorch
from steadygan.layers import MinibatchStddev as StddevOfTorch
from tests.keras.twins import ChannelsFirst, Pair, array, assert_twins, copied, normal, of_keras


def test_discrimination_is_that_of_the_package() -> None:
    layer = MinibatchDiscrimination(kernels=4, dimension=3)
    model = keras.Sequential([keras.Input((5,)), layer])
    module = OfTorch(5, 4, 3)
    assert_twins(model, module, copied([Pair(layer.tensor, module, "tensor")]), normal(6, 5))


def test_the_tensor_starts_with_columns_of_about_unit_length() -> None:
    layer = MinibatchDiscrimination()
    layer.build((None, 400))
    lengths = np.linalg.norm(array(layer.tensor), axis=0)
    assert lengths.shape == (100, 5)
    assert float(lengths.mean()) == pytest.approx(1, abs=0.02)


def test_maps_are_refused_before_discrimination() -> None:
    with pytest.raises(ValueError, match="put Flatten before it"):
        MinibatchDiscrimination()(normal(2, 3, 3, 1))


@pytest.mark.parametrize(("count", "group"), [(6, 4), (4, 4), (5, 4), (8, 3), (2, 4)])
@pytest.mark.parametrize("shape", [(3,), (4, 5, 3)])
def test_the_deviation_is_that_of_the_package(count: int, group: int, shape: tuple[int, ...]) -> None:
    model = keras.Sequential([keras.Input(shape), MinibatchStddev(group)])
    x = normal(count, *shape)
    theirs = ChannelsFirst(StddevOfTorch(group))(torch.tensor(x))
    np.testing.assert_allclose(array(model(x)), theirs.numpy(), atol=1e-6)


def test_channels_may_come_first() -> None:
    layer, x = MinibatchStddev(data_format="channels_first"), normal(6, 3, 4, 5)
    np.testing.assert_allclose(array(layer(x)), StddevOfTorch()(torch.tensor(x)).numpy(), atol=1e-6)


def test_the_deviation_can_be_differentiated_twice() -> None:
    dense, theirs = keras.layers.Dense(4), torch.nn.Linear(5, 4)
    model = keras.Sequential([keras.Input((5,)), dense, MinibatchStddev(3)])
    pairs = copied([Pair(dense.kernel, theirs, "weight", np.transpose), Pair(dense.bias, theirs, "bias")])
    assert_twins(model, torch.nn.Sequential(theirs, StddevOfTorch(3)), pairs, normal(6, 5))


def test_identical_images_have_a_finite_gradient() -> None:
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4), MinibatchStddev()])
    _, found = of_keras(model, np.ones((4, 5), "float32"))
    assert all(np.isfinite(each).all() for each in found)


@pytest.mark.parametrize("count", range(1, 13))
def test_groups_are_found_for_batches_of_any_size(count: int) -> None:
    expected = max(size for size in range(1, 5) if count % size == 0)
    made: Any = largest_divisor(keras.ops.convert_to_tensor(count), 4)
    assert (largest_divisor(count, 4), int(made)) == (expected, expected)


def test_batches_of_any_size_go_through_one_compiled_model() -> None:
    layer = MinibatchDiscrimination(2, 2)
    model = keras.Sequential([keras.Input((4, 4, 2)), MinibatchStddev(), keras.layers.Flatten(), layer])
    for count in (6, 5):
        x = normal(count, 4, 4, 2)
        made = model.predict(x, batch_size=count, verbose=0)
        np.testing.assert_allclose(made, array(model(x)), atol=1e-5)


def test_examples_that_are_all_the_same_are_as_close_as_can_be() -> None:
    same = array(MinibatchDiscrimination(2, 2)(np.ones((6, 4), "float32")))[:, -2:]
    np.testing.assert_allclose(same, np.full((6, 2), 5.0), rtol=1e-6)

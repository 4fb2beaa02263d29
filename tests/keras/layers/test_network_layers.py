"""Layers that networks need, against the package's own in PyTorch, and values by hand."""

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

keras = pytest.importorskip("keras")

from steadygan import layers as of_torch
from steadygan.arrays import Array
from steadygan.keras.layers import (
    BatchNormalization,
    BilinearResize,
    ConditionalNormalization,
    LabelEmbedding,
    LowPassFilter,
    Packing,
    PixelShuffle,
    Projection,
    SelfAttention,
)
from steadygan.keras.layers.answers import FirstOf, SemiSupervisedLogit, Unpacking
from steadygan.keras.layers.maps import MapBasis, PixelSum


def array(tensor: Any) -> Array:
    found: Array = np.asarray(keras.ops.convert_to_numpy(tensor))
    return found


def maps(*shape: int) -> Array:
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def channels_first(x: Array) -> torch.Tensor:
    return torch.tensor(x).permute(0, 3, 1, 2)


def test_pixel_shuffle_orders_channels_as_pytorch() -> None:
    x = maps(2, 3, 4, 8)
    expected = F.pixel_shuffle(channels_first(x), 2).permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(array(PixelShuffle()(x)), expected)


def test_the_low_pass_filter_takes_the_checkerboard_out() -> None:
    board = np.indices((6, 6)).sum(0) % 2 * 2.0 - 1.0
    made = array(LowPassFilter()(board[None, :, :, None].astype("float32")))[0, :, :, 0]
    np.testing.assert_allclose(made[1:-1, 1:-1], 0.0, atol=1e-7)
    x = maps(2, 5, 5, 3)
    expected = of_torch.LowPassFilter()(channels_first(x)).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(array(LowPassFilter()(x)), expected, atol=1e-6)


@pytest.mark.parametrize("size", [6, 5])
def test_bilinear_resizing_spreads_a_pixel_over_four(size: int) -> None:
    x = np.zeros((1, 3, 3, 1), "float32")
    x[0, 1, 1] = 1.0
    line = np.array([0.0, 0.25, 0.75, 0.75, 0.25, 0.0])[:size]
    made = array(BilinearResize(size)(x))
    np.testing.assert_allclose(made[0, :, :, 0], np.outer(line, line), atol=1e-7)
    # Halving is the transpose, with half the weights along each axis.
    halved = array(BilinearResize()(made))
    assert halved.shape == (1, 3, 3, 1)
    assert halved[0, 1, 1, 0] == pytest.approx(float(np.sum(line**2) / 2) ** 2)


def test_packs_hold_neighbours() -> None:
    x = maps(4, 2, 2, 3)
    made = array(Packing(2)(x))
    np.testing.assert_array_equal(made[0], np.concatenate([x[0], x[1]], axis=-1))
    np.testing.assert_array_equal(array(Packing(2)(x[:, 0, 0])), x[:, 0, 0].reshape(2, 6))
    np.testing.assert_array_equal(array(Unpacking(2)(x[:, 0, :, 0])), x[:, 0, :, 0].reshape(8, 1))
    with pytest.raises(ValueError, match="cannot be divided into packs of 3"):
        Packing(3)(x)


def test_an_unknown_class_has_no_vector() -> None:
    layer = LabelEmbedding(3, 2)
    made = array(layer(np.array([2, -1, 0], "int32")))
    np.testing.assert_array_equal(made[1], [0.0, 0.0])
    np.testing.assert_allclose(made[[0, 2]], array(layer.table.embeddings)[[2, 0]])


def test_a_projection_is_an_inner_product_with_the_mean_of_a_pack() -> None:
    layer = Projection(3, 2)
    features = np.array([[1.0, 2.0], [3.0, 4.0]], "float32")
    made = array(layer([features, np.array([0, 1, -1, 2], "int32")]))
    rows = array(layer.table.embeddings)
    np.testing.assert_allclose(made[0], features[0] @ (rows[0] + rows[1]) / 2, rtol=1e-5)
    np.testing.assert_allclose(made[1], features[1] @ rows[2] / 2, rtol=1e-5)


def test_each_class_has_a_scale_and_a_shift_and_an_unknown_one_their_mean() -> None:
    layer = ConditionalNormalization(BatchNormalization(center=False, scale=False), classes=2)
    x, labels = maps(3, 4), np.array([1, 0, -1], "int32")
    layer.build([(None, 4), (None,)])
    layer.scales.assign([[1.0] * 4, [3.0] * 4])
    layer.shifts.assign([[0.0] * 4, [2.0] * 4])
    made, normal = array(layer([x, labels], training=False)), x / np.sqrt(1 + 1e-5)
    np.testing.assert_allclose(made, [normal[0] * 3 + 2, normal[1], normal[2] * 2 + 1], rtol=1e-5)


def test_self_attention_begins_as_nothing_and_keeps_odd_sizes() -> None:
    layer = SelfAttention()
    x = maps(2, 5, 5, 8)
    np.testing.assert_array_equal(array(layer(x)), x)
    layer.gamma.assign(0.5)
    made = array(layer(x))
    assert made.shape == x.shape
    assert not np.allclose(made, x)
    kernels = [array(each.kernel) for each in (layer.keys, layer.queries)]
    assert not np.array_equal(*kernels)


def test_what_remains_of_maps() -> None:
    x = maps(2, 3, 3, 4)
    np.testing.assert_allclose(array(PixelSum()(x)), x.sum((1, 2)), atol=1e-5)
    basis = MapBasis(3)
    made = array(basis(x[:, 0, 0]))
    np.testing.assert_allclose(made[1], array(basis.basis) * x[1, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(array(SemiSupervisedLogit()(x[:, 0, 0])), np.log(np.exp(x[:, 0, 0]).sum(1)), rtol=1e-5)
    np.testing.assert_array_equal(array(FirstOf()([x, x + 1])), x)


LAYERS = (
    SelfAttention(spectral=1, name="attention"),
    LowPassFilter(),
    BilinearResize(9),
    PixelShuffle(),
    Packing(3),
    PixelSum(),
)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_a_layer_is_made_again_from_its_config(layer: Any) -> None:
    inputs = keras.Input((5, 5, 8))
    model = keras.Model(inputs, layer(inputs))
    again = keras.Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    x = maps(3, 5, 5, 8)
    np.testing.assert_allclose(array(again(x)), array(model(x)), atol=1e-6)
    assert again.output_shape == model.output_shape
    assert array(model(x)).shape[1:] == model.output_shape[1:]

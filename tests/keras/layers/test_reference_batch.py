from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

keras = pytest.importorskip("keras")

from keras import layers, ops

from steadygan.keras.layers import (
    MinibatchStddev,
    ReferenceBatchNormalization,
    VirtualBatchNormalization,
    WithReferenceBatch,
)
from steadygan.layers import MinibatchStddev as StddevOfTorch
from steadygan.layers import ReferenceBatchNorm, VirtualBatchNorm
from steadygan.layers import WithReferenceBatch as WithReferenceOfTorch
from tests.keras.twins import Pair, array, assert_twins, close, copied, normal

KINDS = [(VirtualBatchNormalization, VirtualBatchNorm), (ReferenceBatchNormalization, ReferenceBatchNorm)]


def vectors(mine: Any, theirs: Any) -> tuple[Any, nn.Module, list[Pair]]:
    dense, norm = layers.Dense(4), mine()
    linear, other = nn.Linear(3, 4), theirs(4)
    reference = normal(7, 3, seed=5)
    network = keras.Sequential([keras.Input((3,)), dense, norm, MinibatchStddev()])
    module = WithReferenceOfTorch(nn.Sequential(linear, other, StddevOfTorch()), torch.tensor(reference))
    nn.init.normal_(other.weight, 1.0)
    pairs = [
        Pair(dense.kernel, linear, "weight", np.transpose),
        Pair(dense.bias, linear, "bias"),
        Pair(norm.gamma, other, "weight"),
        Pair(norm.beta, other, "bias"),
    ]
    return WithReferenceBatch(network, reference), module, copied(pairs)


@pytest.mark.parametrize(("mine", "theirs"), KINDS)
def test_vectors_are_normalised_as_in_the_package(mine: Any, theirs: Any) -> None:
    model, module, pairs = vectors(mine, theirs)
    assert_twins(model, module, pairs, normal(6, 3), tolerance=5e-5)


@pytest.mark.parametrize(("mine", "theirs"), KINDS)
def test_maps_are_normalised_as_in_the_package(mine: Any, theirs: Any) -> None:
    reference, x = normal(5, 4, 3, 2, seed=5), normal(6, 4, 3, 2)
    network = keras.Sequential([keras.Input((4, 3, 2)), mine(), layers.LeakyReLU(0.2), mine()])
    module = WithReferenceOfTorch(
        nn.Sequential(theirs(2), nn.LeakyReLU(0.2), theirs(2)), torch.tensor(reference).movedim(-1, 1)
    )
    expected = module(torch.tensor(x).movedim(-1, 1)).movedim(1, -1)
    model = WithReferenceBatch(network, reference)
    close(model(x), expected, 1e-5)


def test_no_example_depends_on_its_neighbours() -> None:
    network = keras.Sequential([keras.Input((3,)), layers.Dense(4), VirtualBatchNormalization()])
    model, x = WithReferenceBatch(network, normal(7, 3, seed=5)), normal(6, 3)
    close(array(model(x))[:2], model(x[:2]), 1e-6)


def test_several_inputs_have_a_reference_batch_each() -> None:
    latents, labels = keras.Input((3,)), keras.Input((), dtype="int32")
    joined = layers.Concatenate()([latents, layers.Embedding(4, 2)(labels)])
    network = keras.Model([latents, labels], VirtualBatchNormalization()(layers.Dense(4)(joined)))
    model = WithReferenceBatch(network, [normal(7, 3), np.arange(7) % 4])
    assert [each.dtype for each in model.reference] == ["float32", "int32"]
    made = model([ops.convert_to_tensor(normal(5, 3)), ops.convert_to_tensor(np.arange(5) % 4)])
    assert tuple(made.shape) == (5, 4)


def test_the_batch_is_saved_and_never_trained(tmp_path: Any) -> None:
    network = keras.Sequential([keras.Input((3,)), layers.Dense(4), VirtualBatchNormalization()])
    model = WithReferenceBatch(network, normal(7, 3, seed=5))
    model.compile("sgd", "mse")
    model.train_on_batch(normal(6, 3), np.ones((6, 4)))
    close(model.reference[0], normal(7, 3, seed=5), 0)
    assert len(model.trainable_variables) == 4
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    x = normal(5, 3)
    assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_another_batch_can_be_held() -> None:
    network = keras.Sequential([keras.Input((3,)), VirtualBatchNormalization()])
    model = WithReferenceBatch(network, normal(7, 3, seed=5))
    model.hold(normal(7, 3, seed=6))
    close(model(normal(4, 3)), WithReferenceBatch(network, normal(7, 3, seed=6))(normal(4, 3)), 0)
    with pytest.raises(ValueError, match="cannot hold"):
        model.hold(normal(6, 3))


def test_a_network_without_a_reference_batch_is_refused() -> None:
    network = keras.Sequential([keras.Input((3,)), VirtualBatchNormalization()])
    with pytest.raises(RuntimeError, match="wrap the network in WithReferenceBatch"):
        network(normal(2, 3))
    with pytest.raises(ValueError, match="has no layer that takes statistics"):
        WithReferenceBatch(keras.Sequential([keras.Input((3,)), layers.Dense(1)]), normal(7, 3))


def test_half_precision_goes_through() -> None:
    network = keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, dtype="mixed_bfloat16"), VirtualBatchNormalization(dtype="mixed_bfloat16")]
    )
    made = WithReferenceBatch(network, normal(7, 3))(normal(2, 3))
    assert keras.backend.standardize_dtype(made.dtype) == "bfloat16"

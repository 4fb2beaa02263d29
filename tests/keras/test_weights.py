"""Weights go from PyTorch to Keras and back without a change."""

import numpy as np
import pytest
import torch

keras = pytest.importorskip("keras")

from steadygan.blueprint import Norm
from steadygan.errors import SteadyganError
from steadygan.keras.networks import build
from steadygan.keras.weights import from_torch, to_torch
from steadygan.networks import build as build_torch
from tests.keras.networks.pairs import LATENT, SHAPES, WIDTH, array, blueprint_of, pair, scramble

FIELDS: dict[str, dict[str, object]] = {
    "dcgan": {
        "generator_norm": Norm(kind="virtual-batch", conditional=True, reference=4),
        "generator_spectral": 1,
        "attention": 3,
        "discriminator_embedding": 4,
        "minibatch_kernels": 3,
        "minibatch_dimension": 2,
        "class_answer": "auxiliary",
        "hidden_dense": True,
        "encoder": True,
    },
    "resnet": {"generator_norm": Norm(conditional=True), "projection": True, "attention": 5},
    "r3gan": {"projection": True, "generator_embedding": 4},
    "mlp": {"equalised": True, "discriminator_norm": Norm(kind="instance")},
}


@pytest.mark.parametrize("network", FIELDS)
def test_there_and_back_is_exact(network: str) -> None:
    blueprint = blueprint_of(network).changed(**FIELDS[network])
    ours = pair(network, blueprint)
    other = build_torch(network, blueprint, SHAPES[network], LATENT, WIDTH)
    for name in ("generator", "discriminator"):
        to_torch(getattr(ours.keras, name), getattr(other, name))
        there, back = (getattr(each, name).state_dict() for each in (ours.torch, other))
        for key, values in there.items():
            if not key.endswith("num_batches_tracked"):
                torch.testing.assert_close(back[key], values, rtol=0, atol=0, msg=key)
    if blueprint.encoder:
        mine, theirs = ours.keras.encoder, other.companions["encoder"].network
        scramble(theirs)
        from_torch(theirs, mine)
        images = ours.items(3)
        known = theirs.eval()(torch.tensor(images).permute(0, 3, 1, 2)).detach().numpy()
        np.testing.assert_allclose(array(mine(images, training=False)), known, atol=1e-5)


def test_training_one_side_leaves_the_other_alone() -> None:
    """Some backends go on to use the memory of the arrays that they are given."""
    ours = pair("dcgan", blueprint_of("dcgan"))
    before, _ = ours.made(4, False)
    with torch.no_grad():
        for values in ours.torch.generator.state_dict().values():
            values.zero_()
    latents = ours.latents(4)
    np.testing.assert_array_equal(array(ours.keras.generator(latents, training=False)), before)


@pytest.mark.parametrize(
    ("fields", "width", "words"),
    [
        ({}, WIDTH + 1, "in the order of Keras"),
        ({"hidden_dense": True}, WIDTH, "the model has nothing like 'hidden.0.weight'"),
        ({"generator_spectral": 1}, WIDTH, "parametrizations"),
        ({"generator_norm": None}, WIDTH, "the model has nothing like 'project.bias'"),
    ],
)
def test_networks_that_are_not_built_alike_are_refused(fields: dict[str, object], width: int, words: str) -> None:
    blueprint = blueprint_of("dcgan")
    theirs = build_torch("dcgan", blueprint.changed(**fields), SHAPES["dcgan"], LATENT, width).generator
    mine = build("dcgan", blueprint, SHAPES["dcgan"], LATENT, WIDTH).generator
    before = [array(each) for each in mine.weights]
    state = {key: values.clone() for key, values in theirs.state_dict().items()}
    with pytest.raises(SteadyganError, match="not built alike") as refused:
        from_torch(theirs, mine)
    assert words in str(refused.value)
    with pytest.raises(SteadyganError, match="build both from one blueprint"):
        to_torch(mine, theirs)
    for old, new in zip(before, mine.weights, strict=True):
        np.testing.assert_array_equal(array(new), old)
    for key, values in theirs.state_dict().items():
        assert torch.equal(values, state[key])


def test_a_layer_of_another_name_is_refused() -> None:
    theirs = build_torch("mlp", blueprint_of("mlp"), SHAPES["mlp"], LATENT, WIDTH).generator
    mine = keras.Sequential([keras.Input((LATENT,)), keras.layers.Dense(2, name="mine")])
    with pytest.raises(SteadyganError, match=r"the network has nothing like '.*mine/kernel'"):
        from_torch(theirs, mine)

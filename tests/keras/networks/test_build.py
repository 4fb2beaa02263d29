"""What is built, from which initial weights, and what is refused."""

import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

keras = pytest.importorskip("keras")

import steadygan as sg
from steadygan.blueprint import Blueprint, Norm
from steadygan.errors import SteadyganError
from steadygan.keras.networks import build, outputs_of
from steadygan.keras.weights import to_torch
from steadygan.networks import build as build_torch
from tests.keras.networks.pairs import LATENT, SHAPES, array, blueprint_of, pair

SEEDED = (0.04321318, 0.0220335, 0.00136484)
"""What NumPy draws for the first weights of one seed, on every backend."""
MANY = 1000
"""Weights from whose spread that of their distribution is seen."""


def _spreads(network: nn.Module) -> dict[str, tuple[float, float, float]]:
    """Mean, standard deviation and largest magnitude of every large weight."""
    found = {}
    for name, parameter in network.named_parameters():
        values = parameter.detach()
        if values.numel() >= MANY:
            found[name] = (float(values.mean()), float(values.std()), float(values.abs().max()))
        elif values.numel() > 1 and float(values.std(correction=0)) == 0:
            found[name] = (float(values.flatten()[0]), 0.0, float(values.abs().max()))
    return found


CASES: dict[str, tuple[str, dict[str, object]]] = {
    "naive": ("dcgan", {"init_std": None, "hidden_dense": True, "discriminator_embedding": 4}),
    "normal": ("dcgan", {"attention": 4, "generator_norm": Norm(conditional=True)}),
    "doubling by transposed convolutions": ("dcgan", {"icnr_init": True}),
    "doubling by pixels": ("dcgan", {"icnr_init": True, "upsampling": "pixel-shuffle", "init_std": None}),
    "equalised": ("dcgan", {"equalised": True, "icnr_init": True, "attention": 4}),
    "residual": ("resnet", {"projection": True, "class_answer": "auxiliary", "attention": 4}),
    "fixup": ("r3gan", {"projection": True, "generator_embedding": 32, "attention": 4}),
    "dense": ("mlp", {"init_std": None, "encoder": True, "generator_embedding": 400}),
}


@pytest.mark.parametrize("case", CASES)
def test_initial_weights_are_spread_as_the_packages(case: str) -> None:
    network, fields = CASES[case]
    shape = (8, 8, 3) if network != "mlp" else SHAPES[network]
    blueprint = blueprint_of(network).changed(**fields)
    torch.manual_seed(0)
    theirs = build_torch(network, blueprint, shape, 64, 24)
    mine = build(network, blueprint, shape, 64, 24, seed=1)
    held = build_torch(network, blueprint, shape, 64, 24)
    for name in ("generator", "discriminator"):
        to_torch(getattr(mine, name), getattr(held, name))
        expected = _spreads(getattr(theirs, name))
        found = _spreads(getattr(held, name))
        assert expected
        assert found.keys() == expected.keys()
        for key, (mean, std, largest) in expected.items():
            assert found[key][0] == pytest.approx(mean, abs=0.12 * std + 1e-9), key
            assert found[key][1] == pytest.approx(std, rel=0.1), key
            # A uniform distribution ends at 1.7 standard deviations, a normal one goes on.
            assert (found[key][2] > 2 * found[key][1] - abs(mean)) == (largest > 2 * std - abs(mean)), key


def test_icnr_makes_constant_maps_of_constant_maps() -> None:
    for upsampling in ("transposed", "pixel-shuffle"):
        blueprint = blueprint_of("dcgan").changed(icnr_init=True, upsampling=upsampling)
        layers = {each.name: each for each in build("dcgan", blueprint, (16, 16, 1), LATENT, 2).generator.layers}
        convolution = layers["blocks_0_convolution"]
        made = convolution(np.ones((1, 4, 4, convolution.kernel.shape[-2 if upsampling == "pixel-shuffle" else -1])))
        if upsampling == "pixel-shuffle":
            made = layers["blocks_0_shuffle"](made)
        inside = array(made)[0, 2:6, 2:6]
        np.testing.assert_allclose(inside, np.broadcast_to(inside[:1, :1], inside.shape), atol=1e-5)


def test_a_seed_gives_the_same_weights_and_disturbs_nothing() -> None:
    blueprint = sg.recipe("steady").blueprint
    random.seed(5)
    before = random.getstate()
    made = [build("dcgan", blueprint, (16, 16, 1), LATENT, 2, seed=seed) for seed in (3, 3, 4)]
    assert random.getstate() == before
    first, again, other = ([array(each) for each in one.generator.trainable_weights] for one in made)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first[0], other[0])
    np.testing.assert_allclose(first[0][0, :3], SEEDED, rtol=1e-5)


def test_layers_of_one_shape_start_from_different_weights() -> None:
    networks = build("resnet", Blueprint(attention=8), (16, 16, 1), LATENT, 8)
    for model in networks[:2]:
        kernels = [array(each) for each in model.trainable_weights if "kernel" in each.path]
        for place, one in enumerate(kernels):
            assert not any(one.shape == two.shape and np.array_equal(one, two) for two in kernels[:place])


FILES: dict[str, tuple[str, dict[str, object]]] = {
    "dcgan": (
        "dcgan",
        {
            "generator_norm": Norm(kind="virtual-batch", conditional=True, reference=4),
            "discriminator_norm": Norm(kind="reference-batch", reference=4),
            "upsampling": "pixel-shuffle",
            "generator_filtered": True,
            "icnr_init": True,
            "attention": 3,
            "discriminator_embedding": 4,
            "discriminator_spectral": 1,
            "minibatch_stddev": 4,
            "minibatch_kernels": 3,
            "minibatch_dimension": 2,
            "class_answer": "semi-supervised",
            "projection": True,
        },
    ),
    "r3gan": ("r3gan", {"generator_noise": 1e-12, "generator_embedding": 4, "projection": True}),
    "mlp": (
        "mlp",
        {
            "generator_embedding": 4,
            "discriminator_embedding": 4,
            "packing": 2,
            "class_answer": "auxiliary",
            "equalised": True,
        },
    ),
}


def _described(model: Any) -> str:
    """All that a file says of a model, without the numbers by which it counts shared objects."""
    return re.sub(r', "shared_object_id": \d+', "", model.to_json())


@pytest.mark.parametrize("case", FILES)
def test_a_network_in_a_file_is_the_same(case: str, tmp_path: Path) -> None:
    network, fields = FILES[case]
    saved = pair(network, blueprint_of(network).changed(**fields))
    loaded: dict[str, Any] = {}
    for name in ("generator", "discriminator"):
        getattr(saved.keras, name).save(tmp_path / f"{name}.keras")
        loaded[name] = keras.saving.load_model(tmp_path / f"{name}.keras")
    for name, model in loaded.items():
        before = getattr(saved.keras, name)
        # An equalised learning rate puts its own initial weights into the layer anew.
        assert saved.blueprint.equalised or _described(model) == _described(before)
        for one, two in zip(before.weights, model.weights, strict=True):
            np.testing.assert_array_equal(array(two), array(one), err_msg=one.path)
    hidden = outputs_of(loaded["discriminator"])
    assert hidden.output_shape == outputs_of(saved.keras.discriminator).output_shape
    if network == "mlp":
        again = saved._replace(keras=saved.keras._replace(**loaded))
        np.testing.assert_allclose(again.made(8, False)[0], saved.made(8, False)[0], atol=1e-6)
        for name, values in saved.judged(8, False)[0].items():
            np.testing.assert_allclose(again.judged(8, False)[0][name], values, atol=1e-5, err_msg=name)


def test_logits_are_one_number_for_each_image() -> None:
    networks = build("dcgan", blueprint_of("dcgan").changed(packing=2), SHAPES["dcgan"], LATENT, 2)
    assert networks.discriminator.output_shape == (None,)
    assert array(networks.discriminator(np.zeros((6, 9, 9, 1)))).shape == (3,)


def test_outputs_of_anyones_model_are_found_by_name() -> None:
    layers = [keras.layers.Dense(4, name="features"), keras.layers.ReLU(), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((3,)), *layers])
    found = outputs_of(model)(np.ones((2, 3)))
    assert {name: tuple(each.shape) for name, each in found.items()} == {"logits": (2, 1), "features": (2, 4)}


def test_outputs_of_a_subclass_are_refused() -> None:
    class Mine(keras.Model):
        def call(self, inputs: Any) -> Any:
            return inputs

    with pytest.raises(SteadyganError, match="whose hidden layers cannot be found"):
        outputs_of(Mine())


@pytest.mark.parametrize(
    ("name", "shape", "fields", "words"),
    [
        ("tests.keras.networks.test_build:OWN", (9, 9, 1), {}, "is made of PyTorch modules .* choose one of dcgan"),
        ("dcgam", (9, 9, 1), {}, "did you mean 'dcgan'"),
        ("dcgan", (5,), {}, "makes images and the data are vectors"),
        ("dcgan", (9, 8, 1), {}, "square images"),
        ("dcgan", (9, 9, 1), {"projection": True}, "need classes"),
    ],
)
def test_what_cannot_be_built_is_refused(name: str, shape: tuple[int, ...], fields: dict[str, Any], words: str) -> None:
    with pytest.raises(SteadyganError, match=words):
        build(name, Blueprint(**fields), shape, LATENT, 2)


OWN = sg.networks.NetworkFamily(lambda *given: (nn.Identity(), nn.Identity()))  # type: ignore[attr-defined]

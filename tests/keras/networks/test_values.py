"""The same weights give the same images and logits as the package's networks."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

import steadygan as sg
from steadygan.blueprint import Blueprint, Norm
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.vocabulary import Slot
from tests.everything import QUICK
from tests.keras.networks.pairs import Pair, blueprint_of, pair

COUNT = 12
ARCHITECTURE = {kind.name: kind for kind in BUILT_IN if kind.slot is Slot.ARCHITECTURE}
NAIVE = Blueprint(classes=3)


OTHERS: dict[str, dict[str, dict[str, object]]] = {
    "resnet": {
        "as it is": {},
        "classes": {"generator_embedding": 4, "discriminator_embedding": 4, "projection": True, "generator_slope": 0.1},
        "norms": {
            "generator_norm": Norm(conditional=True),
            "discriminator_norm": Norm(kind="instance"),
            "attention": 5,
            "discriminator_slope": 0.2,
            "class_answer": "auxiliary",
        },
        "references": {
            "generator_norm": Norm(kind="reference-batch", reference=4),
            "discriminator_norm": Norm(kind="virtual-batch", reference=4),
            "minibatch_stddev": 4,
            "packing": 2,
            "init_std": 0.02,
        },
        "rescaled": {
            "generator_spectral": 1,
            "minibatch_kernels": 3,
            "minibatch_dimension": 2,
            "discriminator_width": 2.0,
        },
    },
    "r3gan": {
        "as it is": {},
        "classes": {"generator_norm": Norm(conditional=True), "projection": True, "attention": 5},
        "embeddings": {
            "generator_embedding": 4,
            "discriminator_embedding": 4,
            "minibatch_stddev": 4,
            "packing": 2,
            "generator_noise": 1e-12,
            "generator_dropout": 1e-7,
        },
    },
    "mlp": {
        "as it is": {},
        "instance": {
            "generator_norm": Norm(kind="instance", conditional=True),
            "discriminator_norm": Norm(kind="instance"),
            "discriminator_embedding": 4,
            "packing": 2,
        },
        "references": {
            "generator_norm": Norm(kind="virtual-batch", reference=4),
            "discriminator_norm": Norm(kind="reference-batch", reference=4),
            "minibatch_stddev": 4,
            "class_answer": "semi-supervised",
        },
        "rescaled": {"generator_embedding": 4, "equalised": True, "discriminator_spectral": 1, "projection": True},
    },
}
"""Fields of the blueprint, for networks whose layers are mostly those of DCGAN."""


def _designed(name: str) -> Blueprint:
    """A blueprint with a heuristic; random ones have no strength, so that they can be compared."""
    designed = ARCHITECTURE[name](**QUICK.get(name, {})).design(blueprint_of("dcgan"))  # type: ignore[attr-defined]
    if name == "generator-dropout":
        return designed.changed(generator_dropout=1e-7)
    return designed.changed(generator_noise=1e-12) if name == "generator-noise" else designed


def _compare(compared: Pair, tolerance: float = 1e-5) -> None:
    # The second time batches have been seen, and statistics and singular vectors have moved.
    for training in (True, False):
        mine, theirs = compared.made(COUNT, training)
        np.testing.assert_allclose(mine, theirs, atol=tolerance * max(1.0, float(np.abs(theirs).max())))
        outputs, answer = compared.judged(COUNT, training)
        expected = {"logits": answer.logits, "features": answer.features, "class_logits": answer.class_logits}
        assert set(outputs) == {name for name, value in expected.items() if value is not None}
        for name, value in outputs.items():
            known = expected[name]
            assert known is not None
            largest = max(1.0, float(known.abs().max()))
            np.testing.assert_allclose(value, known.numpy(), atol=2 * tolerance * largest, err_msg=name)


@pytest.mark.parametrize("name", ARCHITECTURE)
def test_a_heuristic_changes_both_sides_alike(name: str) -> None:
    _compare(pair("dcgan", _designed(name)))


@pytest.mark.parametrize(("network", "name"), [(network, name) for network in OTHERS for name in OTHERS[network]])
def test_other_networks(network: str, name: str) -> None:
    _compare(pair(network, blueprint_of(network).changed(**OTHERS[network][name])), tolerance=2e-5)


SIZES = [*(("dcgan-hacks", size) for size in (45, 28, 32, 64)), ("steady", 45), ("sngan", 45)]
"""JAX compiles each for seconds, and other sizes differ in crops and paddings alone: there the first one is enough."""


@pytest.mark.parametrize(("recipe", "size"), SIZES[:1] if keras.backend.backend() == "jax" else SIZES)
def test_images_of_many_sizes(recipe: str, size: int) -> None:
    chosen = sg.recipe(recipe)
    _compare(pair(chosen.network, chosen.blueprint, (size, size, 3), width=2, scrambled=False))


@pytest.mark.parametrize("kernel", [2, 3, 5, 6])
def test_strided_kernels_of_any_size(kernel: int) -> None:
    plan = NAIVE.changed(downsampling="strided", upsampling="transposed", strided_kernel=kernel)
    _compare(pair("dcgan", plan, (11, 11, 1)))  # halved to 6, which is even, and 3


@pytest.mark.parametrize("network", ["dcgan", "mlp"])
def test_the_naive_networks(network: str) -> None:
    _compare(pair(network, NAIVE))


def test_what_is_rescaled_keeps_to_the_package_in_every_layer() -> None:
    labelled = blueprint_of("dcgan").changed(
        generator_spectral=2, discriminator_spectral=1, attention=3, generator_embedding=4, discriminator_embedding=4
    )
    _compare(pair("dcgan", labelled.changed(projection=True)))
    _compare(pair("dcgan", labelled.changed(projection=True, equalised=True)))


def test_classes_in_networks_with_a_reference_batch() -> None:
    start = blueprint_of("dcgan")
    assert start.generator_norm is not None
    norm = start.generator_norm.model_copy(update={"kind": "virtual-batch", "conditional": True, "reference": 5})
    plan = start.changed(generator_norm=norm, discriminator_norm=norm, discriminator_embedding=4, packing=1)
    _compare(pair("dcgan", plan))


def test_packs_with_classes() -> None:
    plan = blueprint_of("dcgan").changed(
        packing=2, projection=True, class_answer="auxiliary", minibatch_kernels=3, minibatch_dimension=2
    )
    _compare(pair("dcgan", plan))

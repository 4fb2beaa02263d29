"""Every network with every field of the blueprint: what changes, what is promised to change nothing, and that it works.

The fields are taken from the blueprint itself, so that a new one cannot be forgotten.
"""

import copy
import io
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from steadygan.blueprint import Blueprint, Norm
from steadygan.errors import SteadyganError
from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.layers.reference_batch import ReferenceBatch
from steadygan.networks import NETWORKS, Networks, build, ignored_fields
from steadygan.networks.discriminator import Discriminator

LATENT, CLASSES, BATCH = 5, 3, 4
PLAIN = Blueprint(classes=CLASSES, discriminator_slope=0.2)
FIELDS: dict[str, tuple[Any, ...]] = {
    "classes": (),
    "downsampling": ("strided", "average-pooling"),
    "upsampling": ("transposed", "pixel-shuffle"),
    "generator_filtered": (True,),
    "discriminator_filtered": (True,),
    "strided_kernel": (4,),
    "hidden_dense": (False,),
    "generator_norm": (Norm(), Norm(kind="instance"), Norm(kind="virtual-batch", reference=6)),
    "discriminator_norm": (Norm(), Norm(kind="instance"), Norm(kind="reference-batch", reference=6)),
    "generator_slope": (0.3,),
    "discriminator_slope": (0.0,),
    "output": ("tanh",),
    "init_std": (0.3,),
    "icnr_init": (True,),
    "generator_dropout": (0.5,),
    "generator_noise": (0.5,),
    "discriminator_width": (1.5,),
    "minibatch_kernels": (4,),
    "minibatch_dimension": (),
    "minibatch_stddev": (2,),
    "attention": (8,),
    "packing": (2,),
    "generator_spectral": (1, 2),
    "discriminator_spectral": (1, 2),
    "equalised": (True,),
    "generator_embedding": (2,),
    "discriminator_embedding": (2,),
    "projection": (True,),
    "class_answer": ("auxiliary", "semi-supervised"),
    "encoder": (True,),
}
BESIDE: dict[str, dict[str, Any]] = {
    "icnr_init": {"upsampling": "transposed"},
    "minibatch_kernels": {"minibatch_dimension": 2},
    "strided_kernel": {"downsampling": "strided"},
}
LINEAR = {("r3gan", "output")}
"""What changes nothing in the network but the range of real images beside it."""


def _cases() -> Iterator[tuple[str, str, Any]]:
    for name in NETWORKS:
        for field, values in FIELDS.items():
            for value in values:
                yield name, field, value
        yield name, "generator_norm", Norm(conditional=True)
        yield name, "generator_norm", Norm(kind="virtual-batch", reference=6, conditional=True)


CASES = list(_cases())
pytestmark = pytest.mark.no_cover
every_case = pytest.mark.parametrize(("name", "field", "value"), CASES)


def _shape(name: str) -> tuple[int, ...]:
    return (3,) if name == "mlp" else (11, 11, 3)


def _answer(networks: Networks, images: Tensor, labels: Tensor | None) -> DiscriminatorOutput:
    assert isinstance(networks.discriminator, Discriminator)
    return networks.discriminator.discriminate(images, labels)


def _built(name: str, blueprint: Blueprint) -> Networks:
    torch.manual_seed(0)
    return build(name, blueprint, _shape(name), LATENT, 4, blocks=1)


def _changed(field: str, value: Any) -> Blueprint:
    return PLAIN.changed(**{**BESIDE.get(field, {}), field: value})


def _given(name: str) -> tuple[Tensor, Tensor, Tensor]:
    shape = _shape(name)
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(BATCH, *(shape if len(shape) == 1 else (shape[2], *shape[:2])), generator=generator)
    return torch.randn(BATCH, LATENT, generator=generator), images, torch.tensor([0, 1, 2, -1])


def _spoken(name: str, networks: Networks) -> list[Tensor]:
    z, images, labels = _given(name)
    torch.manual_seed(2)
    answer = _answer(networks, images, labels)
    said = [networks.generator(z, labels), answer.logits, answer.features, answer.class_logits]
    return [
        each.detach()
        for each in (*said, *(each.network(images) for each in networks.companions.values()))
        if each is not None
    ]


def _same(first: Networks, second: Networks, name: str) -> bool:
    spoken = _spoken(name, first), _spoken(name, second)
    return len(spoken[0]) == len(spoken[1]) and all(
        one.shape == other.shape and torch.equal(one, other) for one, other in zip(*spoken, strict=True)
    )


def _filled(networks: Networks) -> None:
    """Weights that start at 0 hide what stands behind them."""
    torch.manual_seed(3)
    for network in networks[:2]:
        for parameter in network.parameters():
            if not parameter.detach().any():
                nn.init.normal_(parameter, 0.0, 0.3)


def test_every_field_of_the_blueprint_is_tried() -> None:
    assert set(FIELDS) == set(Blueprint.model_fields)
    assert NETWORKS == ("dcgan", "mlp", "resnet", "r3gan")
    assert all(ignored_fields(name) <= set(FIELDS) for name in NETWORKS)


@every_case
def test_a_field_changes_a_network_unless_it_is_ignored(name: str, field: str, value: Any) -> None:
    plain = PLAIN.changed(**BESIDE.get(field, {}))
    first, second = _built(name, plain), _built(name, _changed(field, value))
    _filled(first)
    _filled(second)
    conditional = isinstance(value, Norm) and value.conditional
    ignored = (field in ignored_fields(name) and not conditional) or (name, field) in LINEAR
    assert _same(first, second, name) is ignored


@every_case
def test_shapes_are_the_promised_ones(name: str, field: str, value: Any) -> None:
    blueprint = _changed(field, value)
    networks = _built(name, blueprint)
    z, images, labels = _given(name)
    assert networks.generator(z, labels).shape == images.shape == networks.generator(z).shape
    answer = _answer(networks, images, labels)
    packs = BATCH // blueprint.packing
    assert answer.logits.shape == networks.discriminator(images).shape == (packs,)
    assert answer.features.shape[0] == packs
    assert answer.features.ndim == 2
    if blueprint.class_answer == "none":
        assert answer.class_logits is None
    else:
        assert answer.class_logits is not None
        assert answer.class_logits.shape == (BATCH, CLASSES)
    assert {each.network(images).shape for each in networks.companions.values()} <= {(BATCH, 2 * LATENT)}
    assert (networks.companions.keys() == {"encoder"}) is blueprint.encoder


@every_case
def test_copies_and_saved_states_say_the_same(name: str, field: str, value: Any) -> None:
    networks = _built(name, _changed(field, value))
    _filled(networks)
    for network in (*networks[:2], *(each.network for each in networks.companions.values())):
        network.eval()  # what is counted in training stays as it is
    expected = _spoken(name, networks)
    copied = copy.deepcopy(networks)
    other = build(name, _changed(field, value), _shape(name), LATENT, 4, blocks=1)
    players = [*networks[:2], *(each.network for each in networks.companions.values())]
    for new, old in zip([*other[:2], *(each.network for each in other.companions.values())], players, strict=True):
        file = io.BytesIO()
        torch.save(old.state_dict(), file)
        file.seek(0)
        new.load_state_dict(torch.load(file, weights_only=True))
        new.eval()
    for each in (copied, other):
        for one, wanted in zip(_spoken(name, each), expected, strict=True):
            torch.testing.assert_close(one, wanted, rtol=0, atol=0)


@every_case
def test_discriminators_can_be_differentiated_twice(name: str, field: str, value: Any) -> None:
    discriminator = _built(name, _changed(field, value)).discriminator
    _, images, labels = _given(name)
    images.requires_grad_()
    (slope,) = torch.autograd.grad(discriminator(images, labels).sum(), images, create_graph=True)
    torch.autograd.backward(slope.square().sum())
    gradients = [parameter.grad for parameter in discriminator.parameters() if parameter.grad is not None]
    assert all(bool(torch.isfinite(gradient).all()) for gradient in gradients)
    assert sum(float(gradient.abs().sum()) for gradient in gradients) > 0


@every_case
def test_networks_can_be_called_with_other_weights(name: str, field: str, value: Any) -> None:
    one, other = (build(name, _changed(field, value), _shape(name), LATENT, 4, blocks=1) for _ in range(2))
    z, images, labels = _given(name)
    for mine, yours, given in ((one[0], other[0], (z, labels)), (one[1], other[1], (images, labels))):
        for network in (mine, yours):
            network.eval()
        torch.manual_seed(4)
        expected = yours(*given)
        torch.manual_seed(4)
        assert torch.equal(functional_call(mine, dict(yours.state_dict()), given), expected)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("kind", ["virtual-batch", "reference-batch"])
def test_reference_batches_have_the_blueprints_size(name: str, kind: str) -> None:
    norm = Norm(kind=kind, reference=6)
    blueprint = PLAIN.changed(generator_norm=norm, discriminator_norm=norm, packing=2, discriminator_embedding=2)
    networks = _built(name, blueprint)
    z, images, _ = _given(name)
    for network, single, labelled in ((networks.generator, z, False), (networks.discriminator, images, True)):
        reference: object = network.reference
        if "generator_norm" in ignored_fields(name):
            assert reference is None
            continue
        assert isinstance(reference, ReferenceBatch)
        assert reference.inputs.shape == (6, *single.shape[1:])
        assert (reference.labels is not None) is labelled


@pytest.mark.parametrize("name", NETWORKS)
def test_everything_at_once(name: str) -> None:
    norm = Norm(kind="virtual-batch", reference=6)
    blueprint = PLAIN.changed(
        generator_norm=norm.model_copy(update={"conditional": True}),
        discriminator_norm=norm,
        generator_dropout=0.1,
        generator_noise=0.1,
        minibatch_kernels=4,
        minibatch_dimension=2,
        minibatch_stddev=2,
        attention=8,
        packing=2,
        generator_spectral=1,
        discriminator_spectral=1,
        generator_embedding=2,
        discriminator_embedding=2,
        projection=True,
        class_answer="auxiliary",
        encoder=True,
    )
    networks = _built(name, blueprint)
    made, logits, features, class_logits, latents = _spoken(name, networks)
    assert made.shape == _given(name)[1].shape
    assert (logits.shape, len(features)) == ((2,), 2)
    assert (class_logits.shape, latents.shape) == ((BATCH, CLASSES), (BATCH, 2 * LATENT))


IMAGE_NETWORKS = [name for name in NETWORKS if name != "mlp"]


@pytest.mark.parametrize("name", IMAGE_NETWORKS)
@pytest.mark.parametrize("size", [8, 9, 15, 16, 17, 28, 31, 32, 33, 48, 64])
def test_image_networks_have_every_size(name: str, size: int) -> None:
    generator, discriminator, _ = build(name, Blueprint(), (size, size, 3), LATENT, 1, blocks=1)
    made = generator(torch.randn(2, LATENT))
    assert made.shape == (2, 3, size, size)
    assert discriminator(made).shape == (2,)


@pytest.mark.parametrize("name", IMAGE_NETWORKS)
@pytest.mark.parametrize("size", [127, 128, 255, 256])
def test_image_networks_have_large_sizes(name: str, size: int) -> None:
    with torch.device("meta"):  # shapes without the work
        generator, discriminator, _ = build(name, Blueprint(), (size, size, 1), LATENT, 8)
        made = generator(torch.randn(2, LATENT))
        assert made.shape == (2, 1, size, size)
        assert discriminator(made).shape == (2,)


@pytest.mark.parametrize("name", IMAGE_NETWORKS)
@pytest.mark.parametrize(
    "shape", [(7, 7, 1), (257, 257, 1), (8, 9, 1), (8, 8, 2)], ids=lambda shape: "x".join(map(str, shape))
)
def test_refusals_name_the_network_and_the_shape(name: str, shape: tuple[int, int, int]) -> None:
    with pytest.raises(
        SteadyganError, match=f"'{name}' makes square images of 8 to 256 .* {'x'.join(map(str, shape))}"
    ):
        build(name, Blueprint(), shape, LATENT, 2)


@pytest.mark.parametrize("name", IMAGE_NETWORKS)
def test_image_networks_refuse_vectors(name: str) -> None:
    with pytest.raises(SteadyganError, match=f"'{name}' makes images and the data are vectors of 3 numbers; use mlp"):
        build(name, Blueprint(), (3,), LATENT, 2)


@pytest.mark.parametrize("field", [{"projection": True}, {"generator_embedding": 2}, {"class_answer": "auxiliary"}])
def test_classes_need_labels(field: dict[str, Any]) -> None:
    with pytest.raises(SteadyganError, match="no labels"):
        build("dcgan", Blueprint(**field), (8, 8, 1), LATENT, 2)

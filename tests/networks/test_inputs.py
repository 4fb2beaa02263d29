"""Labels enter where they should, one for each image, and unknown ones not at all."""

import pytest
import torch

from steadygan.blueprint import Blueprint, Norm
from steadygan.networks import NETWORKS, build
from steadygan.networks.inputs import DiscriminatorInput, GeneratorInput, unconditional

BLUEPRINT = Blueprint(classes=3, generator_embedding=2, discriminator_embedding=4)


def test_latents_get_their_classes_vector_beside_them() -> None:
    entrance = GeneratorInput(BLUEPRINT, 5)
    z, labels = torch.randn(3, 5), torch.tensor([2, -1, 0])
    assert entrance.embed is not None
    rows = entrance.embed.table.weight
    expected = torch.cat([z, torch.stack([rows[2], torch.zeros(2), rows[0]])], 1)
    assert torch.equal(entrance(z, labels), expected)
    assert torch.equal(entrance(z), torch.cat([z, torch.zeros(3, 2)], 1))
    assert entrance.length == 7


def test_without_an_embedding_labels_change_nothing() -> None:
    z, images, labels = torch.randn(2, 5), torch.randn(2, 3, 8, 8), torch.tensor([0, 1])
    assert torch.equal(GeneratorInput(Blueprint(), 5)(z, labels), z)
    assert torch.equal(DiscriminatorInput(Blueprint(), 3, 8)(images, labels), images)


def test_each_image_of_a_pack_has_its_own_label_channel() -> None:
    entrance = DiscriminatorInput(BLUEPRINT.changed(packing=2), 3, 8)
    images, labels = torch.randn(4, 3, 8, 8), torch.tensor([0, 1, -1, 2])
    seen = entrance(images, labels)
    assert seen.shape == (2, 8, 8, 8)
    assert entrance.channels == 8
    assert entrance.embed is not None
    own = entrance.embed(labels)
    for place in range(4):
        pack, start = divmod(place, 2)
        assert torch.equal(seen[pack, 4 * start : 4 * start + 3], images[place])
        assert torch.equal(seen[pack, 4 * start + 3], own[place, 0])
    assert not seen[1, 3].any()


def test_vectors_have_their_label_beside_them() -> None:
    entrance = DiscriminatorInput(BLUEPRINT.changed(packing=2), 3)
    x, labels = torch.randn(4, 3), torch.tensor([0, 1, -1, 2])
    assert entrance(x, labels).shape == (2, 14)
    assert entrance.channels == 14


def test_discriminators_never_have_a_conditional_norm() -> None:
    blueprint = Blueprint(classes=3, discriminator_norm=Norm(eps=0.1, conditional=True))
    assert unconditional(blueprint).discriminator_norm == Norm(eps=0.1)
    assert unconditional(Blueprint()) == Blueprint()


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    ("blueprint", "told"),
    [
        (Blueprint(classes=3, generator_embedding=2), "generator"),
        (Blueprint(classes=3, generator_norm=Norm(conditional=True)), "generator"),
        (Blueprint(classes=3, discriminator_embedding=2), "discriminator"),
        (Blueprint(classes=3, projection=True), "discriminator"),
    ],
)
def test_labels_change_what_the_told_network_says_and_nothing_else(name: str, blueprint: Blueprint, told: str) -> None:
    torch.manual_seed(0)
    shape, image = ((4,), (4,)) if name == "mlp" else ((8, 8, 1), (1, 8, 8))
    networks = build(name, blueprint.changed(generator_slope=0.2, discriminator_slope=0.2), shape, 5, 8)
    for player, length in (("generator", (5,)), ("discriminator", image)):
        network = getattr(networks, player).eval()
        for parameter in network.parameters():
            # tables of classes that start all alike, and weights that start at 0, would say the same of all
            torch.nn.init.normal_(parameter, 0.0, 0.2)
        said = network(torch.randn(1, *length).expand(3, *length), torch.tensor([0, 1, -1]))
        differ = [not torch.allclose(said[one], said[other], rtol=1e-5, atol=1e-6) for one, other in ((0, 1), (0, 2))]
        assert differ == [player == told] * 2

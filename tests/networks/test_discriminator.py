"""One forward pass of the reference batch before each batch, and logits that are those of the answer."""

import pytest
import torch

from steadygan.blueprint import Blueprint, Norm
from steadygan.layers.reference_batch import ReferenceBatch
from steadygan.networks import NETWORKS, build
from steadygan.networks.discriminator import Discriminator

pytestmark = pytest.mark.usefixtures("float64")


@pytest.mark.parametrize("name", NETWORKS)
def test_forward_is_the_answers_logits(name: str) -> None:
    shape = (3,) if name == "mlp" else (8, 8, 1)
    discriminator = build(name, Blueprint(classes=3, projection=True), shape, 5, 4).discriminator
    assert isinstance(discriminator, Discriminator)
    images, labels = torch.randn(4, *((3,) if name == "mlp" else (1, 8, 8))), torch.tensor([0, 1, 2, -1])
    assert torch.equal(discriminator(images, labels), discriminator.discriminate(images, labels).logits)


@pytest.mark.parametrize("name", ["dcgan", "mlp", "resnet"])
def test_with_a_reference_batch_no_image_depends_on_its_neighbours(name: str) -> None:
    shape = (3,) if name == "mlp" else (16, 16, 1)
    norm = Norm(kind="virtual-batch", reference=6)
    generator, discriminator, _ = build(name, Blueprint(generator_norm=norm, discriminator_norm=norm), shape, 5, 4)
    for network, given in ((generator, (5,)), (discriminator, (3,) if name == "mlp" else (1, 16, 16))):
        x = torch.randn(4, *given)
        torch.testing.assert_close(network(x)[:1], network(x[:1]))
        before = network(x)
        assert isinstance(network.reference, ReferenceBatch)
        network.reference.hold(torch.randn(6, *given))
        assert not torch.allclose(network(x), before)

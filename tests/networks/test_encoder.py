"""The network from images to latents."""

import pytest
import torch
from torch import nn

from steadygan.blueprint import Blueprint, Norm
from steadygan.networks import NETWORKS, build
from steadygan.networks.dcgan import DcganTrunk
from steadygan.networks.encoder import Encoder
from steadygan.networks.mlp import MlpTrunk

pytestmark = pytest.mark.usefixtures("float64")

EVERYTHING = Blueprint(
    classes=3,
    discriminator_norm=Norm(kind="virtual-batch", conditional=True),
    minibatch_stddev=4,
    minibatch_kernels=4,
    minibatch_dimension=2,
    attention=8,
    packing=2,
    discriminator_embedding=2,
    projection=True,
    discriminator_spectral=1,
    encoder=True,
)


@pytest.mark.parametrize("name", NETWORKS)
def test_means_and_log_variances_of_each_image_alone(name: str) -> None:
    shape = (3,) if name == "mlp" else (9, 9, 1)
    encoder = build(name, EVERYTHING, shape, 5, 4).companions["encoder"].network.eval()
    assert isinstance(encoder, Encoder)
    assert isinstance(encoder.trunk, MlpTrunk if name == "mlp" else DcganTrunk)
    images = torch.randn(3, *((3,) if name == "mlp" else (1, 9, 9)))
    together = encoder(images)
    assert together.shape == (3, 10)
    torch.testing.assert_close(together, torch.cat([encoder(image[None]) for image in images]))


@pytest.mark.parametrize("name", NETWORKS)
def test_there_is_none_unless_it_is_wanted(name: str) -> None:
    shape = (3,) if name == "mlp" else (9, 9, 1)
    assert build(name, Blueprint(), shape, 5, 4).companions == {}


def test_initial_weights_are_as_narrow_as_the_players() -> None:
    torch.manual_seed(0)
    encoder = build("r3gan", Blueprint(init_std=0.02, encoder=True), (16, 16, 3), 5, 8).companions["encoder"].network
    for layer in encoder.modules():
        if isinstance(layer, nn.Linear):
            assert float(layer.weight.detach().std()) == pytest.approx(0.02, rel=0.1)

import pytest
import torch
from torch import nn

from steadygan.blueprint import Blueprint, Norm
from steadygan.networks import build
from steadygan.networks.mlp import HIDDEN, HIDDEN_LAYERS

NORM = Norm(momentum=0.1, eps=1e-5)


@pytest.mark.parametrize("features", [1, 2, 7, 100])
def test_vectors_of_any_length(features: int) -> None:
    generator, discriminator, _ = build("mlp", Blueprint(), (features,), 5, 3)
    made = generator(torch.randn(4, 5))
    assert made.shape == (4, features)
    assert discriminator(made).shape == (4,)


def test_vectors_have_no_bounds() -> None:
    generator = build("mlp", Blueprint(output="tanh", init_std=2.0), (2,), 5, 8).generator
    assert float(generator(torch.randn(100, 5)).detach().abs().max()) > 1.5


def test_the_width_and_its_factor() -> None:
    generator, discriminator, _ = build("mlp", Blueprint(discriminator_width=2.0), (2,), 5, 6)
    for network, width in ((generator, 6), (discriminator, 12)):
        layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
        assert [layer.out_features for layer in layers[:-1]] == [HIDDEN * width] * HIDDEN_LAYERS


def test_norm_slopes_and_dropout_are_those_of_the_blueprint() -> None:
    blueprint = Blueprint(
        generator_norm=NORM,
        discriminator_norm=NORM,
        generator_slope=0.1,
        discriminator_slope=0.3,
        generator_dropout=0.5,
    )
    generator, discriminator, _ = build("mlp", blueprint, (2,), 5, 6)
    for network, norms, slope in ((generator, HIDDEN_LAYERS, 0.1), (discriminator, HIDDEN_LAYERS - 1, 0.3)):
        modules = list(network.modules())
        assert sum(isinstance(module, nn.BatchNorm1d) for module in modules) == norms
        assert {module.negative_slope for module in modules if isinstance(module, nn.LeakyReLU)} == {slope}
        linears = [module for module in modules if isinstance(module, nn.Linear)]
        assert sum(layer.bias is None for layer in linears) == norms
    z = torch.randn(3, 5)
    generator.eval()
    assert not torch.equal(generator(z), generator(z))
    discriminator.eval()
    x = torch.randn(3, 2)
    assert torch.equal(discriminator(x), discriminator(x))

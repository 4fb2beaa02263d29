import math

import pytest
import torch
from torch import nn

from steadygan.blueprint import Blueprint, Norm
from steadygan.layers.initialise import normal_init
from steadygan.networks import build


@pytest.mark.parametrize("std", [0.02, 0.5])
def test_weights_have_the_standard_deviation_asked_for(std: float) -> None:
    torch.manual_seed(0)
    norm = Norm(momentum=0.1, eps=1e-5)
    blueprint = Blueprint(
        upsampling="transposed", generator_norm=norm, discriminator_norm=norm, init_std=std, downsampling="strided"
    )
    for network in build("dcgan", blueprint, (16, 16, 3), 50, 32)[:2]:
        for module in network.modules():
            if not isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                continue
            weights = module.weight.detach()
            spread = 4 / math.sqrt(2 * weights.numel())  # four standard errors of a standard deviation
            assert float(weights.std()) == pytest.approx(std, rel=spread)
            assert float(weights.mean()) == pytest.approx(0, abs=4 * std / math.sqrt(weights.numel()))
            assert module.bias is None or not module.bias.any()


def test_norms_scatter_around_one() -> None:
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(4000)
    normal_init(norm, 0.1)
    assert float(norm.weight.detach().mean()) == pytest.approx(1.0, abs=0.01)
    assert float(norm.weight.detach().std()) == pytest.approx(0.1, rel=0.05)
    assert not norm.bias.any()
    normal_init(nn.BatchNorm2d(3, affine=False), 0.1)


def test_without_a_standard_deviation_pytorchs_own_weights_stay() -> None:
    torch.manual_seed(3)
    network = build("dcgan", Blueprint(init_std=None), (8, 8, 1), 50, 4).generator
    bounds = [1 / math.sqrt(layer.in_features) for layer in network.modules() if isinstance(layer, nn.Linear)]
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    for layer, bound in zip(layers, bounds, strict=True):
        assert 0.9 * bound < float(layer.weight.detach().abs().max()) <= bound

import pytest
import torch
from torch import nn

from steadygan.blueprint import Norm
from steadygan.layers.kernels.joint_batches import BatchNorm1d, BatchNorm2d
from steadygan.layers.norms import ConditionalNorm
from steadygan.layers.stochastic import GeneratorDropout, GeneratorNoise
from steadygan.networks.hidden import NormActivation

NORM = Norm(momentum=0.3, eps=0.01)


def norm_activation(norm: Norm | None, slope: float, dropout: float, noise: float, maps: bool) -> NormActivation:
    return NormActivation(4, norm, slope, dropout, noise, maps, classes=3)


def test_norm_comes_before_activation_then_noise_and_dropout_last() -> None:
    kinds = [type(layer) for layer in norm_activation(NORM, 0.2, 0.5, 0.1, maps=True)]
    assert kinds == [BatchNorm2d, nn.LeakyReLU, GeneratorNoise, GeneratorDropout]
    assert [type(layer) for layer in norm_activation(NORM, 0.0, 0.0, 0.0, maps=False)] == [BatchNorm1d, nn.ReLU]
    assert [type(layer) for layer in norm_activation(None, 0.0, 0.0, 0.0, maps=True)] == [nn.ReLU]


def test_values_go_through_as_by_hand() -> None:
    x = torch.tensor([[1.0], [3.0]])
    made = NormActivation(1, NORM, 0.5, 0.0, 0.0, maps=False, classes=0)(x.clone())
    scale = (1 + 0.01) ** -0.5  # mean 2, variance 1
    torch.testing.assert_close(made, torch.tensor([[-0.5 * scale], [scale]]))


@pytest.mark.parametrize("norm", [None, NORM, Norm(kind="instance"), Norm(conditional=True)])
@pytest.mark.parametrize("slope", [0.0, 0.2])
def test_what_goes_in_is_left_as_it_is(norm: Norm | None, slope: float) -> None:
    x = torch.randn(3, 4, 2, 2)
    before = x.clone()
    norm_activation(norm, slope, 0.0, 0.0, maps=True)(x, torch.tensor([0, 1, 2]))
    assert torch.equal(x, before)


@pytest.mark.parametrize("conditional", [True, False])
def test_only_a_conditional_norm_takes_labels(conditional: bool) -> None:
    layer = norm_activation(Norm(conditional=conditional), 0.0, 0.0, 0.0, maps=False)
    assert layer.takes_labels is conditional
    assert isinstance(layer[0], ConditionalNorm) is conditional

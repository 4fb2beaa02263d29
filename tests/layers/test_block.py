import pytest
import torch
from torch import Tensor, nn

from steadygan.blueprint import Norm
from steadygan.layers.block import Between, Chain, Dropout, Noise
from steadygan.layers.norms import ConditionalNorm
from steadygan.layers.sides import BatchNorm1d, BatchNorm2d

NORM = Norm(momentum=0.3, eps=0.01)


class Told(nn.Module):
    """Adds the labels to x."""

    takes_labels = True

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        return x if labels is None else x + labels[:, None]


def between(norm: Norm | None, slope: float, dropout: float, noise: float, maps: bool) -> Between:
    return Between(4, norm, slope, dropout, noise, maps, classes=3)


def test_norm_comes_before_activation_then_noise_and_dropout_last() -> None:
    kinds = [type(layer) for layer in between(NORM, 0.2, 0.5, 0.1, maps=True)]
    assert kinds == [BatchNorm2d, nn.LeakyReLU, Noise, Dropout]
    assert [type(layer) for layer in between(NORM, 0.0, 0.0, 0.0, maps=False)] == [BatchNorm1d, nn.ReLU]
    assert [type(layer) for layer in between(None, 0.0, 0.0, 0.0, maps=True)] == [nn.ReLU]


def test_values_go_through_as_by_hand() -> None:
    x = torch.tensor([[1.0], [3.0]])
    made = Between(1, NORM, 0.5, 0.0, 0.0, maps=False, classes=0)(x.clone())
    scale = (1 + 0.01) ** -0.5  # mean 2, variance 1
    torch.testing.assert_close(made, torch.tensor([[-0.5 * scale], [scale]]))


@pytest.mark.parametrize("norm", [None, NORM, Norm(kind="instance"), Norm(conditional=True)])
@pytest.mark.parametrize("slope", [0.0, 0.2])
def test_what_goes_in_is_left_as_it_is(norm: Norm | None, slope: float) -> None:
    x = torch.randn(3, 4, 2, 2)
    before = x.clone()
    between(norm, slope, 0.0, 0.0, maps=True)(x, torch.tensor([0, 1, 2]))
    assert torch.equal(x, before)


@pytest.mark.parametrize("conditional", [True, False])
def test_only_a_conditional_norm_takes_labels(conditional: bool) -> None:
    layer = between(Norm(conditional=conditional), 0.0, 0.0, 0.0, maps=False)
    assert layer.takes_labels is conditional
    assert isinstance(layer[0], ConditionalNorm) is conditional


@pytest.mark.parametrize("training", [True, False])
def test_dropout_drops_its_share_and_keeps_the_mean(training: bool) -> None:
    torch.manual_seed(0)
    dropped = Dropout(0.3).train(training)(torch.ones(100_000))
    assert float((dropped == 0).float().mean()) == pytest.approx(0.3, abs=0.01)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.02)
    assert dropped.unique().tolist() == pytest.approx([0.0, 1 / 0.7])


@pytest.mark.parametrize("training", [True, False])
def test_noise_has_its_spread_and_is_drawn_anew(training: bool) -> None:
    torch.manual_seed(0)
    layer = Noise(0.3).train(training)
    noise = layer(torch.full((100_000,), 2.0)) - 2
    assert float(noise.mean()) == pytest.approx(0.0, abs=0.005)
    assert float(noise.std()) == pytest.approx(0.3, abs=0.005)
    assert not torch.equal(noise, layer(torch.full((100_000,), 2.0)) - 2)


def test_a_chain_gives_labels_to_those_that_take_them() -> None:
    x, labels = torch.zeros(2, 1), torch.tensor([1, 5])
    chain = Chain(nn.Identity(), Told(), Chain(Told(), nn.ReLU()))
    assert chain(x, labels).tolist() == [[2.0], [10.0]]
    assert chain(x).tolist() == [[0.0], [0.0]]


def test_a_chain_takes_labels_if_a_part_does() -> None:
    assert Chain(nn.ReLU(), Chain(Told())).takes_labels
    assert not Chain(nn.ReLU(), Chain(nn.Tanh())).takes_labels


def test_a_chain_can_be_indexed_sliced_and_iterated() -> None:
    parts = [nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)]
    chain = Chain(*parts)
    assert list(chain) == parts
    assert chain[1] is parts[1]
    assert list(nn.Sequential(*parts).state_dict()) == list(chain.state_dict())
    assert len(chain) == 3

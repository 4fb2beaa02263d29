import pytest
import torch
from torch import nn

from steadygan.heuristics.blueprint import BatchNorm
from steadygan.layers.block import Dropout, between

NORM = BatchNorm(momentum=0.3, eps=0.01)


def test_norm_comes_before_activation_and_dropout_last() -> None:
    assert [type(layer) for layer in between(4, NORM, 0.2, 0.5, maps=True)] == [nn.BatchNorm2d, nn.LeakyReLU, Dropout]
    assert [type(layer) for layer in between(4, NORM, 0.0, 0.0, maps=False)] == [nn.BatchNorm1d, nn.ReLU]
    assert [type(layer) for layer in between(4, None, 0.0, 0.0, maps=True)] == [nn.ReLU]


def test_values_go_through_as_by_hand() -> None:
    x = torch.tensor([[1.0], [3.0]])
    made = between(1, NORM, 0.5, 0.0, maps=False)(x.clone())
    scale = (1 + 0.01) ** -0.5  # mean 2, variance 1
    torch.testing.assert_close(made, torch.tensor([[-0.5 * scale], [scale]]))


@pytest.mark.parametrize("training", [True, False])
def test_dropout_drops_its_share_and_keeps_the_mean(training: bool) -> None:
    torch.manual_seed(0)
    dropped = Dropout(0.3).train(training)(torch.ones(100_000))
    assert float((dropped == 0).float().mean()) == pytest.approx(0.3, abs=0.01)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.02)
    assert dropped.unique().tolist() == pytest.approx([0.0, 1 / 0.7])

import pytest
import torch

from steadygan.layers.embedding import LabelChannel, LabelEmbedding


def test_a_label_picks_its_row() -> None:
    layer = LabelEmbedding(3, 2)
    made = layer(torch.tensor([2, 0, 2]))
    assert torch.equal(made, layer.table.weight[[2, 0, 2]])


def test_an_unknown_label_is_zero() -> None:
    made = LabelEmbedding(3, 4)(torch.tensor([-1, 1]))
    assert torch.equal(made[0], torch.zeros(4))
    assert not torch.equal(made[1], torch.zeros(4))


def test_a_channel_is_a_dense_layer_of_the_row() -> None:
    layer = LabelChannel(3, 2, 5).double()
    made = layer(torch.tensor([2, 0]))
    assert made.shape == (2, 1, 5, 5)
    for place, label in enumerate([2, 0]):
        for pixel in range(25):
            value = layer.dense.weight[pixel] @ layer.table.weight[label] + layer.dense.bias[pixel]
            assert float(made[place, 0, pixel // 5, pixel % 5].detach()) == pytest.approx(float(value.detach()))


def test_the_channel_of_an_unknown_label_is_zero() -> None:
    made = LabelChannel(3, 2, 4)(torch.tensor([1, -1]))
    assert torch.equal(made[1], torch.zeros(1, 4, 4))
    assert not torch.equal(made[0], torch.zeros(1, 4, 4))


def test_an_unknown_label_teaches_nothing() -> None:
    layer = LabelEmbedding(3, 2)
    layer(torch.tensor([-1, 1])).sum().backward()
    assert layer.table.weight.grad is not None
    assert layer.table.weight.grad.tolist() == [[0, 0], [1, 1], [0, 0]]

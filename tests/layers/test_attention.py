import math

import pytest
import torch
from torch import Tensor, nn

from steadygan.layers.attention import SelfAttention


def pooled(x: Tensor) -> list[Tensor]:
    """The maxima of each 2 x 2 block, smaller at an odd edge, of a map [C, H, W]."""
    height, width = x.shape[1:]
    return [
        x[:, row : row + 2, column : column + 2].flatten(1).amax(1)
        for row in range(0, height, 2)
        for column in range(0, width, 2)
    ]


def attended(layer: SelfAttention, x: Tensor) -> Tensor:
    """Equations 1 to 3 for one map [C, H, W], pixel by pixel."""

    def at_once(convolution: nn.Conv2d, vector: Tensor) -> Tensor:
        return convolution.weight[:, :, 0, 0] @ vector

    def whole(convolution: nn.Conv2d) -> Tensor:
        return torch.einsum("oc,chw->ohw", convolution.weight[:, :, 0, 0], x)

    keys, values = pooled(whole(layer.keys)), pooled(whole(layer.values))
    made = torch.empty_like(x)
    for row in range(x.shape[1]):
        for column in range(x.shape[2]):
            query = at_once(layer.queries, x[:, row, column])
            powers = [math.exp(float(query @ key)) for key in keys]
            mixed = sum((power / sum(powers)) * value for power, value in zip(powers, values, strict=True))
            assert isinstance(mixed, Tensor)
            made[:, row, column] = x[:, row, column] + layer.gamma * at_once(layer.outputs, mixed)
    return made


def awake(channels: int) -> SelfAttention:
    layer = SelfAttention(channels).double()
    with torch.no_grad():
        layer.gamma.fill_(0.7)
        for parameter in (layer.keys.weight, layer.queries.weight):
            parameter.mul_(3)
    return layer


@pytest.mark.parametrize("size", [(4, 4), (3, 5), (1, 1)])
def test_attention_is_a_softmax_over_the_pooled_pixels(size: tuple[int, int]) -> None:
    layer = awake(16)
    x = torch.randn(2, 16, *size, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(layer(x), torch.stack([attended(layer, each) for each in x]))


def test_attention_does_nothing_at_first() -> None:
    x = torch.randn(2, 8, 4, 4)
    assert torch.equal(SelfAttention(8)(x), x)


def test_its_strength_gets_gradients_at_once() -> None:
    layer = SelfAttention(8)
    layer(torch.randn(2, 8, 4, 4)).pow(2).sum().backward()
    assert layer.gamma.grad is not None
    assert float(layer.gamma.grad.abs()) > 0


@pytest.mark.parametrize("channels", [1, 4, 32])
def test_inner_channels_are_an_eighth_and_a_half_but_at_least_one(channels: int) -> None:
    layer = SelfAttention(channels)
    assert layer.keys.out_channels == layer.queries.out_channels == max(1, channels // 8)
    assert layer.values.out_channels == layer.outputs.in_channels == max(1, channels // 2)
    assert layer(torch.randn(1, channels, 2, 2)).shape == (1, channels, 2, 2)


def test_attention_can_be_differentiated_twice() -> None:
    layer = awake(2)
    x = torch.randn(1, 2, 2, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, (x,))
    assert torch.autograd.gradgradcheck(layer, (x,))

import torch
from torch import nn

from steadygan.heuristics.updates import WeightClipping, clip_weights
from steadygan.vocabulary import Player

from ..truth import FakeTable, FakeTurn
from .networks import players


def weights_of(network: nn.Module) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in network.parameters()]


def test_weights_are_put_back_onto_the_edge_and_those_within_stay() -> None:
    weight = nn.Parameter(torch.tensor([-3.0, -0.02, -0.01, 0.0, 0.005, 0.02, 7.0]))
    clip_weights([weight], 0.01)
    assert weight.tolist() == torch.tensor([-0.01, -0.01, -0.01, 0.0, 0.005, 0.01, 0.01]).tolist()
    assert weight.grad_fn is None


def test_a_weight_that_is_no_number_is_not_hidden() -> None:
    weight = torch.tensor([float("nan"), 1.0])
    clip_weights([weight], 0.5)
    assert weight.isnan().tolist() == [True, False]


def test_after_its_move_the_discriminator_is_clipped_and_the_generator_never() -> None:
    networks = players()
    state = FakeTable(networks=networks)
    before = {player: weights_of(network) for player, network in networks.items()}
    WeightClipping(bound=0.1).after_move(FakeTurn(Player.GENERATOR, state=state))
    for player, network in networks.items():
        torch.testing.assert_close(weights_of(network), before[player], rtol=0, atol=0)
    WeightClipping(bound=0.1).after_move(FakeTurn(Player.DISCRIMINATOR, state=state))
    torch.testing.assert_close(weights_of(networks[Player.GENERATOR]), before[Player.GENERATOR], rtol=0, atol=0)
    clipped = [
        torch.minimum(torch.maximum(w, -torch.tensor(0.1)), torch.tensor(0.1)) for w in before[Player.DISCRIMINATOR]
    ]
    torch.testing.assert_close(weights_of(networks[Player.DISCRIMINATOR]), clipped, rtol=0, atol=0)
    assert any((weight.abs() > 0.1).any() for weight in before[Player.DISCRIMINATOR])


def test_of_a_computed_weight_the_stored_one_is_clipped() -> None:
    layer = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 3))
    state = FakeTable(networks={Player.DISCRIMINATOR: layer})
    WeightClipping(bound=0.01).after_move(FakeTurn(Player.DISCRIMINATOR, state=state))
    stored = dict(layer.named_parameters())["parametrizations.weight.original"]
    assert stored.abs().max() <= 0.01
    assert (layer(torch.eye(3)) - layer(torch.zeros(3))).abs().max() > 0.01

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from steadygan.heuristics.updates import GradientClipping, WeightClipping, clip_gradients
from steadygan.vocabulary import Player

from ..truth import FakeTable, FakeTurn
from .networks import players


def test_a_long_gradient_is_shortened_as_a_whole_and_a_short_one_stays() -> None:
    first, second = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(()))
    first.grad, second.grad = torch.tensor([3.0, 4.0]), torch.tensor(12.0)
    assert clip_gradients([first, second], max_norm=100.0).item() == pytest.approx(13.0)
    assert first.grad.tolist() == [3.0, 4.0]
    assert clip_gradients([first, second], max_norm=1.3).item() == pytest.approx(13.0)
    torch.testing.assert_close(first.grad, torch.tensor([0.3, 0.4]))
    torch.testing.assert_close(second.grad, torch.tensor(1.2))


@pytest.mark.parametrize("player", list(Player))
def test_the_player_who_moves_is_clipped_together_with_its_companions(player: Player) -> None:
    networks, companion = players(), nn.Linear(2, 2)
    optimizers = {
        each: torch.optim.SGD([*network.parameters(), *(companion.parameters() if each is player else ())], lr=0.1)
        for each, network in networks.items()
    }
    for parameter in [p for network in (*networks.values(), companion) for p in network.parameters()]:
        parameter.grad = torch.full_like(parameter, 5.0)
    state = FakeTable(networks=networks, optimizers=optimizers, companions={"encoder": companion})
    GradientClipping(max_norm=2.0).before_update(FakeTurn(player, state=state))
    mine = [*networks[player].parameters(), *companion.parameters()]
    count = sum(parameter.numel() for parameter in mine)
    for parameter in mine:
        torch.testing.assert_close(parameter.grad, torch.full_like(parameter, 2.0 / count**0.5), rtol=1e-5, atol=0)
    for parameter in networks[player.other].parameters():
        torch.testing.assert_close(parameter.grad, torch.full_like(parameter, 5.0), rtol=0, atol=0)


def test_weights_without_a_gradient_are_passed_over() -> None:
    network = players()[Player.GENERATOR]
    state = FakeTable(optimizers={Player.GENERATOR: torch.optim.SGD(network.parameters(), lr=0.1)})
    first = next(network.parameters())
    first.grad = torch.full_like(first, 100.0)
    GradientClipping(max_norm=1.0).before_update(FakeTurn(Player.GENERATOR, state=state))
    assert first.grad.norm().item() == pytest.approx(1.0, rel=1e-4)
    assert all(parameter.grad is None for parameter in list(network.parameters())[1:])


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_impossible_bounds_are_refused(value: float) -> None:
    with pytest.raises(ValidationError):
        WeightClipping(bound=value)
    with pytest.raises(ValidationError):
        GradientClipping(max_norm=value)

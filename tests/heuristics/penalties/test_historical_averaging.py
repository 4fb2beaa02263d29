import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils import parametrize

from steadygan.heuristics.penalties import HistoricalAveraging, historical_penalty, running_mean_update
from steadygan.vocabulary import Player

from ..truth import FakeTable, FakeTurn
from .differences import random, slopes
from .doubled import Doubled


def test_the_distance_from_the_past_is_squared_and_summed() -> None:
    weights = [torch.tensor([1.0, 2.0]), torch.tensor([[3.0]])]
    means = [torch.tensor([0.0, 4.0]), torch.tensor([[1.0]])]
    assert historical_penalty(weights, means, 0.5).item() == pytest.approx(0.5 * (1 + 4 + 4))


def test_the_slope_of_the_distance_is_what_finite_differences_say() -> None:
    weights, means = random(2, 3).requires_grad_(), random(2, 3, seed=1)
    (ours,) = torch.autograd.grad(historical_penalty([weights], [means], 3.0), weights)
    torch.testing.assert_close(ours, slopes(lambda w: historical_penalty([w], [means], 3.0).item(), weights.detach()))


@settings(max_examples=30)
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20))
def test_the_running_mean_is_the_plain_mean(values: list[float]) -> None:
    means = [torch.zeros(2, dtype=torch.float64)]
    for count, value in enumerate(values, start=1):
        running_mean_update(means, [torch.tensor([value, -value], dtype=torch.float64)], count)
    expected = sum(values) / len(values)
    assert means[0].tolist() == pytest.approx([expected, -expected], abs=1e-9)


def test_each_player_pays_for_its_distance_from_the_mean_of_all_its_past_moves() -> None:
    networks: dict[Player, nn.Module] = {player: nn.Linear(2, 1, bias=False).double() for player in Player}
    heuristic, state = HistoricalAveraging(weight=0.5), FakeTable(networks)
    heuristic.begin(state)
    past: dict[Player, list[Tensor]] = {player: [] for player in Player}
    for move, player in enumerate([Player.GENERATOR, Player.DISCRIMINATOR, Player.GENERATOR, Player.GENERATOR] * 2):
        turn, weight = FakeTurn(player, state=state), next(networks[player].parameters())
        penalty = heuristic(turn)
        expected = 0.0
        if past[player]:
            mean = torch.stack(past[player]).mean(0)
            expected = 0.5 * (weight - mean).square().sum().item()
        assert penalty.item() == pytest.approx(expected, abs=1e-12)
        assert turn.notes[f"historical-averaging/{player.value}"].item() == penalty.item()
        with torch.no_grad():
            weight.add_(random(1, 2, seed=move))
        heuristic.after_move(turn)
        past[player].append(weight.detach().clone())


def test_the_first_move_has_no_slope() -> None:
    network = nn.Linear(2, 1)
    heuristic, state = HistoricalAveraging(), FakeTable({Player.GENERATOR: network})
    heuristic.begin(state)
    torch.autograd.backward(heuristic(FakeTurn(Player.GENERATOR, state=state)))
    assert network.weight.grad is not None
    assert not network.weight.grad.any()


def test_the_mean_is_of_parameters_and_not_of_what_a_parametrisation_makes_of_them() -> None:
    layer = nn.Linear(2, 1, bias=False)
    parametrize.register_parametrization(layer, "weight", Doubled())
    original = next(layer.parameters())
    heuristic, state = HistoricalAveraging(weight=1.0), FakeTable({Player.GENERATOR: layer})
    heuristic.begin(state)
    turn = FakeTurn(Player.GENERATOR, state=state)
    heuristic.after_move(turn)
    with torch.no_grad():
        original.add_(1.0)
    assert heuristic(turn).item() == pytest.approx(2.0)


def test_a_player_who_does_not_pay_has_no_past() -> None:
    networks: dict[Player, nn.Module] = {player: nn.Linear(2, 1) for player in Player}
    heuristic, state = HistoricalAveraging(in_discriminator=False), FakeTable(networks)
    heuristic.begin(state)
    for player in Player:
        heuristic.after_move(FakeTurn(player, state=state))
    assert set(state.memory("historical-averaging")) == {"generator"}
    assert state.memory("historical-averaging")["generator"]["count"] == 1


def test_the_past_carries_no_gradients_and_shares_no_memory_with_the_weights() -> None:
    network = nn.Linear(2, 1)
    heuristic, state = HistoricalAveraging(), FakeTable({Player.GENERATOR: network})
    heuristic.begin(state)
    heuristic.after_move(FakeTurn(Player.GENERATOR, state=state))
    before = network.weight.detach().clone()
    with torch.no_grad():
        network.weight.zero_()
    kept = state.memory("historical-averaging")["generator"]["means"]
    assert not any(mean.requires_grad for mean in kept)
    torch.testing.assert_close(kept[0], before)

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor, nn
from torch.nn.utils import parametrize

from steadygan.heuristics.penalties import (
    HistoricalAveraging,
    Orthogonal,
    historical_penalty,
    orthogonal_penalty,
    row_overlap,
    running_mean_update,
    weight_matrix,
)
from steadygan.vocabulary import Player

from ..truth import FakeState, FakeTurn
from .differences import random, slopes


class Doubled(nn.Module):
    """A parametrisation: twice the parameter."""

    def forward(self, x: Tensor) -> Tensor:
        return 2 * x


def overlap_by_loop(matrix: Tensor) -> float:
    total = 0.0
    for i, first in enumerate(matrix):
        for j, second in enumerate(matrix):
            if i != j:
                total += (first * second).sum().item() ** 2
    return total


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (1, 6), (6, 1)])
def test_the_overlap_is_the_sum_over_pairs_of_rows(shape: tuple[int, int]) -> None:
    matrix = random(*shape)
    assert row_overlap(matrix).item() == pytest.approx(overlap_by_loop(matrix), rel=1e-10, abs=1e-12)


@settings(max_examples=30)
@given(st.integers(1, 5), st.integers(1, 5), st.floats(0.1, 10), st.integers(0, 1000))
def test_the_overlap_is_not_negative_and_of_fourth_order(rows: int, columns: int, factor: float, seed: int) -> None:
    matrix = random(rows, columns, seed=seed)
    overlap = row_overlap(matrix).item()
    assert overlap >= -1e-9
    assert row_overlap(factor * matrix).item() == pytest.approx(factor**4 * overlap, rel=1e-6, abs=1e-6)


def test_orthogonal_rows_of_any_length_have_no_overlap() -> None:
    basis, _ = torch.linalg.qr(random(5, 5))
    scaled = basis[:4] * torch.tensor([[1.0], [2.0], [0.1], [5.0]], dtype=torch.float64)
    assert row_overlap(scaled).item() == pytest.approx(0, abs=1e-20)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3)])
def test_the_slope_of_the_overlap_is_what_finite_differences_say(shape: tuple[int, int]) -> None:
    matrix = random(*shape).requires_grad_()
    (ours,) = torch.autograd.grad(row_overlap(matrix), matrix)
    expected = slopes(lambda m: overlap_by_loop(m), matrix.detach())
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-6)


def test_rows_are_the_outputs_of_a_convolution() -> None:
    layer = nn.Conv2d(2, 3, 4)
    matrix = weight_matrix(layer)
    assert matrix is not None
    assert matrix.shape == (3, 32)
    torch.testing.assert_close(matrix[1], layer.weight[1].flatten())


@pytest.mark.parametrize("groups", [1, 2])
def test_rows_are_the_outputs_of_a_transposed_convolution(groups: int) -> None:
    layer = nn.ConvTranspose2d(4, 6, 3, groups=groups)
    matrix = weight_matrix(layer)
    assert matrix is not None
    assert matrix.shape == (6, 4 // groups * 9)
    for output in range(6):
        group, place = divmod(output, 6 // groups)
        inputs = slice(group * 4 // groups, (group + 1) * 4 // groups)
        torch.testing.assert_close(matrix[output], layer.weight[inputs, place].flatten())


@pytest.mark.parametrize("layer", [nn.BatchNorm2d(3), nn.Embedding(3, 4), nn.ReLU()])
def test_other_layers_have_no_rows(layer: nn.Module) -> None:
    assert weight_matrix(layer) is None


def test_the_penalty_is_the_weighted_sum_over_the_layers() -> None:
    network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 4)).double()
    expected = sum(overlap_by_loop(layer.weight.detach()) for layer in network if isinstance(layer, nn.Linear))
    assert orthogonal_penalty(network, 0.5).item() == pytest.approx(0.5 * expected)


def test_of_a_parametrised_layer_the_weight_it_computes_with_is_penalised() -> None:
    layer = nn.Linear(3, 2).double()
    plain = orthogonal_penalty(layer).item()
    parametrize.register_parametrization(layer, "weight", Doubled())
    assert orthogonal_penalty(layer).item() == pytest.approx(16 * plain)


def test_the_orthogonal_heuristic_penalises_the_player_who_moves() -> None:
    networks = {Player.GENERATOR: nn.Linear(3, 2), Player.DISCRIMINATOR: nn.Linear(2, 4)}
    heuristic = Orthogonal(weight=0.1, in_discriminator=True)
    for player, network in networks.items():
        turn = FakeTurn(player, state=FakeState(networks))
        penalty = heuristic(turn)
        torch.autograd.backward(penalty)
        assert penalty.item() == pytest.approx(0.1 * overlap_by_loop(network.weight.double()), rel=1e-5)
        assert network.weight.grad is not None
        assert turn.logged[f"orthogonal/{player.value}"].item() == penalty.item()


def test_orthogonal_is_the_generators_unless_told_otherwise() -> None:
    assert Orthogonal().players == {Player.GENERATOR}
    assert Orthogonal().weight == 1e-4
    assert Orthogonal(in_generator=False, in_discriminator=True).players == {Player.DISCRIMINATOR}
    assert HistoricalAveraging().players == set(Player)


@pytest.mark.parametrize("kind", [Orthogonal, HistoricalAveraging])
def test_a_penalty_for_nobody_is_refused(kind: type[Orthogonal] | type[HistoricalAveraging]) -> None:
    with pytest.raises(ValidationError, match="switch one on"):
        kind(in_generator=False, in_discriminator=False)
    for parameters in ({"weight": -1}, {"every": 0}):
        with pytest.raises(ValidationError):
            kind.model_validate(parameters)


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
    heuristic, state = HistoricalAveraging(weight=0.5), FakeState(networks)
    past: dict[Player, list[Tensor]] = {player: [] for player in Player}
    for move, player in enumerate([Player.GENERATOR, Player.DISCRIMINATOR, Player.GENERATOR, Player.GENERATOR] * 2):
        turn, weight = FakeTurn(player, state=state), next(networks[player].parameters())
        penalty = heuristic(turn)
        expected = 0.0
        if past[player]:
            mean = torch.stack(past[player]).mean(0)
            expected = 0.5 * (weight - mean).square().sum().item()
        assert penalty.item() == pytest.approx(expected, abs=1e-12)
        assert turn.logged[f"historical-averaging/{player.value}"].item() == penalty.item()
        with torch.no_grad():
            weight.add_(random(1, 2, seed=move))
        heuristic.after_move(turn)
        past[player].append(weight.detach().clone())


def test_the_first_move_has_no_slope() -> None:
    network = nn.Linear(2, 1)
    heuristic, state = HistoricalAveraging(in_discriminator=False), FakeState({Player.GENERATOR: network})
    torch.autograd.backward(heuristic(FakeTurn(Player.GENERATOR, state=state)))
    assert network.weight.grad is not None
    assert not network.weight.grad.any()


def test_the_mean_is_of_parameters_and_not_of_what_a_parametrisation_makes_of_them() -> None:
    layer = nn.Linear(2, 1, bias=False)
    parametrize.register_parametrization(layer, "weight", Doubled())
    original = next(layer.parameters())
    heuristic, state = HistoricalAveraging(weight=1.0, in_discriminator=False), FakeState({Player.GENERATOR: layer})
    turn = FakeTurn(Player.GENERATOR, state=state)
    heuristic.after_move(turn)
    with torch.no_grad():
        original.add_(1.0)
    assert heuristic(turn).item() == pytest.approx(2.0)


def test_a_player_who_does_not_pay_has_no_past() -> None:
    networks: dict[Player, nn.Module] = {player: nn.Linear(2, 1) for player in Player}
    heuristic, state = HistoricalAveraging(in_discriminator=False), FakeState(networks)
    for player in Player:
        heuristic.after_move(FakeTurn(player, state=state))
    past = state.memory(heuristic)
    assert past.counts == {"generator": 1}
    assert past.means.keys() == {"generator"}


def test_the_past_carries_no_gradients_and_shares_no_memory_with_the_weights() -> None:
    network = nn.Linear(2, 1)
    heuristic, state = HistoricalAveraging(in_discriminator=False), FakeState({Player.GENERATOR: network})
    heuristic.after_move(FakeTurn(Player.GENERATOR, state=state))
    before = network.weight.detach().clone()
    with torch.no_grad():
        network.weight.zero_()
    kept = state.memory(heuristic).means["generator"]
    assert not any(mean.requires_grad for mean in kept)
    torch.testing.assert_close(kept[0], before)

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils import parametrize

from steadygan.heuristics.penalties import Orthogonal, orthogonal_penalty, row_overlap, weight_matrix
from steadygan.vocabulary import Player

from ..truth import FakeTable, FakeTurn
from .differences import random, slopes
from .doubled import Doubled


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
        turn = FakeTurn(player, state=FakeTable(networks))
        penalty = heuristic(turn)
        torch.autograd.backward(penalty)
        assert penalty.item() == pytest.approx(0.1 * overlap_by_loop(network.weight.double()), rel=1e-5)
        assert network.weight.grad is not None
        assert turn.notes[f"orthogonal/{player.value}"].item() == penalty.item()

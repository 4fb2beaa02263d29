import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from steadygan.heuristics.objectives import FeatureMatching, feature_matching_loss
from steadygan.vocabulary import Player, Side
from tests.heuristics.truth import FakeTurn, seeded

REAL = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
FAKE = torch.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, -1.0]])
LOSSES = torch.tensor([3.0, 5.0])
# Means (2, 4) and (1, 0): 1 + 16.
DISTANCE = 17.0


def turn(player: Player) -> FakeTurn:
    return FakeTurn(player, features={Side.REAL: REAL, Side.FAKE: FAKE})


def test_it_is_the_squared_distance_of_the_mean_features() -> None:
    assert feature_matching_loss(REAL, FAKE).item() == DISTANCE


@given(order=st.permutations(range(3)), seed=st.integers(0, 1000))
def test_it_sees_means_only(order: list[int], seed: int) -> None:
    spread = torch.randn(2, 2, generator=seeded(seed), dtype=torch.float64)
    spread = spread - spread.mean(0)
    after = feature_matching_loss(REAL.double() + spread, FAKE.double()[order])
    torch.testing.assert_close(after, torch.tensor(DISTANCE, dtype=torch.float64))


def test_gradients_flow_into_the_fakes_only() -> None:
    real, fake = REAL.double().requires_grad_(), FAKE.double().requires_grad_()
    loss = feature_matching_loss(real, fake)
    torch.autograd.backward(loss)
    assert real.grad is None
    # 2 (mean fake - mean real) / N for each of the N = 3 fakes.
    torch.testing.assert_close(fake.grad, torch.tensor([[-2.0, -8.0]] * 3, dtype=torch.float64) / 3)
    assert torch.autograd.gradcheck(lambda each: feature_matching_loss(REAL.double(), each), (fake,))


def test_it_replaces_the_generators_losses() -> None:
    heuristic = FeatureMatching(weight=0.5)
    replaced = heuristic.apply(LOSSES, turn(Player.GENERATOR))
    assert replaced.tolist() == [0.5 * DISTANCE]
    assert heuristic.loss_term(turn(Player.GENERATOR)) is None


def test_it_can_stand_beside_the_generators_losses() -> None:
    heuristic = FeatureMatching(weight=0.5, beside=True)
    assert torch.equal(heuristic.apply(LOSSES, FakeTurn(Player.GENERATOR)), LOSSES)
    term = heuristic.loss_term(turn(Player.GENERATOR))
    assert term is not None
    assert term.shape == ()
    assert term.item() == 0.5 * DISTANCE


@pytest.mark.parametrize("beside", [False, True])
def test_the_discriminators_loss_is_left_alone(beside: bool) -> None:
    heuristic = FeatureMatching(beside=beside)
    assert torch.equal(heuristic.apply(LOSSES, FakeTurn(Player.DISCRIMINATOR)), LOSSES)
    assert heuristic.loss_term(FakeTurn(Player.DISCRIMINATOR)) is None


def test_it_says_that_it_reads_features() -> None:
    assert FeatureMatching.uses_features
    assert FeatureMatching.modifies


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_weights_are_refused(weight: float) -> None:
    with pytest.raises(ValidationError):
        FeatureMatching(weight=weight)

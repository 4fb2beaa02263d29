import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from steadygan.heuristics.objectives import RelativisticAverage, relativistic_average_loss, relativistic_loss
from steadygan.vocabulary import Player, Side
from tests.heuristics.truth import FakeTurn

REAL = torch.tensor([2.0, 0.5, -1.0], dtype=torch.float64)
FAKE = torch.tensor([-3.0, 0.0, 1.5], dtype=torch.float64)
HARD = {Side.REAL: torch.ones(3, dtype=torch.float64), Side.FAKE: torch.zeros(3, dtype=torch.float64)}


def log_sigmoid(logit: float) -> float:
    """The logarithm of 1 / (1 + exp(-logit)), from its definition."""
    return math.log(1 / (1 + math.exp(-logit)))


def test_it_is_the_cross_entropy_of_differences_from_the_other_sides_mean() -> None:
    real_mean, fake_mean = 1.5 / 3, -1.5 / 3
    expected = [
        -log_sigmoid(real - fake_mean) - log_sigmoid(-(fake - real_mean))
        for real, fake in zip(REAL.tolist(), FAKE.tolist(), strict=True)
    ]
    np.testing.assert_allclose(relativistic_average_loss(REAL, FAKE).numpy(), expected)


def test_without_a_batch_it_is_twice_the_paired_loss() -> None:
    torch.testing.assert_close(relativistic_average_loss(REAL[:1], FAKE[:1]), 2 * relativistic_loss(REAL[:1], FAKE[:1]))


def test_gradients_reach_both_sides_through_the_means_too() -> None:
    winner, loser = REAL.clone().requires_grad_(), FAKE.clone().requires_grad_()
    assert torch.autograd.gradcheck(relativistic_average_loss, (winner, loser))
    gradients = torch.autograd.grad(relativistic_average_loss(winner, loser).mean(), (winner, loser))
    assert (gradients[0] < 0).all()
    assert (gradients[1] > 0).all()
    # A shift of everything changes nothing, so the pulls on both sides cancel.
    assert (gradients[0].sum() + gradients[1].sum()).item() == pytest.approx(0, abs=1e-12)


@given(shift=st.floats(-100, 100), order=st.permutations(range(3)), other=st.permutations(range(3)))
def test_its_mean_sees_neither_a_shift_nor_the_order_of_either_side(
    shift: float, order: list[int], other: list[int]
) -> None:
    before = relativistic_average_loss(REAL, FAKE).mean()
    torch.testing.assert_close(relativistic_average_loss(REAL[order] + shift, FAKE[other] + shift).mean(), before)


def test_it_is_stable_for_enormous_differences() -> None:
    logits = torch.tensor([1e4, 1e4])
    assert relativistic_average_loss(logits, -logits).tolist() == [0.0, 0.0]
    assert relativistic_average_loss(-logits, logits).tolist() == [4e4, 4e4]


def test_each_player_wants_its_side_to_win() -> None:
    logits = {Side.REAL: REAL, Side.FAKE: FAKE}
    ours = RelativisticAverage()(FakeTurn(Player.DISCRIMINATOR, logits=logits, targets=HARD))
    theirs = RelativisticAverage()(FakeTurn(Player.GENERATOR, logits=logits, targets=HARD))
    torch.testing.assert_close(ours, relativistic_average_loss(REAL, FAKE))
    torch.testing.assert_close(theirs, relativistic_average_loss(FAKE, REAL))
    assert theirs.mean() > ours.mean()  # the discriminator is ahead


def test_it_takes_the_targets_of_the_turn() -> None:
    assert RelativisticAverage.has_targets
    soft = {Side.REAL: torch.full_like(REAL, 0.9), Side.FAKE: torch.full_like(FAKE, 0.2)}
    loss = RelativisticAverage()(FakeTurn(logits={Side.REAL: REAL, Side.FAKE: FAKE}, targets=soft))
    real_part = F.binary_cross_entropy(torch.sigmoid(REAL - FAKE.mean()), soft[Side.REAL], reduction="none")
    fake_part = F.binary_cross_entropy(torch.sigmoid(FAKE - REAL.mean()), soft[Side.FAKE], reduction="none")
    torch.testing.assert_close(loss, real_part + fake_part)

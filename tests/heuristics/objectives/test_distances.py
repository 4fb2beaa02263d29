import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from steadygan.heuristics.objectives import (
    LeastSquares,
    Wasserstein,
    least_squares,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    wasserstein_discriminator_loss,
    wasserstein_generator_loss,
)
from steadygan.vocabulary import Player, Side
from tests.heuristics.truth import FakeTurn

REAL, FAKE = torch.tensor([2.0, 0.5, -1.0]), torch.tensor([-3.0, 0.0, 1.5])
LOGITS = {Side.REAL: REAL, Side.FAKE: FAKE}
HARD = {Side.REAL: torch.ones(3), Side.FAKE: torch.zeros(3)}
SOFT = {Side.REAL: torch.tensor([0.9, 1.2, 0.0]), Side.FAKE: torch.tensor([0.3, 0.0, 1.0])}


@given(logit=st.floats(-50, 50), target=st.floats(-0.5, 1.5))
def test_least_squares_is_half_of_torchs_squared_error(logit: float, target: float) -> None:
    logits, targets = (torch.tensor([value], dtype=torch.float64) for value in (logit, target))
    torch.testing.assert_close(least_squares(logits, targets), F.mse_loss(logits, targets, reduction="none") / 2)


def test_the_slope_of_least_squares_is_the_logit_less_its_target() -> None:
    logits = torch.linspace(-3, 3, 7, dtype=torch.float64, requires_grad=True)
    targets = torch.linspace(0, 1, 7, dtype=torch.float64)
    assert torch.autograd.gradcheck(least_squares, (logits, targets))
    (slope,) = torch.autograd.grad(least_squares(logits, targets).sum(), logits)
    torch.testing.assert_close(slope, logits.detach() - targets)


def test_least_squares_has_the_halves_of_the_paper() -> None:
    # Real: 1/2, 1/8, 2; fake: 9/2, 0, 9/8.
    loss = least_squares_discriminator_loss(REAL, FAKE, torch.ones(3), torch.zeros(3))
    assert loss.tolist() == [0.5 + 4.5, 0.125, 2 + 1.125]
    # (-3 - 1)² / 2, 1 / 2, 1 / 8.
    assert least_squares_generator_loss(FAKE).tolist() == [8.0, 0.5, 0.125]


def test_the_best_answer_of_least_squares_is_the_share_of_reals() -> None:
    # Mao et al., equation 5 with a = 0 and b = 1: where 3 of 4 images are real, D = 3/4.
    logit = torch.zeros((), dtype=torch.float64, requires_grad=True)
    ones = torch.ones((), dtype=torch.float64)
    loss = 3 * least_squares(logit, ones) + least_squares(logit, 0 * ones)
    (slope,) = torch.autograd.grad(loss, logit)
    # The loss is a parabola of curvature 4, so one step of Newton's finds its bottom.
    assert (-slope / 4).item() == pytest.approx(0.75)


def test_least_squares_pulls_back_fakes_beyond_the_target_and_wasserstein_does_not() -> None:
    logits = torch.tensor([-5.0, 1.0, 5.0], requires_grad=True)
    (squares,) = torch.autograd.grad(least_squares_generator_loss(logits).sum(), logits)
    (critic,) = torch.autograd.grad(wasserstein_generator_loss(logits).sum(), logits)
    assert squares.tolist() == [-6.0, 0.0, 4.0]
    assert critic.tolist() == [-1.0, -1.0, -1.0]


def test_wasserstein_is_the_difference_of_the_answers() -> None:
    assert wasserstein_discriminator_loss(REAL, FAKE).tolist() == [-5.0, -0.5, 2.5]
    assert wasserstein_generator_loss(FAKE).tolist() == [3.0, 0.0, -1.5]


def test_the_identity_as_critic_measures_how_far_a_line_was_moved() -> None:
    # The earth mover's distance of samples on a line is the mean gap of the sorted ones; for a shift it is the shift.
    points = np.random.default_rng(0).normal(size=50)
    gap = np.abs(np.sort(points + 2.5) - np.sort(points)).mean()
    real, fake = torch.from_numpy(points + 2.5), torch.from_numpy(points)
    assert -wasserstein_discriminator_loss(real, fake).mean().item() == pytest.approx(gap)


@given(shift=st.floats(-100, 100), order=st.permutations(range(3)))
def test_the_critics_mean_loss_sees_neither_a_shift_nor_the_order(shift: float, order: list[int]) -> None:
    before = wasserstein_discriminator_loss(REAL.double(), FAKE.double()).mean()
    after = wasserstein_discriminator_loss(REAL.double() + shift, FAKE.double()[order] + shift).mean()
    torch.testing.assert_close(before, after)


def test_least_squares_takes_the_targets_of_the_turn() -> None:
    assert LeastSquares.has_targets
    loss = LeastSquares()(FakeTurn(logits=LOGITS, targets=SOFT))
    expected = ((REAL - SOFT[Side.REAL]) ** 2 + (FAKE - SOFT[Side.FAKE]) ** 2) / 2
    torch.testing.assert_close(loss, expected)
    wanted = LeastSquares()(FakeTurn(Player.GENERATOR, logits={Side.FAKE: FAKE}, targets=SOFT))
    torch.testing.assert_close(wanted, (FAKE - SOFT[Side.REAL]) ** 2 / 2)


def test_each_player_of_wasserstein_minimises_its_own_loss() -> None:
    assert not Wasserstein.has_targets
    assert Wasserstein()(FakeTurn(logits=LOGITS)).tolist() == [-5.0, -0.5, 2.5]
    assert Wasserstein()(FakeTurn(Player.GENERATOR, logits={Side.FAKE: FAKE})).tolist() == [3.0, 0.0, -1.5]


def test_the_card_of_wasserstein_says_what_it_needs_to_mean_a_distance() -> None:
    assert not Wasserstein.needs
    for name in ("weight-clipping", "gradient-penalty", "spectral-norm"):
        assert name in Wasserstein.card.note

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from steadygan.heuristics.objectives import (
    LeastSquares,
    least_squares,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    wasserstein_generator_loss,
)
from steadygan.vocabulary import Player, Side
from tests.heuristics.truth import FakeTurn

REAL, FAKE = torch.tensor([2.0, 0.5, -1.0]), torch.tensor([-3.0, 0.0, 1.5])
LOGITS = {Side.REAL: REAL, Side.FAKE: FAKE}
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


def test_least_squares_takes_the_targets_of_the_turn() -> None:
    assert LeastSquares.has_targets
    loss = LeastSquares()(FakeTurn(logits=LOGITS, targets=SOFT))
    expected = ((REAL - SOFT[Side.REAL]) ** 2 + (FAKE - SOFT[Side.FAKE]) ** 2) / 2
    torch.testing.assert_close(loss, expected)
    wanted = LeastSquares()(FakeTurn(Player.GENERATOR, logits={Side.FAKE: FAKE}, targets=SOFT))
    torch.testing.assert_close(wanted, (FAKE - SOFT[Side.REAL]) ** 2 / 2)

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadygan.heuristics.objectives import (
    Minimax,
    NonSaturating,
    cross_entropy,
    discriminator_cross_entropy,
    minimax_generator_loss,
    non_saturating_generator_loss,
)
from steadygan.heuristics.roles import Objective
from steadygan.vocabulary import Side

from ..truth import FakeTurn
from .formulas import log_sigmoid, slope

pytestmark = pytest.mark.usefixtures("float64")
DOUBLE = torch.float64
REAL, FAKE = torch.tensor([2.0, 0.5, -1.0], dtype=DOUBLE), torch.tensor([-3.0, 0.0, 1.5], dtype=DOUBLE)
LOGITS = {Side.REAL: REAL, Side.FAKE: FAKE}


@given(logit=st.floats(-30, 30), target=st.floats(-0.5, 1.5))
def test_cross_entropy_is_its_formula(logit: float, target: float) -> None:
    ours = cross_entropy(torch.tensor([logit], dtype=torch.float64), torch.tensor([target], dtype=torch.float64))
    expected = -target * log_sigmoid(logit) - (1 - target) * log_sigmoid(-logit)
    assert ours.item() == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_cross_entropy_is_stable_for_enormous_logits() -> None:
    logits = torch.tensor([1e4, -1e4, 1e4, -1e4], requires_grad=True)
    loss = cross_entropy(logits, torch.tensor([1.0, 1.0, 0.0, 0.0]))
    assert loss.tolist() == [0.0, 1e4, 1e4, 0.0]
    assert slope(loss, logits).tolist() == [0.0, -1.0, 1.0, 0.0]


def test_the_slope_of_cross_entropy_is_the_answer_minus_the_target() -> None:
    logits = torch.linspace(-5, 5, 11, dtype=torch.float64, requires_grad=True)
    targets = torch.linspace(0, 1.2, 11, dtype=torch.float64)
    answers = 1 / (1 + torch.exp(-logits.detach()))
    torch.testing.assert_close(slope(cross_entropy(logits, targets), logits), answers - targets)


def test_the_discriminators_loss_is_that_of_the_paper() -> None:
    loss = discriminator_cross_entropy(REAL, FAKE, torch.ones(3), torch.zeros(3))
    expected = [
        -log_sigmoid(real) - math.log(1 - 1 / (1 + math.exp(-fake)))
        for real, fake in zip(REAL.tolist(), FAKE.tolist(), strict=True)
    ]
    np.testing.assert_allclose(loss.numpy(), expected, rtol=1e-12)


def test_a_discriminator_that_knows_nothing_loses_twice_log_two() -> None:
    loss = discriminator_cross_entropy(torch.zeros(1), torch.zeros(1), torch.ones(1), torch.zeros(1))
    assert loss.item() == pytest.approx(2 * math.log(2))


def test_minimax_is_log_one_minus_the_answer() -> None:
    expected = [math.log(1 - 1 / (1 + math.exp(-logit))) for logit in FAKE.tolist()]
    np.testing.assert_allclose(minimax_generator_loss(FAKE).numpy(), expected, rtol=1e-12)


def test_non_saturating_is_minus_log_the_answer() -> None:
    expected = [-log_sigmoid(logit) for logit in FAKE.tolist()]
    np.testing.assert_allclose(non_saturating_generator_loss(FAKE).numpy(), expected, rtol=1e-12)


def test_minimax_vanishes_where_the_discriminator_is_sure_and_non_saturating_does_not() -> None:
    logits = torch.tensor([-20.0], requires_grad=True)
    minimax = slope(minimax_generator_loss(logits), logits).item()
    flipped = slope(non_saturating_generator_loss(logits), logits).item()
    assert minimax == pytest.approx(-math.exp(-20), rel=1e-3)
    assert flipped == pytest.approx(-1, rel=1e-6)


@pytest.mark.parametrize("loss", [minimax_generator_loss, non_saturating_generator_loss])
def test_either_generator_wants_larger_logits(loss: object) -> None:
    assert callable(loss)
    logits = torch.linspace(-3, 3, 7, requires_grad=True)
    assert (slope(loss(logits), logits) < 0).all()


def test_generators_take_other_targets() -> None:
    nine_tenths = torch.full((3,), 0.9)
    np.testing.assert_allclose(
        non_saturating_generator_loss(FAKE, nine_tenths).numpy(),
        [-0.9 * log_sigmoid(logit) - 0.1 * log_sigmoid(-logit) for logit in FAKE.tolist()],
        rtol=1e-12,
    )
    np.testing.assert_allclose(
        minimax_generator_loss(FAKE, 1 - nine_tenths).numpy(),
        [0.1 * log_sigmoid(logit) + 0.9 * log_sigmoid(-logit) for logit in FAKE.tolist()],
        rtol=1e-12,
    )


@pytest.mark.parametrize("objective", [Minimax(), NonSaturating()])
def test_cross_entropies_take_the_targets_of_the_turn(objective: Objective) -> None:
    targets = {Side.REAL: torch.tensor([0.9, 0.8, 1.2]), Side.FAKE: torch.tensor([0.0, 0.3, 1.0])}
    loss = objective(FakeTurn(logits=LOGITS, targets=targets))
    expected = [
        -t * log_sigmoid(r) - (1 - t) * log_sigmoid(-r) - s * log_sigmoid(f) - (1 - s) * log_sigmoid(-f)
        for r, t, f, s in zip(
            REAL.tolist(), targets[Side.REAL].tolist(), FAKE.tolist(), targets[Side.FAKE].tolist(), strict=True
        )
    ]
    np.testing.assert_allclose(loss.numpy(), expected, rtol=1e-12)

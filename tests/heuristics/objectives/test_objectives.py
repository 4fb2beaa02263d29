import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from steadygan.heuristics.objectives import (
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    Relativistic,
    RelativisticAverage,
    Wasserstein,
    cross_entropy,
    discriminator_cross_entropy,
    hinge_discriminator_loss,
    hinge_generator_loss,
    minimax_generator_loss,
    non_saturating_generator_loss,
    relativistic_loss,
)
from steadygan.heuristics.roles import Objective
from steadygan.heuristics.turn import DiscriminatorOutput, Turn
from steadygan.vocabulary import Player, Side

from ..truth import FakeTurn

pytestmark = pytest.mark.usefixtures("float64")

DOUBLE = torch.float64
REAL, FAKE = torch.tensor([2.0, 0.5, -1.0], dtype=DOUBLE), torch.tensor([-3.0, 0.0, 1.5], dtype=DOUBLE)
LOGITS = {Side.REAL: REAL, Side.FAKE: FAKE}
ONES, ZEROS = torch.ones(3, dtype=DOUBLE), torch.zeros(3, dtype=DOUBLE)


def log_sigmoid(logit: float) -> float:
    """The logarithm of 1 / (1 + exp(-logit)), from its definition."""
    return math.log(1 / (1 + math.exp(-logit)))


def slope(loss: Tensor, logits: Tensor) -> Tensor:
    """Derivative of each loss in its own logit."""
    (gradient,) = torch.autograd.grad(loss.sum(), logits)
    return gradient


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


def test_the_hinge_counts_only_what_is_within_the_margin() -> None:
    # Real: max(0, 1 - 2), max(0, 1 - 0.5), max(0, 1 + 1); fake: max(0, 1 - 3), max(0, 1 + 0), max(0, 1 + 1.5).
    assert hinge_discriminator_loss(REAL, FAKE).tolist() == [0.0, 0.5 + 1.0, 2.0 + 2.5]


def test_the_generator_of_the_hinge_raises_its_logits() -> None:
    assert hinge_generator_loss(FAKE).tolist() == [3.0, 0.0, -1.5]


def test_the_hinge_teaches_nothing_beyond_the_margin() -> None:
    real = torch.tensor([1.5, 0.5], requires_grad=True)
    fake = torch.tensor([-1.5, -0.5], requires_grad=True)
    loss = hinge_discriminator_loss(real, fake)
    assert slope(loss, real).tolist() == [0.0, -1.0]
    assert slope(hinge_discriminator_loss(real, fake), fake).tolist() == [0.0, 1.0]


def test_relativistic_is_the_logarithm_of_one_plus_the_exponential_of_the_difference() -> None:
    expected = [math.log(1 + math.exp(fake - real)) for real, fake in zip(REAL.tolist(), FAKE.tolist(), strict=True)]
    np.testing.assert_allclose(relativistic_loss(REAL, FAKE).numpy(), expected, rtol=1e-12)


def test_relativistic_is_minus_the_log_of_the_answer_to_the_difference() -> None:
    expected = [-log_sigmoid(real - fake) for real, fake in zip(REAL.tolist(), FAKE.tolist(), strict=True)]
    np.testing.assert_allclose(relativistic_loss(REAL, FAKE).numpy(), expected, rtol=1e-12)


@given(real=st.floats(-20, 20), fake=st.floats(-20, 20), shift=st.floats(-100, 100))
def test_relativistic_sees_differences_only(real: float, fake: float, shift: float) -> None:
    winner, loser = (torch.tensor([value], dtype=torch.float64) for value in (real, fake))
    torch.testing.assert_close(relativistic_loss(winner + shift, loser + shift), relativistic_loss(winner, loser))


def test_relativistic_is_stable_for_enormous_differences() -> None:
    winner = torch.tensor([1e4, -1e4], requires_grad=True)
    loss = relativistic_loss(winner, -winner.detach())
    assert loss.tolist() == [0.0, 2e4]
    assert slope(loss, winner).tolist() == [0.0, -1.0]


OBJECTIVES: list[tuple[Objective, Player, Tensor]] = [
    (Minimax(), Player.GENERATOR, minimax_generator_loss(FAKE)),
    (NonSaturating(), Player.GENERATOR, non_saturating_generator_loss(FAKE)),
    (Minimax(), Player.DISCRIMINATOR, discriminator_cross_entropy(REAL, FAKE, ONES, ZEROS)),
    (NonSaturating(), Player.DISCRIMINATOR, discriminator_cross_entropy(REAL, FAKE, ONES, ZEROS)),
    (Hinge(), Player.GENERATOR, torch.tensor([3.0, 0.0, -1.5], dtype=DOUBLE)),
    (Hinge(), Player.DISCRIMINATOR, torch.tensor([0.0, 1.5, 4.5], dtype=DOUBLE)),
    (Relativistic(), Player.GENERATOR, torch.log(1 + torch.exp(REAL - FAKE))),
    (Relativistic(), Player.DISCRIMINATOR, torch.log(1 + torch.exp(FAKE - REAL))),
]


@pytest.mark.parametrize(("objective", "player", "expected"), OBJECTIVES)
def test_each_player_minimises_its_own_loss(objective: Objective, player: Player, expected: Tensor) -> None:
    targets = {Side.REAL: torch.ones(3), Side.FAKE: torch.zeros(3)}
    torch.testing.assert_close(objective(FakeTurn(player, logits=LOGITS, targets=targets)), expected)


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


@pytest.mark.parametrize("kind", [Hinge, Minimax, NonSaturating])
def test_generators_that_judge_fakes_alone_need_no_real_logits(kind: type[Objective]) -> None:
    targets = {Side.REAL: torch.ones(3), Side.FAKE: torch.zeros(3)}
    turn = FakeTurn(Player.GENERATOR, logits={Side.FAKE: FAKE}, targets=targets)
    assert kind()(turn).shape == (3,)


def test_only_cross_entropies_have_targets() -> None:
    assert [kind.has_targets for kind in (Minimax, NonSaturating, Hinge, Relativistic)] == [True, True, False, False]


@pytest.mark.parametrize("objective", [Minimax(), NonSaturating(), LeastSquares(), Hinge(), Wasserstein()])
def test_the_losses_of_both_sides_add_up_to_the_discriminators(objective: Objective) -> None:
    logits = {Side.REAL: torch.tensor([2.0, -0.5, 0.3]), Side.FAKE: torch.tensor([-1.0, 0.7, 0.0])}
    targets = {Side.REAL: torch.ones(3), Side.FAKE: torch.zeros(3)}
    both = [objective.side_loss(logits[side], side) for side in Side]
    assert all(each is not None for each in both)
    total = torch.stack([each for each in both if each is not None]).sum(0)
    torch.testing.assert_close(total, objective(FakeTurn(logits=logits, targets=targets)))
    assert objective.sums_sides


@pytest.mark.parametrize("objective", [Relativistic(), RelativisticAverage()])
def test_an_objective_that_compares_the_sides_has_no_loss_of_one(objective: Objective) -> None:
    assert objective.side_loss(torch.zeros(3), Side.REAL) is None
    assert not objective.sums_sides


class _OtherLoss(Hinge):
    def __call__(self, turn: Turn) -> Tensor:
        return super().__call__(turn) + turn.logits(Side.REAL).square()


class _OtherSides(Hinge):
    def side_loss(self, scores: Tensor, side: Side) -> Tensor:
        return scores


class _OtherScores(Hinge):
    def score(self, output: DiscriminatorOutput, turn: Turn) -> Tensor:
        return output.logits.square()


class _OtherParameters(Hinge):
    pass


def test_who_changes_the_loss_the_sides_or_the_scores_no_longer_sums_the_sides() -> None:
    kinds = (_OtherLoss, _OtherSides, _OtherScores, _OtherParameters)
    assert [kind().sums_sides for kind in kinds] == [False, False, False, True]

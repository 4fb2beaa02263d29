import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from steadygan.heuristics.schedules import Balance, balanced, ranking_accuracy
from steadygan.vocabulary import Player, Side

from ..truth import FakeState, FakeTurn

D, G = Player.DISCRIMINATOR, Player.GENERATOR


def turn_of(player: Player, real: list[float], fake: list[float], state: FakeState) -> FakeTurn:
    return FakeTurn(player, logits={Side.REAL: torch.tensor(real), Side.FAKE: torch.tensor(fake)}, state=state)


def test_accuracy_counts_the_pairs_that_are_ranked_right_and_ties_half() -> None:
    real, fake = torch.tensor([5.0, 1.0, 0.0, -3.0], requires_grad=True), torch.tensor([4.0, 2.0, 0.0, -4.0])
    accuracy = ranking_accuracy(real, fake)
    assert accuracy.item() == (1 + 0 + 0.5 + 1) / 4
    assert not accuracy.requires_grad


@given(shift=st.floats(-100, 100), scale=st.floats(0.1, 10))
def test_accuracy_does_not_depend_on_where_the_zero_of_the_logits_is(shift: float, scale: float) -> None:
    real, fake = (
        torch.tensor([3.0, 1.0, 0.0], dtype=torch.float64),
        torch.tensor([-1.0, 2.0, -5.0], dtype=torch.float64),
    )
    assert ranking_accuracy(real * scale + shift, fake * scale + shift) == ranking_accuracy(real, fake)


@pytest.mark.parametrize(
    ("accuracy", "moves"),
    [
        (0.0, (D, D, D, G)),
        (0.5, (D, D, D, G)),
        (0.55, (D, D, G)),
        (0.599, (D, G)),
        (0.6, (D, G)),
        (0.75, (D, G)),
        (0.9, (D, G)),
        (0.95, (D, G, G)),
        (1.0, (D, G, G, G)),
    ],
)
def test_who_is_behind_gets_more_moves_the_more_the_further(accuracy: float, moves: tuple[Player, ...]) -> None:
    assert balanced(accuracy, low=0.6, high=0.9, most=3) == moves


@given(
    accuracy=st.floats(0, 1),
    ends=st.tuples(st.floats(0.51, 0.99), st.floats(0.51, 0.99)).map(sorted),
    most=st.integers(1, 100),
)
def test_each_player_moves_and_only_one_moves_more(accuracy: float, ends: list[float], most: int) -> None:
    moves = balanced(accuracy, low=ends[0], high=ends[1], most=most)
    of_d, of_g = moves.count(D), moves.count(G)
    assert moves == (D,) * of_d + (G,) * of_g
    assert min(of_d, of_g) == 1
    assert max(of_d, of_g) <= most
    assert of_d == 1 or accuracy < ends[0]
    assert of_g == 1 or accuracy > ends[1]


def test_at_first_nobody_is_behind() -> None:
    state, schedule = FakeState(), Balance(low=0.55, high=0.6)
    assert schedule.moves(state) == (D, G)


def test_the_accuracy_is_smoothed_over_the_discriminators_moves_alone() -> None:
    state, schedule = FakeState(batch=100), Balance(low=0.6, high=0.8, half_life=100.0)
    schedule.after_move(turn_of(G, [0.0], [1.0], state))
    assert float(state.memory(schedule).smoothed) == pytest.approx(0.7)
    # A move of a half-life of images weighs a half.
    expected = 0.7
    for real, fake, right in [([1.0, 1.0], [0.0, 0.0], 1.0), ([0.0, 2.0], [1.0, 1.0], 0.5), ([0.0], [3.0], 0.0)]:
        schedule.after_move(turn_of(D, real, fake, state))
        expected = (expected + right) / 2
        assert float(state.memory(schedule).smoothed) == pytest.approx(expected)


def test_a_discriminator_that_learns_by_moving_is_held_within_the_thresholds() -> None:
    state, schedule = FakeState(batch=64), Balance(low=0.6, high=0.8, most=3, half_life=200.0)
    random = torch.Generator().manual_seed(0)
    gap, history, most = 0.0, [], 0
    for _ in range(300):
        moves = schedule.moves(state)
        most = max(most, len(moves))
        for player in moves:
            # A move of D gains twice as much as one of G takes away: one each would drift without end.
            gap += 0.2 if player is D else -0.1
            real, fake = (torch.randn(64, generator=random) + centre for centre in (gap, 0.0))
            schedule.after_move(turn_of(player, real.tolist(), fake.tolist(), state))
        history.append(float(state.memory(schedule).smoothed))
    assert most > 2
    assert all(0.7 < accuracy < 0.95 for accuracy in history[50:])


@pytest.mark.parametrize(
    "parameters",
    [{"low": 0.5}, {"high": 1.0}, {"low": 0.8, "high": 0.7}, {"most": 0}, {"half_life": 0}],
)
def test_impossible_balances_are_refused(parameters: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Balance.model_validate(parameters)

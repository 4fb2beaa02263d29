import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from steadygan.heuristics.penalties import Lecam, lecam_anchor, lecam_penalty
from steadygan.vocabulary import Player, Side

from ..truth import FakeState, FakeTurn
from .differences import random, slopes

LOGITS = st.lists(st.floats(-10, 10), min_size=1, max_size=5)


def turn_with(
    state: FakeState, real: list[float], fake: list[float], player: Player = Player.DISCRIMINATOR
) -> FakeTurn:
    logits = {Side.REAL: torch.tensor(real), Side.FAKE: torch.tensor(fake)}
    return FakeTurn(player=player, logits=logits, state=state)


def started(heuristic: Lecam, images_seen: int = 0) -> FakeState:
    return FakeState(images_seen=images_seen)


def test_the_penalty_is_the_papers_by_hand() -> None:
    real, fake = torch.tensor([2.0, -3.0]), torch.tensor([-1.0, 4.0])
    anchors = torch.tensor(1.0), torch.tensor(-2.0)
    # Two-sided: (4² + (-1)²) / 2 + (2² + (-3)²) / 2; one-sided: 4² / 2 + 2² / 2.
    assert lecam_penalty(real, fake, *anchors, weight=0.5, one_sided=False).item() == pytest.approx(7.5)
    assert lecam_penalty(real, fake, *anchors, weight=0.5).item() == pytest.approx(5.0)


@settings(max_examples=50)
@given(LOGITS, LOGITS, st.floats(-5, 5), st.floats(-5, 5))
def test_the_penalty_is_not_negative_and_one_sided_never_above_two_sided(
    real: list[float], fake: list[float], real_anchor: float, fake_anchor: float
) -> None:
    a, b, c, d = (torch.tensor(x, dtype=torch.float64) for x in (real, fake, real_anchor, fake_anchor))
    one, two = (lecam_penalty(a, b, c, d, one_sided=sided).item() for sided in (True, False))
    assert 0 <= one <= two
    above = sum(max(0.0, x - fake_anchor) ** 2 for x in real) / len(real)
    below = sum(max(0.0, real_anchor - x) ** 2 for x in fake) / len(fake)
    assert one == pytest.approx(0.3 * (above + below))


def test_the_penaltys_slope_is_what_finite_differences_say() -> None:
    real, fake = random(4).requires_grad_(), random(4, seed=1)
    anchors = torch.tensor(0.3, dtype=torch.float64), torch.tensor(-0.2, dtype=torch.float64)
    (ours,) = torch.autograd.grad(lecam_penalty(real, fake, *anchors), real)
    expected = slopes(lambda x: lecam_penalty(x, fake, *anchors).item(), real.detach())
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-8)


def test_anchors_follow_a_simulation_of_their_rule() -> None:
    heuristic = Lecam(decay=0.9, start=0)
    state = started(heuristic)
    real = fake = 0.0
    for move in range(6):
        reals, fakes = [0.5 + move, 1.5], [-1.0 * move, 2.0, 3.0]
        turn = turn_with(state, reals, fakes)
        penalty = heuristic(turn)
        if move:
            above = sum(max(0.0, x - fake) ** 2 for x in reals) / 2
            below = sum(max(0.0, real - x) ** 2 for x in fakes) / 3
            assert penalty.item() == pytest.approx(0.3 * (above + below), rel=1e-5)
        else:
            assert penalty.item() == 0
        heuristic.after_move(turn)
        kept = 0.9 if move else 0.0
        real = kept * real + (1 - kept) * sum(reals) / 2
        fake = kept * fake + (1 - kept) * sum(fakes) / 3
        assert state.memory(heuristic).real.item() == pytest.approx(real, rel=1e-5)
        assert state.memory(heuristic).fake.item() == pytest.approx(fake, rel=1e-5)


def test_before_its_start_there_is_no_penalty_and_anchors_are_the_last_batch() -> None:
    heuristic = Lecam(start=100)
    state = started(heuristic)
    for level in (1.0, 5.0):
        turn = turn_with(state, [level], [-level])
        assert heuristic(turn).item() == 0
        heuristic.after_move(turn)
        assert state.memory(heuristic).real.item() == level
    state.images_seen = 100
    turn = turn_with(state, [6.0], [-7.0])
    assert heuristic(turn).item() == pytest.approx(0.3 * (11.0**2 + 12.0**2))
    assert turn.logged["lecam"].item() == pytest.approx(0.3 * (11.0**2 + 12.0**2))
    heuristic.after_move(turn)
    assert state.memory(heuristic).real.item() == pytest.approx(0.99 * 5 + 0.01 * 6)


def test_the_generators_move_leaves_the_anchors_alone() -> None:
    heuristic = Lecam(start=0)
    state = started(heuristic)
    heuristic.after_move(turn_with(state, [1.0], [2.0]))
    heuristic.after_move(turn_with(state, [9.0], [9.0], Player.GENERATOR))
    assert (state.memory(heuristic).real.item(), state.memory(heuristic).fake.item()) == (1.0, 2.0)


def test_anchors_carry_no_gradients_and_logits_do() -> None:
    heuristic = Lecam(start=0)
    state = started(heuristic)
    real, fake = torch.tensor([1.0], requires_grad=True), torch.tensor([-1.0], requires_grad=True)
    turn = FakeTurn(logits={Side.REAL: real, Side.FAKE: fake}, state=state)
    heuristic.after_move(turn)
    assert not state.memory(heuristic).real.requires_grad
    torch.autograd.backward(heuristic(turn))
    # The slope of 0.3 (1 - (-1))² at each.
    assert real.grad is not None
    assert fake.grad is not None
    assert real.grad.item() == pytest.approx(1.2)
    assert fake.grad.item() == pytest.approx(-1.2)


def test_an_anchor_of_half_precision_logits_is_in_full_precision() -> None:
    anchor = lecam_anchor(torch.tensor(1.0), torch.full((4,), 3.0, dtype=torch.bfloat16), 0.75)
    assert anchor.dtype == torch.float32
    assert anchor.item() == pytest.approx(1.5)


@pytest.mark.parametrize("parameters", [{"weight": -1}, {"decay": 1}, {"start": -1}, {"every": 0}])
def test_impossible_anchors_are_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Lecam.model_validate(parameters)


def test_memory_survives_a_checkpoint_of_plain_values() -> None:
    heuristic = Lecam(start=0)
    state = started(heuristic)
    heuristic.after_move(turn_with(state, [1.0], [2.0]))
    anchors = state.memory(heuristic)
    assert all(isinstance(value, Tensor | bool) for value in (anchors.real, anchors.fake, anchors.known))

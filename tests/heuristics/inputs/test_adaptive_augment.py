"""Augmentation that follows overfitting; how the controller does that is seen in test_overfitting."""

import pytest
import torch

from steadygan.heuristics.base import Company
from steadygan.heuristics.inputs import AdaptiveAugment, augment
from steadygan.heuristics.objectives import NonSaturating, Relativistic
from steadygan.vocabulary import Player, Side

from ..truth import FakeState, FakeTurn, seeded


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("player", Player)
def test_both_sides_are_augmented_with_the_remembered_probability(side: Side, player: Player) -> None:
    heuristic = AdaptiveAugment(kinds=("color",))
    state = FakeState()
    state.memory(heuristic).strength = torch.tensor(0.7)
    images = torch.rand(8, 3, 5, 5, generator=seeded())
    torch.manual_seed(1)
    expected = augment(images, 0.7, ("color",))
    torch.manual_seed(1)
    assert torch.equal(heuristic.apply(images, side, FakeTurn(player, state=state)), expected)
    assert not torch.equal(expected, images)


def test_at_first_nothing_is_augmented() -> None:
    heuristic = AdaptiveAugment()
    images = torch.rand(8, 3, 5, 5)
    assert torch.equal(heuristic.apply(images, Side.REAL, FakeTurn(state=FakeState())), images)


def test_the_probability_is_logged_under_its_name_and_rises_while_all_signs_are_positive() -> None:
    heuristic = AdaptiveAugment(interval=1, speed=100)
    turn = FakeTurn(state=FakeState(batch=10), logits={Side.REAL: torch.ones(10)})
    heuristic.after_move(turn)
    assert set(turn.logged) == {"adaptive-augment/probability", "adaptive-augment/overfitting"}
    assert turn.logged["adaptive-augment/probability"].item() == pytest.approx(0.1)


def test_signs_are_refused_where_they_mean_nothing() -> None:
    refusal = AdaptiveAugment().objection(Company([Relativistic()]))
    assert refusal is not None
    assert "adaptive-augment.measured" in refusal
    assert AdaptiveAugment().objection(Company([NonSaturating()])) is None

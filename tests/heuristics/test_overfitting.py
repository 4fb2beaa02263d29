"""How overfitting is measured, and the controller that follows it."""

import copy
import dataclasses
import io
from typing import ClassVar

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from steadygan.heuristics.base import Company
from steadygan.heuristics.objectives import Hinge, NonSaturating, Relativistic
from steadygan.heuristics.overfitting import (
    FollowsOverfitting,
    adjusted_strength,
    held_out_overfitting,
    sign_overfitting,
)
from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.training.state import fields_of
from steadygan.vocabulary import Player, Side

from .truth import FakeState, FakeTurn, seeded


class Controlled(FollowsOverfitting):
    """The controller with nothing that it controls."""

    name: ClassVar[str] = "controlled"
    controls: ClassVar[str] = "power"


NAME = Controlled.name


def begun(batch: int = 10) -> FakeState:
    return FakeState(batch=batch, real=torch.full((batch, 1, 4, 4), 0.25), labels=torch.arange(batch))


def strength(heuristic: Controlled, state: FakeState) -> float:
    return float(heuristic.strength(FakeTurn(state=state)))


def moved(heuristic: Controlled, state: FakeState, real: Tensor, fake: Tensor | None = None) -> FakeTurn:
    """A move of the discriminator, which answers other images with their means."""
    logits = {Side.REAL: real} if fake is None else {Side.REAL: real, Side.FAKE: fake}
    turn = FakeTurn(
        state=state, logits=logits, judge=lambda images: DiscriminatorOutput(images.mean((1, 2, 3)), images.flatten(1))
    )
    heuristic.before_update(turn)
    heuristic.after_move(turn)
    return turn


def test_signs_of_logits_by_hand() -> None:
    assert sign_overfitting(torch.tensor([3.0, 0.1, -2.0, 5.0])).item() == 0.5
    assert sign_overfitting(torch.tensor([-1.0, 0.0])).item() == -0.5


def test_where_held_out_logits_lie_by_hand() -> None:
    train, generated = torch.tensor([2.0, 4.0]), torch.tensor([-1.0, -1.0, -1.0])
    assert held_out_overfitting(train, torch.tensor([2.0]), generated).item() == 0.25
    assert held_out_overfitting(train, train, generated).item() == 0
    assert held_out_overfitting(train, generated, generated).item() == 1


@pytest.mark.parametrize("generated", [3.0, 4.0])
def test_nothing_is_said_where_fakes_score_as_high_as_real_images(generated: float) -> None:
    assert held_out_overfitting(torch.tensor([3.0]), torch.tensor([1.0]), torch.tensor([generated])).item() == 0


@pytest.mark.parametrize(
    ("before", "overfitting", "after"),
    [(0.5, 0.7, 0.6), (0.5, 0.5, 0.4), (0.5, 0.6, 0.5), (0.05, 0.1, 0.0), (0.75, 0.9, 0.8)],
    ids=["rises", "falls", "stays", "not below 0", "not above the most"],
)
def test_an_adjustment_by_hand(before: float, overfitting: float, after: float) -> None:
    new = adjusted_strength(torch.tensor(before), torch.tensor(overfitting), 0.6, 100, 1_000, 0.8)
    assert new.item() == pytest.approx(after)


@settings(max_examples=25)
@given(
    shares=st.lists(st.integers(0, 10), min_size=1, max_size=40),
    interval=st.integers(1, 5),
    most=st.sampled_from([0.2, 1.0]),
)
def test_the_strength_follows_a_simulation_of_the_rule(shares: list[int], interval: int, most: float) -> None:
    heuristic = Controlled(interval=interval, speed=200, initial=0.1, most=most, target=0.551)
    state = begun()
    expected, positive, seen = 0.1, 0, 0
    for share in shares:
        logits = torch.cat([torch.ones(share) * 3, -torch.ones(10 - share)])
        moved(heuristic, state, logits)
        positive, seen = positive + share, seen + 10
        if seen == 10 * interval:
            signs = (2 * positive - seen) / seen
            expected += (1 if signs > 0.551 else -1) * seen / 200
            expected = max(0.0, min(most, expected))
            positive = seen = 0
        assert strength(heuristic, state) == pytest.approx(expected, abs=1e-6)


def test_so_many_images_take_the_strength_from_nothing_to_one() -> None:
    heuristic = Controlled(speed=1_000)
    state = begun(batch=25)
    for _ in range(40):
        assert strength(heuristic, state) < 1
        moved(heuristic, state, torch.ones(25))
    assert strength(heuristic, state) == pytest.approx(1)


def test_a_move_of_packs_counts_its_images() -> None:
    heuristic = Controlled(interval=1, speed=100)
    state = begun(batch=10)
    moved(heuristic, state, torch.ones(5))
    assert strength(heuristic, state) == pytest.approx(0.1)


def test_the_generators_moves_change_nothing() -> None:
    heuristic = Controlled(interval=1, measured="held-out")
    state = begun()
    before = copy.deepcopy(state.memory(heuristic))
    turn = FakeTurn(Player.GENERATOR, state=state)
    heuristic.before_update(turn)
    heuristic.after_move(turn)
    assert state.memory(heuristic) == before
    assert turn.logged == {}


def test_strength_and_overfitting_are_logged() -> None:
    heuristic = Controlled(interval=2, speed=100)
    state = begun()
    assert set(moved(heuristic, state, torch.ones(10)).logged) == {f"{NAME}/power"}
    logged = moved(heuristic, state, torch.tensor([1.0] * 9 + [-1.0])).logged
    assert logged[f"{NAME}/overfitting"].item() == pytest.approx(0.9)
    assert logged[f"{NAME}/power"].item() == pytest.approx(0.2)


@pytest.mark.parametrize(("real", "after"), [(0.3, 0.4), (10.0, 0.6)], ids=["hardly overfits", "overfits"])
def test_held_out_images_can_be_measured_instead(real: float, after: float) -> None:
    # held-out images have the logit 0.25 and fakes -1: r is 0.05 / 1.3, or 9.75 / 11
    heuristic = Controlled(interval=2, speed=200, initial=0.5, measured="held-out")
    state = begun()
    for _ in range(2):
        logged = moved(heuristic, state, torch.full((10,), real), torch.full((10,), -1.0)).logged
    assert logged["logits/held-out"].tolist() == [0.25] * 10
    # means of ten numbers up to 10, each sum of which may be off by a part in 1.6e7
    assert logged[f"{NAME}/overfitting"].item() == pytest.approx((real - 0.25) / (real + 1), abs=1e-5)
    assert strength(heuristic, state) == pytest.approx(after)


def test_images_are_held_out_only_if_they_are_measured() -> None:
    assert Controlled().held_out_share == 0
    assert Controlled(measured="held-out").held_out_share == 0.1
    assert Controlled(measured="held-out", held_out=0.2).held_out_share == 0.2


def test_signs_are_refused_where_they_mean_nothing() -> None:
    refusal = Controlled().objection(Company([Relativistic()]))
    assert refusal is not None
    assert "'relativistic'" in refusal
    assert "controlled.measured" in refusal
    assert Controlled(measured="held-out").objection(Company([Relativistic()])) is None
    assert Controlled().objection(Company([NonSaturating(), Hinge()])) is None


@pytest.mark.parametrize("measured", ["signs", "held-out"])
def test_a_stored_memory_goes_on_as_if_nothing_had_happened(measured: str) -> None:
    heuristic = Controlled.model_validate({"measured": measured, "interval": 3, "speed": 100, "initial": 0.5})
    state = begun()
    logits = [torch.randn(10, generator=seeded(move)) for move in range(8)]
    for each in logits[:4]:  # in the middle of an interval
        moved(heuristic, state, each + 2, each - 1)
    file = io.BytesIO()
    torch.save(fields_of(state.memory(heuristic)), file)
    file.seek(0)
    resumed = begun()
    resumed.memories[NAME] = dataclasses.replace(resumed.memory(heuristic), **torch.load(file, weights_only=True))
    followed = []
    for each in logits[4:]:
        for one in (state, resumed):
            moved(heuristic, one, each + 2, each - 1)
        followed.append(strength(heuristic, state))
        assert strength(heuristic, resumed) == strength(heuristic, state)
    assert len(set(followed)) == 2

"""What a turn computes: targets, losses of imagined discriminators, opponents of another time, and every hook."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from steadygan.feeding.loader import Batch
from steadygan.heuristics.moments import (
    AddsLoss,
    AfterMove,
    AfterStep,
    BeforeUpdate,
    Begins,
    ChangesOutput,
    Memory,
    Remembers,
    ReplacesImages,
    ReplacesOpponent,
)
from steadygan.heuristics.roles import InputHeuristic, ScheduleModifier
from steadygan.heuristics.schedules import Alternate
from steadygan.heuristics.state import State
from steadygan.heuristics.turn import DiscriminatorOutput, Turn
from steadygan.recipe import Recipe
from steadygan.settings import TrainingSettings
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.state import TrainingState
from steadygan.training.step import move, step
from steadygan.training.turn import TrainingTurn
from steadygan.vocabulary import Player, Side
from tests import tiny
from tests.labelled_networks import CPU
from tests.training import players

pytestmark = pytest.mark.usefixtures("float64")

G, D = Player.GENERATOR, Player.DISCRIMINATOR
NAIVE = tiny.small("naive").with_("uniform-latent", dimension=players.LATENT)


def game_of(chosen: Recipe, norm: bool = False) -> TrainingState:
    torch.manual_seed(0)
    return players.play(chosen, players.generator(norm=norm), players.discriminator(norm=norm))


def stranger(network: torch.nn.Module) -> Any:
    """A copy with other weights, and its parameters and buffers."""
    copied = copy.deepcopy(network)
    with torch.no_grad():
        for parameter in copied.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    tensors = {**dict(copied.named_parameters()), **dict(copied.named_buffers())}
    return copied, {name: tensor.detach().clone() for name, tensor in tensors.items()}


# --- targets of classes


def labelled_turn(name: str, labels: list[int]) -> TrainingTurn:
    training = TrainingSettings(device="cpu", precision="fp32")
    state, _ = new_players(tiny.small(name), tiny.images(), CustomNetworks(), CPU, training)
    return TrainingTurn(D, state, Batch(state.next_real().images, torch.tensor(labels)))


def test_class_targets_are_one_hot_and_nothing_where_the_class_is_unknown() -> None:
    turn = labelled_turn("semi-supervised", [2, -1, 0, 1])
    labels = turn.labels(Side.REAL)
    assert labels is not None
    targets = turn.class_targets(labels)
    assert targets.tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0]]


def test_a_discriminator_that_names_no_classes_has_no_class_logits() -> None:
    state = game_of(NAIVE)
    with pytest.raises(ValueError, match="has no class logits"):
        TrainingTurn(D, state, state.next_real()).class_logits(Side.REAL)


class Halves(InputHeuristic, ReplacesImages):
    """Puts half of each fake in its place, and says that it is of class 2."""

    name = "halves"
    card = Alternate.card

    def replace(self, images: Tensor, labels: Tensor | None, side: Side, turn: Turn) -> tuple[Tensor, Tensor | None]:
        if side is Side.REAL or labels is None:
            return images, labels
        return images / 2, torch.full_like(labels, 2)


def test_images_that_are_replaced_take_part_with_their_own_labels() -> None:
    training = TrainingSettings(device="cpu", precision="fp32")
    chosen = tiny.small("conditional").with_(Halves())
    state, _ = new_players(chosen, tiny.images(), CustomNetworks(), CPU, training)
    turn = TrainingTurn(D, state, Batch(state.next_real().images, torch.tensor([0, 1, 0, 1])))
    labels = {side: turn.labels(side) for side in Side}
    assert {side: each.tolist() for side, each in labels.items() if each is not None} == {
        Side.REAL: [0, 1, 0, 1],
        Side.FAKE: [2, 2, 2, 2],
    }
    torch.testing.assert_close(turn.inputs(Side.FAKE), turn.images(Side.FAKE).float() / 2)
    torch.testing.assert_close(turn.inputs(Side.REAL), turn.images(Side.REAL).float())


class Tripled(InputHeuristic, ChangesOutput):
    """The discriminator's logits, three times as large and more by the mean of the images."""

    name = "tripled"
    card = Alternate.card

    def change_output(self, output: DiscriminatorOutput, images: Tensor, turn: Turn) -> DiscriminatorOutput:
        return output._replace(logits=3 * output.logits.flatten() + images.flatten(1).mean(1))


def test_an_output_that_is_changed_is_changed_wherever_the_discriminator_is_asked() -> None:
    plain, changed = game_of(NAIVE), game_of(NAIVE.with_(Tripled()))
    real = plain.next_real()
    for player in (D, G):
        torch.manual_seed(1)
        one, other = TrainingTurn(player, plain, real), None
        expected = {side: 3 * one.logits(side) + one.inputs(side).flatten(1).mean(1) for side in Side}
        torch.manual_seed(1)
        other = TrainingTurn(player, changed, real)
        for side in Side:
            torch.testing.assert_close(other.logits(side), expected[side])
        images = real.images
        torch.testing.assert_close(other.score(images, None), 3 * one.score(images, None) + images.flatten(1).mean(1))


def test_fakes_are_of_the_classes_of_the_reals() -> None:
    labels = labelled_turn("conditional", [2, 1, 0, 0]).labels(Side.FAKE)
    assert labels is not None
    assert labels.tolist() == [2, 1, 0, 0]


# --- imagined discriminators


@pytest.mark.parametrize("norm", [False, True])
def test_the_loss_of_an_imagined_discriminator_is_that_of_a_copy(norm: bool) -> None:
    state = game_of(NAIVE.with_("non-saturating"), norm)
    real = state.next_real()
    turn = TrainingTurn(G, state, real)
    judge, parameters = stranger(state.networks[D])
    before = players.weights(state.networks[D])
    fakes = turn.images(Side.FAKE)
    expected = F.softplus(-judge(real.images)).mean() + F.softplus(judge(fakes)).mean()
    torch.testing.assert_close(turn.loss_of(D, parameters), expected)
    assert players.unchanged(state.networks[D], before)


def test_its_gradients_reach_its_parameters_and_the_generator_that_made_the_fakes() -> None:
    state = game_of(NAIVE)
    turn = TrainingTurn(G, state, state.next_real())
    _, parameters = stranger(state.networks[D])
    imagined = {name: each.requires_grad_() for name, each in parameters.items()}
    torch.autograd.backward(turn.loss_of(D, imagined))
    assert all(each.grad is not None for each in parameters.values())
    assert all(each.grad is not None for each in state.networks[G].parameters())
    assert all(each.grad is None for each in state.networks[D].parameters())


def test_what_is_imagined_is_not_logged() -> None:
    state = game_of(NAIVE)
    turn = TrainingTurn(G, state, state.next_real())
    turn.loss_of(D, dict(state.networks[D].named_parameters()))
    assert "logits/real" not in state.record.row()


# --- opponents


@pytest.mark.parametrize("norm", [False, True])
def test_a_replaced_generator_makes_the_fakes_and_is_left_as_it_was(norm: bool) -> None:
    state = game_of(NAIVE, norm)
    turn = TrainingTurn(D, state, state.next_real())
    made = turn.images(Side.FAKE)
    maker, parameters = stranger(state.networks[G])
    before = players.weights(state.networks[G])
    turn.replace(G, parameters)
    assert not torch.equal(turn.images(Side.FAKE), made)
    torch.testing.assert_close(turn.images(Side.FAKE), maker(turn.latents))
    torch.testing.assert_close(turn.generate(turn.latents, None), copy.deepcopy(maker)(turn.latents))
    assert players.unchanged(state.networks[G], before)


@pytest.mark.parametrize("norm", [False, True])
def test_a_replaced_discriminator_judges_everything_of_the_turn(norm: bool) -> None:
    state = game_of(NAIVE, norm)
    turn = TrainingTurn(G, state, state.next_real())
    judge, parameters = stranger(state.networks[D])
    before = players.weights(state.networks[D])
    turn.replace(D, parameters)
    torch.testing.assert_close(turn.logits(Side.FAKE), judge(turn.images(Side.FAKE)).flatten())
    images = torch.rand(3, 1, 8, 8)
    torch.testing.assert_close(turn.discriminate(images, None).logits, judge(images).flatten())
    assert players.unchanged(state.networks[D], before)


@dataclass
class Said(Memory):
    """What a test wants to know afterwards, or to give before."""

    words: list[str] = field(default_factory=list)
    tensors: dict[str, Any] = field(default_factory=dict)


class Telling(ScheduleModifier, Remembers[Said]):
    """Has a memory for tests."""

    card = Alternate.card

    def initial_memory(self, state: State) -> Said:
        return Said()


class First(Telling, ReplacesOpponent):
    """Offers the opponent that lies in its memory."""

    name = "first"

    def opponent(self, turn: Turn) -> Mapping[str, Tensor] | None:
        offered: Mapping[str, Tensor] | None = turn.state.memory(self).tensors.get(turn.player.other.value)
        return offered


class Second(Telling, ReplacesOpponent):
    """Remembers whether it was asked, and offers nothing."""

    name = "second"

    def opponent(self, turn: Turn) -> Mapping[str, Tensor] | None:
        turn.state.memory(self).words.append(f"asked by {turn.player.value}")
        return None


def test_a_move_against_another_opponent_moves_as_if_that_were_the_opponent() -> None:
    chosen = NAIVE.with_("sgd-discriminator", lr=0.1).with_(First())
    one, other = game_of(chosen), game_of(chosen)
    maker, parameters = stranger(one.networks[G])
    one.memory(First()).tensors["generator"] = parameters
    other.networks[G].load_state_dict(maker.state_dict())
    before = players.weights(one.networks[G])
    for state in (one, other):
        torch.manual_seed(1)
        move(D, state, state.next_real())
    for name, tensor in one.networks[D].state_dict().items():
        torch.testing.assert_close(tensor, other.networks[D].state_dict()[name])
    assert players.unchanged(one.networks[G], before)


def test_the_first_opponent_that_is_offered_is_taken_and_no_further_one_asked_for() -> None:
    state = game_of(NAIVE.with_(First()).with_(Second()))
    state.memory(First()).tensors["discriminator"] = stranger(state.networks[D])[1]
    step(state)
    assert state.memory(Second()).words == ["asked by discriminator"]


# --- hooks


class Spy(Telling, Begins, ReplacesOpponent, AddsLoss, BeforeUpdate, AfterMove, AfterStep):
    """Writes down every moment, with the moves that its player had made, and whether the weights had moved."""

    name = "spy"

    def _say(self, what: str, state: State, turn: Turn | None = None) -> None:
        assert isinstance(state, TrainingState)
        words = state.memory(self).words
        words.append(what if turn is None else f"{turn.player.value} {what} {state.moves[turn.player]}")

    def begin(self, state: State) -> None:
        self._say("begin", state)

    def opponent(self, turn: Turn) -> Mapping[str, Tensor] | None:
        self._say("opponent", turn.state, turn)
        return None

    def loss_term(self, turn: Turn) -> Tensor | None:
        self._say("term", turn.state, turn)
        return None

    def before_update(self, turn: Turn) -> None:
        self._say("before update", turn.state, turn)

    def after_move(self, turn: Turn) -> None:
        self._say("after move", turn.state, turn)

    def after_step(self, state: State) -> None:
        assert isinstance(state, TrainingState)
        self._say(f"after step {state.images_seen} {state.steps}", state)


def moments(player: str, made: int) -> list[str]:
    before = [f"{player} {what} {made}" for what in ("opponent", "term", "before update")]
    return [*before, f"{player} after move {made + 1}"]


def test_every_heuristic_is_asked_at_every_moment_in_order() -> None:
    state = game_of(NAIVE.with_(Spy()).with_("alternate", discriminator_moves=2))
    step(state)
    step(state)
    steps = [
        [
            *moments("discriminator", 2 * at),
            *moments("discriminator", 2 * at + 1),
            *moments("generator", at),
            f"after step {8 * (at + 1)} {at}",
        ]
        for at in range(2)
    ]
    assert state.memory(Spy()).words == ["begin", *steps[0], *steps[1]]


def test_an_update_that_looks_ahead_plays_the_moves_of_a_step_twice() -> None:
    state = game_of(NAIVE.with_(Spy()).with_("extra-adam"))
    assert state.recipe.schedule_passes == 2
    assert NAIVE.schedule_passes == 1
    step(state)
    once = [*moments("discriminator", 0), *moments("generator", 0)]
    twice = [*moments("discriminator", 1), *moments("generator", 1)]
    assert state.memory(Spy()).words == ["begin", *once, *twice, "after step 8 0"]
    assert state.moves == {D: 2, G: 2}


class Slope(Telling, AddsLoss, BeforeUpdate, AfterMove):
    """Adds thrice the sum of a weight to the loss, and keeps what the update sees and leaves."""

    name = "slope"
    on: bool = True

    def _weight(self, turn: Turn) -> Any:
        return next(iter(turn.state.network(turn.player).parameters()))

    def loss_term(self, turn: Turn) -> Tensor | None:
        total: Tensor = 3.0 * self._weight(turn).sum()
        return total if self.on else None

    def before_update(self, turn: Turn) -> None:
        weight = self._weight(turn)
        turn.state.memory(self).tensors[turn.player.value] = [weight.grad.clone(), weight.detach().clone()]

    def after_move(self, turn: Turn) -> None:
        turn.state.memory(self).tensors[turn.player.value].append(self._weight(turn).detach().clone())


def test_a_term_is_added_to_the_loss_and_moments_lie_on_both_sides_of_the_update() -> None:
    ends = []
    for on in (True, False):
        state = game_of(NAIVE.with_(Slope(on=on)))
        torch.manual_seed(1)
        real = state.next_real()
        weight = next(iter(state.networks[D].parameters()))
        start = weight.detach().clone()
        move(D, state, real)
        gradient, before, after = state.memory(Slope()).tensors["discriminator"]
        assert torch.equal(before, start)
        assert torch.equal(after, weight)
        assert not torch.equal(after, before)
        ends.append((gradient, float(state.record.row()["discriminator/loss"] or 0.0), float(start.sum())))
    torch.testing.assert_close(ends[0][0] - ends[1][0], torch.full_like(ends[0][0], 3.0))
    assert ends[0][1] - ends[1][1] == pytest.approx(3 * ends[0][2])

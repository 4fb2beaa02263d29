import dataclasses
import io
import math

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from steadygan.heuristics.updates import Lookahead, look_back, sgd
from steadygan.heuristics.updates.lookahead import SlowWeights
from steadygan.vocabulary import Player

from ..truth import FakeState
from .game import play


def state_of(companion: nn.Module | None = None) -> FakeState:
    torch.manual_seed(0)
    networks = {player: nn.Linear(2, 3) for player in Player}
    extra = [] if companion is None else list(companion.parameters())
    optimizers = {
        Player.GENERATOR: torch.optim.SGD([*networks[Player.GENERATOR].parameters(), *extra], lr=1.0),
        Player.DISCRIMINATOR: torch.optim.SGD(networks[Player.DISCRIMINATOR].parameters(), lr=1.0),
    }
    return FakeState(networks=dict(networks), optimizers=optimizers)


def weights_of(state: FakeState) -> dict[Player, list[torch.Tensor]]:
    return {p: [w for g in state.optimizer(p).param_groups for w in g["params"]] for p in Player}


@torch.no_grad()
def push(state: FakeState, by: float) -> None:
    for weights in weights_of(state).values():
        for weight in weights:
            weight.add_(by)


def test_looking_back_goes_part_of_the_way_and_both_end_there() -> None:
    slow, fast = [torch.tensor([0.0, 4.0])], [nn.Parameter(torch.tensor([8.0, 0.0]))]
    look_back(slow, fast, alpha=0.25)
    assert slow[0].tolist() == [2.0, 3.0]
    assert fast[0].tolist() == [2.0, 3.0]
    assert fast[0].data_ptr() != slow[0].data_ptr()


def test_every_k_steps_both_players_and_their_companions_go_back_together() -> None:
    state = state_of(companion=nn.Linear(1, 1))
    start = {player: [w.detach().clone() for w in weights] for player, weights in weights_of(state).items()}
    heuristic = Lookahead(k=3, alpha=0.25)
    state.memory(heuristic)  # which begins now, with the weights of this moment
    # Pushed by 1 each step; after 3 steps a quarter of 3 is kept, and again.
    for expected in (1.0, 2.0, 0.75, 1.75, 2.75, 1.5, 2.5):
        push(state, 1.0)
        heuristic.after_step(state)
        for player, weights in weights_of(state).items():
            for weight, origin in zip(weights, start[player], strict=True):
                torch.testing.assert_close(weight.detach(), origin + expected)


def test_a_resumed_run_goes_on_from_its_slow_weights() -> None:
    one, other = state_of(), state_of()
    heuristic = Lookahead(k=3)
    one.memory(heuristic)
    for _ in range(2):
        push(one, 1.0)
        heuristic.after_step(one)
    file = io.BytesIO()
    torch.save(dataclasses.asdict(one.memory(heuristic)), file)
    file.seek(0)
    push(other, 2.0)
    other.memories[heuristic.name] = SlowWeights(**torch.load(file, weights_only=True))
    for state in (one, other):
        push(state, 1.0)
        heuristic.after_step(state)
    for player in Player:
        for mine, resumed in zip(weights_of(one)[player], weights_of(other)[player], strict=True):
            torch.testing.assert_close(mine, resumed)


@pytest.mark.parametrize("alternate", [True, False])
def test_where_gradient_descent_circles_or_diverges_looking_back_converges(alternate: bool) -> None:
    slow = [torch.ones((), dtype=torch.float64) for _ in range(2)]
    count = 0

    def back(players: list[nn.Parameter]) -> None:
        nonlocal count
        count += 1
        if count % 5 == 0:
            look_back(slow, players, alpha=0.5)

    start = math.sqrt(2)
    alone = play(lambda weights: sgd(weights, lr=0.1), steps=2_000, alternate=alternate)
    assert alone > 0.9 * start
    assert play(lambda w: sgd(w, lr=0.1), steps=2_000, alternate=alternate, after_step=back) < 1e-3 * start


@pytest.mark.parametrize("parameters", [{"k": 0}, {"alpha": 0}, {"alpha": 1.5}])
def test_impossible_lookaheads_are_refused(parameters: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Lookahead.model_validate(parameters)

import dataclasses
import io

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn
from torch.func import functional_call

from steadygan.heuristics.schedules import PastCheckpoints, snapshot
from steadygan.heuristics.schedules.past_checkpoints import Snapshots
from steadygan.vocabulary import Player

from ..truth import FakeState, FakeTurn, likely_share


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))


def state_of(heuristic: PastCheckpoints, batch: int = 4) -> FakeState:
    state = FakeState(networks={player: network() for player in Player}, batch=batch)
    state.memory(heuristic)  # which begins now, when no image was seen
    return state


@torch.no_grad()
def go_on(state: FakeState, heuristic: PastCheckpoints, steps: int) -> None:
    """Each step sets all weights to its number; the generator's are negative."""
    for _ in range(steps):
        state.images_seen += state.batch
        step = state.images_seen // state.batch
        for player in Player:
            for weight in state.network(player).parameters():
                weight.fill_(step if player is Player.DISCRIMINATOR else -step)
        heuristic.after_step(state)


def ages(state: FakeState, heuristic: PastCheckpoints, player: Player) -> list[float]:
    return [each[player.value]["0.weight"][0, 0].item() for each in state.memory(heuristic).kept]


def test_copies_are_taken_every_so_many_images_and_the_oldest_goes() -> None:
    heuristic = PastCheckpoints(every=10, keep=3)
    state = state_of(heuristic)
    go_on(state, heuristic, 2)
    assert ages(state, heuristic, Player.DISCRIMINATOR) == []
    go_on(state, heuristic, 3)  # 12 and 20 images
    assert ages(state, heuristic, Player.DISCRIMINATOR) == [3, 5]
    go_on(state, heuristic, 8)  # 32, 40, 52 images
    assert ages(state, heuristic, Player.DISCRIMINATOR) == [8, 10, 13]
    assert ages(state, heuristic, Player.GENERATOR) == [-8, -10, -13]


def test_a_step_longer_than_the_distance_takes_one_copy() -> None:
    heuristic = PastCheckpoints(every=10)
    state = state_of(heuristic, batch=35)
    go_on(state, heuristic, 3)
    assert ages(state, heuristic, Player.DISCRIMINATOR) == [1, 2, 3]


def test_without_a_past_or_a_chance_the_opponent_is_the_present() -> None:
    always, never = PastCheckpoints(every=10, probability=1), PastCheckpoints(every=10, probability=0)
    state = state_of(always)
    assert always.opponent(FakeTurn(Player.GENERATOR, state=state)) is None
    go_on(state, always, 3)
    assert always.opponent(FakeTurn(Player.GENERATOR, state=state)) is not None
    assert never.opponent(FakeTurn(Player.GENERATOR, state=state)) is None


def test_each_player_gets_a_copy_of_the_other_and_can_play_against_it() -> None:
    heuristic = PastCheckpoints(every=10, probability=1)
    state = state_of(heuristic)
    go_on(state, heuristic, 4)
    for player, expected in ((Player.GENERATOR, 3.0), (Player.DISCRIMINATOR, -3.0)):
        chosen = heuristic.opponent(FakeTurn(player, state=state))
        assert chosen is not None
        assert (chosen["0.weight"] == expected).all()
        assert not any(tensor.requires_grad for tensor in chosen.values())
        images = torch.randn(5, 2, requires_grad=True)
        functional_call(state.network(player.other), dict(chosen), (images,)).sum().backward()
        assert images.grad is not None


def test_playing_against_a_copy_changes_neither_it_nor_the_network() -> None:
    heuristic = PastCheckpoints(every=10, probability=1)
    state = state_of(heuristic)
    go_on(state, heuristic, 3)
    other = state.network(Player.DISCRIMINATOR)
    before, stored = snapshot(other), state.memory(heuristic).kept[0]["discriminator"]
    kept = {name: tensor.clone() for name, tensor in stored.items()}
    chosen = heuristic.opponent(FakeTurn(Player.GENERATOR, state=state))
    assert chosen is not None
    functional_call(other, dict(chosen), (torch.randn(5, 2),))
    assert not torch.equal(chosen["1.running_mean"], kept["1.running_mean"])
    for tensors in (stored, snapshot(other)):
        torch.testing.assert_close(tensors, kept if tensors is stored else before, rtol=0, atol=0)


def test_a_snapshot_names_everything_that_a_network_computes_with() -> None:
    layer = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 2))
    copied, images = snapshot(layer), torch.randn(4, 3)
    layer.eval()
    expected = layer(images)
    with torch.no_grad():
        for tensor in (*layer.parameters(), *layer.buffers()):
            tensor.add_(1.0)
    torch.testing.assert_close(functional_call(layer, copied, (images,)), expected)


def test_how_often_and_against_whom_is_left_to_chance() -> None:
    torch.manual_seed(0)
    heuristic = PastCheckpoints(every=4, keep=4, probability=0.3)
    state = state_of(heuristic)
    go_on(state, heuristic, 4)
    turn, drawn = FakeTurn(Player.GENERATOR, state=state), []
    for _ in range(2_000):
        chosen = heuristic.opponent(turn)
        drawn.append(0.0 if chosen is None else chosen["0.weight"][0, 0].item())
    assert likely_share(2_000 - drawn.count(0.0), 2_000, 0.3)
    assert all(likely_share(drawn.count(age), 2_000, 0.3 / 4) for age in (1.0, 2.0, 3.0, 4.0))


def test_a_resumed_run_draws_what_it_would_have_drawn() -> None:
    heuristic = PastCheckpoints(every=4, probability=0.5)
    one = state_of(heuristic)
    go_on(one, heuristic, 5)
    file = io.BytesIO()
    torch.save({"memory": dataclasses.asdict(one.memory(heuristic)), "random": torch.get_rng_state()}, file)
    file.seek(0)

    def draws(state: FakeState) -> list[dict[str, Tensor] | None]:
        found = [heuristic.opponent(FakeTurn(Player.GENERATOR, state=state)) for _ in range(20)]
        return [None if each is None else dict(each) for each in found]

    expected = draws(one)
    stored = torch.load(file, weights_only=True)
    other = state_of(heuristic)
    other.memories[heuristic.name] = Snapshots(**stored["memory"])
    torch.set_rng_state(stored["random"])
    for mine, again in zip(expected, draws(other), strict=True):
        torch.testing.assert_close(mine, again, rtol=0, atol=0)
    assert any(each is None for each in expected)
    assert any(each is not None for each in expected)


@pytest.mark.parametrize("parameters", [{"every": 0}, {"keep": 0}, {"probability": 1.1}])
def test_impossible_pasts_are_refused(parameters: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        PastCheckpoints.model_validate(parameters)

"""The average of the discriminator with which semi-supervised accuracy is measured."""

from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from steadygan.heuristics.architecture import SemiSupervised
from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.vocabulary import Player
from tests import tiny

from ..truth import FakeState, FakeTurn

BATCH = 4


class Namer(nn.Module):
    """Names the class of images [N, 3] with a normalised layer."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.classify = nn.Linear(3, 3)

    def discriminate(self, images: Tensor) -> DiscriminatorOutput:
        """Class logits of images."""
        class_logits = self.classify(self.norm(images))
        return DiscriminatorOutput(class_logits.logsumexp(1), images, class_logits)

    @torch.no_grad()
    def always_names(self, label: int) -> None:
        """Whatever the image."""
        self.classify.weight.zero_()
        self.classify.bias.copy_(torch.eye(3)[label])


def state_of(network: nn.Module, **given: Any) -> FakeState:
    return FakeState({Player.DISCRIMINATOR: network}, batch=BATCH, **given)


@torch.no_grad()
def moved(heuristic: SemiSupervised, state: FakeState, times: int, player: Player = Player.DISCRIMINATOR) -> list[Any]:
    """What the network is after each of several moves that change all of it at random."""
    found = []
    network = state.network(Player.DISCRIMINATOR)
    for _ in range(times):
        for tensor in network.state_dict().values():
            tensor.copy_(torch.rand(tensor.shape) if tensor.is_floating_point() else tensor + 1)
        found.append({name: tensor.clone() for name, tensor in network.state_dict().items()})
        heuristic.after_move(FakeTurn(player, state=state))
        state.images_seen += state.batch
    return found


@pytest.mark.parametrize(("half_life", "ramp_up"), [(10.0, None), (10.0, 0.5), (1e6, 0.25)])
def test_parameters_and_statistics_are_averaged_as_written_out(half_life: float, ramp_up: float | None) -> None:
    torch.manual_seed(0)
    heuristic, state = SemiSupervised(average_half_life=half_life, average_ramp_up=ramp_up), state_of(Namer().double())
    history = moved(heuristic, state, 9)
    averaged = state.memory(heuristic).tensors
    assert averaged.keys() == history[0].keys()
    for name, tensor in averaged.items():
        expected = history[0][name]
        for move, after in enumerate(history):
            seen = BATCH * (move + 1)
            life = half_life if ramp_up is None else min(half_life, ramp_up * seen)
            kept = 0.5 ** (BATCH / life) if tensor.is_floating_point() else 0
            expected = kept * expected + (1 - kept) * after[name]
        torch.testing.assert_close(tensor, expected.to(tensor.dtype), rtol=1e-12, atol=0)


def test_the_generators_moves_are_none_of_the_average() -> None:
    heuristic, state = SemiSupervised(), state_of(Namer())
    moved(heuristic, state, 2, Player.GENERATOR)
    assert state.memory(heuristic).tensors == {}


def test_without_a_half_life_nothing_is_remembered_and_the_network_is_measured() -> None:
    heuristic, network = SemiSupervised(average_half_life=None), Namer()
    state = state_of(network, real=torch.zeros(4, 3), labels=torch.tensor([0, 1, 1, 2]))
    moved(heuristic, state, 3)
    assert state.memory(heuristic).tensors == {}
    network.always_names(1)
    assert heuristic.measure(state) == {"semi-supervised/held-out-accuracy": pytest.approx(1 / 2)}


def test_accuracy_is_that_of_the_average() -> None:
    heuristic, network = SemiSupervised(average_half_life=100.0, average_ramp_up=None), Namer()
    state = state_of(network, real=torch.zeros(4, 3), labels=torch.tensor([0, 1, 1, 2]))
    network.always_names(0)
    for _ in range(10):
        heuristic.after_move(FakeTurn(Player.DISCRIMINATOR, state=state))
    network.always_names(1)
    heuristic.after_move(FakeTurn(Player.DISCRIMINATOR, state=state))  # which moves the average only a little
    assert heuristic.measure(state) == {"semi-supervised/held-out-accuracy": pytest.approx(1 / 4)}


def test_the_averages_own_statistics_normalise() -> None:
    heuristic, network = SemiSupervised(average_half_life=100.0, average_ramp_up=None), Namer()
    state = state_of(network, real=torch.ones(2, 3), labels=torch.tensor([0, 0]))
    with torch.no_grad():
        network.classify.weight.copy_(torch.tensor([[1.0, 0, 0], [0, 0, 0], [0, 0, 0]]))
        network.classify.bias.copy_(torch.tensor([0.0, 0.1, 0.0]))
    heuristic.after_move(FakeTurn(Player.DISCRIMINATOR, state=state))
    network.norm.running_mean.fill_(2.0)  # type: ignore[union-attr]  # so that images of ones lie below the mean
    assert heuristic.measure(state) == {"semi-supervised/held-out-accuracy": pytest.approx(1.0)}


def test_measuring_changes_nothing() -> None:
    heuristic, network = SemiSupervised(), Namer()
    state = state_of(network, real=torch.rand(4, 3), labels=torch.tensor([0, 1, 1, 2]))
    moved(heuristic, state, 3)
    memory = state.memory(heuristic).tensors
    before = [{name: tensor.clone() for name, tensor in each.items()} for each in (network.state_dict(), memory)]
    heuristic.measure(state)
    for kept, now in zip(before, (network.state_dict(), memory), strict=True):
        torch.testing.assert_close(now, kept, rtol=0, atol=0)
    assert all(module.training for module in network.modules())


@pytest.mark.usefixtures("brief")
def test_a_resumed_run_goes_on_with_its_average(tmp_path: Path) -> None:
    """Every recipe is tested to go on bit for bit; this one is also seen to have an average that is not its weights."""
    chosen, data = tiny.small("semi-supervised", **{"semi-supervised.held_out": 0.5}), tiny.images()
    tiny.play(chosen, tmp_path / "a", data, images=80)
    stop = tiny.play(chosen, tmp_path / "b", data, tiny.after(9), images=80).state.images_seen
    tiny.play_on(tmp_path / "b", data)
    tiny.assert_same_run(tmp_path / "a", tmp_path / "b", [stop])
    saved = tiny.newest(tmp_path / "b")
    averaged, network = saved["memories"]["semi-supervised"]["tensors"], saved["networks"]["discriminator"]
    assert averaged.keys() == network.keys()
    assert all(not torch.equal(averaged[name], network[name]) for name in network if "num_batches" not in name)


@pytest.mark.parametrize("parameters", [{"average_half_life": 0}, {"average_ramp_up": -0.1}])
def test_impossible_averages_are_refused(parameters: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        SemiSupervised.model_validate(parameters)

"""Asking networks, with their own parameters or with others."""

import copy
from typing import Any

import pytest
import torch
from torch import nn

from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.settings import TrainingSettings
from steadygan.training.forward import discriminator_forward, generator_forward
from steadygan.training.session import CustomNetworks, new_players
from tests import tiny
from tests.labelled_networks import CPU, Told
from tests.training import players

pytestmark = pytest.mark.usefixtures("float64")

IMAGES = torch.linspace(-1, 1, 4 * 64, dtype=torch.float64).view(4, 1, 8, 8)
LABELS = torch.tensor([0, 2, 1, 2])


def other(network: nn.Module) -> nn.Module:
    """A copy with other parameters."""
    copied = copy.deepcopy(network)
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in copied.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return copied


def named(network: nn.Module, buffers: bool = True) -> dict[str, torch.Tensor]:
    """Copies of its parameters, and of its buffers."""
    found = {**dict(network.named_parameters()), **(dict(network.named_buffers()) if buffers else {})}
    return {name: tensor.detach().clone() for name, tensor in found.items()}


def built(name: str) -> Any:
    """The networks of a recipe."""
    torch.manual_seed(0)
    training = TrainingSettings(device="cpu", precision="fp32")
    return new_players(tiny.small(name), tiny.images(), CustomNetworks(), CPU, training)[0].networks


def assert_same(one: DiscriminatorOutput, two: DiscriminatorOutput) -> None:
    for first, second in zip(one, two, strict=True):
        assert (first is None) is (second is None)
        if first is not None and second is not None:
            torch.testing.assert_close(first, second)


def test_a_network_that_answers_is_asked_for_its_answer() -> None:
    judge = next(network for player, network in built("semi-supervised").items() if player.value == "discriminator")
    answer = discriminator_forward(judge.eval(), IMAGES, None)
    assert_same(answer, judge.discriminate(IMAGES))
    assert answer.class_logits is not None
    assert answer.class_logits.shape == (4, 3)
    assert answer.features.ndim == 2


@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 1, 2, 2)])
def test_a_network_that_gives_logits_has_them_as_its_features(shape: tuple[int, ...]) -> None:
    logits = torch.randn(shape)

    class Plain(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return logits

    answer = discriminator_forward(Plain(), IMAGES, None)
    assert torch.equal(answer.logits, logits)
    assert answer.features.tolist() == logits.reshape(4, -1).tolist()
    assert answer.class_logits is None


def test_labels_reach_networks_that_take_them() -> None:
    judge, maker = Told(players.patches()), Told(players.generator(norm=False))
    latents = torch.randn(4, players.LATENT)
    shifts = judge.shift(LABELS).view(4, 1, 1, 1), maker.shift(LABELS).view(4, 1, 1, 1)
    torch.testing.assert_close(discriminator_forward(judge, IMAGES, LABELS).logits, judge.network(IMAGES) + shifts[0])
    torch.testing.assert_close(generator_forward(maker, latents, LABELS), maker.network(latents) + shifts[1])


@pytest.mark.parametrize("name", ["conditional", "semi-supervised", "dcgan"])
def test_other_parameters_answer_as_a_network_that_has_them(name: str) -> None:
    for player, network in built(name).items():
        stranger = other(network)
        given = named(stranger)
        before = players.weights(network)
        labels = LABELS if name == "conditional" else None
        if player.value == "discriminator":
            answer = discriminator_forward(network, IMAGES, labels, given)
            assert_same(answer, discriminator_forward(stranger, IMAGES, labels))
            assert not torch.equal(answer.logits, discriminator_forward(copy.deepcopy(network), IMAGES, labels).logits)
        else:
            latents = torch.randn(4, 100)
            made = generator_forward(network, latents, labels, given)
            torch.testing.assert_close(made, generator_forward(stranger, latents, labels))
        assert players.unchanged(network, before)


def test_what_is_not_named_stays_its_own() -> None:
    network, stranger = players.discriminator(norm=False), other(players.discriminator(norm=False))
    last = {name: tensor for name, tensor in named(stranger).items() if name.startswith("6.")}
    expected = copy.deepcopy(network)
    expected.load_state_dict(last, strict=False)
    torch.testing.assert_close(discriminator_forward(network, IMAGES, None, last).logits, expected(IMAGES))


def test_gradients_reach_the_parameters_that_were_given_and_no_others() -> None:
    network = players.discriminator(norm=False)
    given = {name: tensor.requires_grad_() for name, tensor in named(other(network), buffers=False).items()}
    torch.autograd.backward(discriminator_forward(network, IMAGES, None, given).logits.sum())
    assert all(tensor.grad is not None for tensor in given.values())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_statistics_of_a_move_with_other_buffers_go_into_those() -> None:
    network = players.discriminator().train()
    before, given = players.weights(network), named(network)
    discriminator_forward(network, IMAGES, None, given)
    assert players.unchanged(network, before)
    assert not torch.equal(given["3.running_mean"], before["3.running_mean"])

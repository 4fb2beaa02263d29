import copy
from collections.abc import Callable, Mapping

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import softplus

from steadygan.heuristics.schedules import Unrolled, unroll
from steadygan.heuristics.updates import ExtraAdam
from steadygan.vocabulary import Player

from ..truth import FakeState, FakeTurn

Make = Callable[[nn.Module], torch.optim.Optimizer]

OPTIMIZERS: dict[str, Make] = {
    "adam": lambda network: torch.optim.Adam(network.parameters(), lr=0.01, betas=(0.5, 0.999), eps=1e-6),
    "extra-adam": lambda network: ExtraAdam(network.parameters(), lr=0.01, eps=1e-6),
    "sgd": lambda network: torch.optim.SGD(network.parameters(), lr=0.05),
    "momentum": lambda network: torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9),
}


class FixedTurn(FakeTurn):
    """A turn on fixed images."""

    def __init__(self, player: Player, state: FakeState, real: Tensor, fake: Tensor) -> None:
        super().__init__(player, state=state)
        self.real, self.fake = real, fake

    def loss_of(self, player: Player, parameters: Mapping[str, Tensor]) -> Tensor:
        return loss_of(self.state.network(player), self.real, self.fake, dict(parameters))


def loss_of(network: nn.Module, real: Tensor, fake: Tensor, parameters: dict[str, Tensor] | None = None) -> Tensor:
    def judge(images: Tensor) -> Tensor:
        logits: Tensor = network(images) if parameters is None else functional_call(network, parameters, (images,))
        return logits

    return softplus(-judge(real)).mean() + softplus(judge(fake)).mean()


def discriminator() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)).double()


def images() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    real, fake = (torch.randn(6, 2, dtype=torch.float64, generator=generator) for _ in range(2))
    return real + 1, fake


def state_of(network: nn.Module, optimizer: torch.optim.Optimizer) -> FakeState:
    return FakeState(networks={Player.DISCRIMINATOR: network}, optimizers={Player.DISCRIMINATOR: optimizer})


def train(network: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> None:
    real, fake = images()
    for _ in range(steps):
        optimizer.zero_grad()
        torch.autograd.backward(loss_of(network, real, fake))
        optimizer.step()


def explicit_copy(network: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> dict[str, Tensor]:
    """What torch's own optimiser makes of a copy of the network."""
    again = copy.deepcopy(network)
    kind = torch.optim.SGD if isinstance(optimizer, torch.optim.SGD) else torch.optim.Adam
    own = kind(again.parameters(), lr=1.0)
    own.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    train(again, own, steps)
    return {name: parameter.detach() for name, parameter in again.named_parameters()}


@pytest.mark.parametrize("kind", sorted(OPTIMIZERS))
@pytest.mark.parametrize("through", [True, False])
@pytest.mark.parametrize("moves_before", [0, 4])
def test_the_generator_faces_the_discriminator_after_k_steps_of_its_optimiser(
    kind: str, through: bool, moves_before: int
) -> None:
    network = discriminator()
    optimizer = OPTIMIZERS[kind](network)
    train(network, optimizer, moves_before)
    expected = explicit_copy(network, optimizer, steps=3)
    turn = FixedTurn(Player.GENERATOR, state_of(network, optimizer), *images())
    found = Unrolled(steps=3, through=through).opponent(turn)
    assert found is not None
    torch.testing.assert_close({name: each.detach() for name, each in found.items()}, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("through", [True, False])
def test_neither_network_nor_optimiser_is_changed(through: bool) -> None:
    network = nn.Sequential(*discriminator(), nn.BatchNorm1d(1).double())
    optimizer = OPTIMIZERS["adam"](network)
    train(network, optimizer, 2)
    optimizer.zero_grad()
    for parameter in network.parameters():
        parameter.requires_grad_(False)  # as the generator's move has it
    weights, moments = copy.deepcopy(network.state_dict()), copy.deepcopy(optimizer.state_dict())
    real, fake = images()
    fake.requires_grad_()
    state = state_of(network, optimizer)
    found = Unrolled(steps=2, through=through).opponent(FixedTurn(Player.GENERATOR, state, real, fake))
    assert found is not None
    functional_call(network, dict(found), (fake,)).sum().backward()
    torch.testing.assert_close(dict(network.state_dict()), dict(weights), rtol=0, atol=0)
    torch.testing.assert_close(optimizer.state_dict(), moments, rtol=0, atol=0)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_a_fresh_optimiser_gets_no_state_from_being_read() -> None:
    network = discriminator()
    optimizer = OPTIMIZERS["adam"](network)
    Unrolled().opponent(FixedTurn(Player.GENERATOR, state_of(network, optimizer), *images()))
    assert not optimizer.state


def test_the_discriminator_faces_the_generator_as_it_is() -> None:
    network = discriminator()
    state = state_of(network, OPTIMIZERS["sgd"](network))
    assert Unrolled().opponent(FixedTurn(Player.DISCRIMINATOR, state, *images())) is None


def surrogate(
    network: nn.Module, optimizer: torch.optim.Optimizer, through: bool, real: Tensor
) -> Callable[[Tensor], Tensor]:
    def value(fake: Tensor) -> Tensor:
        turn = FixedTurn(Player.GENERATOR, state_of(network, optimizer), real, fake)
        found = Unrolled(steps=3, through=through).opponent(turn)
        assert found is not None
        return -loss_of(network, real, fake, dict(found))

    return value


@pytest.mark.parametrize("kind", sorted(OPTIMIZERS))
@pytest.mark.parametrize("moves_before", [0, 4])
def test_its_gradient_through_the_steps_is_that_of_finite_differences(kind: str, moves_before: int) -> None:
    network = discriminator()
    optimizer = OPTIMIZERS[kind](network)
    train(network, optimizer, moves_before)
    real, fake = images()
    value = surrogate(network, optimizer, True, real[:2])
    assert torch.autograd.gradcheck(value, fake[:2].clone().requires_grad_(), atol=1e-6, rtol=1e-4)


def test_without_going_through_the_discriminators_answer_is_taken_as_given() -> None:
    network, (real, fake) = discriminator(), images()
    optimizer = OPTIMIZERS["sgd"](network)
    fake.requires_grad_()
    found = unroll(network, optimizer, lambda weights: loss_of(network, real, fake, weights), 3, through=False)
    assert not any(weight.requires_grad for weight in found.values())
    (expected,) = torch.autograd.grad(-loss_of(network, real, fake, found), fake)
    (first_order,) = torch.autograd.grad(surrogate(network, optimizer, False, real)(fake), fake)
    (full,) = torch.autograd.grad(surrogate(network, optimizer, True, real)(fake), fake)
    torch.testing.assert_close(first_order, expected)
    assert (full - first_order).abs().max() > 1e-4


def test_the_rate_is_that_of_the_moment_and_of_each_group() -> None:
    network, (real, fake) = discriminator(), images()
    optimizer = torch.optim.SGD([{"params": network[0].parameters()}, {"params": network[2].parameters()}], lr=0.1)
    optimizer.param_groups[0]["lr"] = 0.0
    optimizer.param_groups[1]["lr"] = 0.3
    torch.autograd.backward(loss_of(network, real, fake))
    found = unroll(network, optimizer, lambda weights: loss_of(network, real, fake, weights), steps=1)
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None
        rate = 0.0 if name.startswith("0.") else 0.3
        torch.testing.assert_close(found[name].detach(), parameter.detach() - rate * parameter.grad)


def test_any_other_optimiser_is_followed_by_plain_gradient_steps() -> None:
    network, (real, fake) = discriminator(), images()
    optimizer = torch.optim.RMSprop(network.parameters(), lr=0.2)
    torch.autograd.backward(loss_of(network, real, fake))
    found = unroll(network, optimizer, lambda weights: loss_of(network, real, fake, weights), steps=1)
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None
        torch.testing.assert_close(found[name].detach(), parameter.detach() - 0.2 * parameter.grad)


def test_parameters_that_the_optimiser_does_not_move_or_the_loss_does_not_use_stay() -> None:
    network, (real, fake) = discriminator(), images()
    last = network[2]
    assert isinstance(last, nn.Linear)
    optimizer = OPTIMIZERS["adam"](last)

    def loss(weights: dict[str, Tensor]) -> Tensor:
        return loss_of(network, real, fake, {**weights, "2.bias": last.bias.detach()})

    found = unroll(network, optimizer, loss, steps=2)
    assert list(found) == [name for name, _ in network.named_parameters()]
    for name, parameter in network.named_parameters():
        assert torch.equal(found[name], parameter) == (name != "2.weight")


def test_spectral_norm_can_be_unrolled_through() -> None:
    torch.manual_seed(0)
    layers = (nn.Linear(2, 4), nn.Linear(4, 1))
    network = nn.Sequential(*(nn.utils.parametrizations.spectral_norm(layer) for layer in layers)).double()
    value = surrogate(network, OPTIMIZERS["adam"](network), True, images()[0])
    fake = images()[1].requires_grad_()
    (gradient,) = torch.autograd.grad(value(fake), fake)
    assert gradient.isfinite().all()
    assert gradient.abs().max() > 0


@pytest.mark.parametrize("steps", [0, 101, 1.5])
def test_impossible_numbers_of_steps_are_refused(steps: float) -> None:
    with pytest.raises(ValidationError):
        Unrolled.model_validate({"steps": steps})

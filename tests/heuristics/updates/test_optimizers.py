import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from steadygan.heuristics.roles import Update
from steadygan.heuristics.updates import Adam, SgdDiscriminator, adam, sgd
from steadygan.vocabulary import Player

from ..truth import Doubles

GRADIENTS = np.array([[0.5, -2.0, 1e-3], [0.1, 3.0, -1e-3], [-0.4, 0.2, 5.0], [0.0, 0.0, 0.0]])
START = np.array([1.0, -1.0, 0.5])


def after(optimizer: torch.optim.Optimizer, weight: nn.Parameter) -> Doubles:
    """The weight after one step for each row of gradients."""
    for gradient in GRADIENTS:
        weight.grad = torch.tensor(gradient)
        optimizer.step()
    return weight.detach().numpy()


def fresh() -> nn.Parameter:
    return nn.Parameter(torch.tensor(START))


def adam_by_hand(lr: float, beta1: float, beta2: float, eps: float) -> Doubles:
    """Algorithm 1 of Kingma and Ba, line by line."""
    theta, first, second = START.copy(), np.zeros(3), np.zeros(3)
    for t, gradient in enumerate(GRADIENTS, start=1):
        first = beta1 * first + (1 - beta1) * gradient
        second = beta2 * second + (1 - beta2) * gradient**2
        unbiased_first, unbiased_second = first / (1 - beta1**t), second / (1 - beta2**t)
        theta = theta - lr * unbiased_first / (np.sqrt(unbiased_second) + eps)
    return theta


def test_adam_steps_by_its_algorithm_with_the_defaults_of_the_dcgan_paper() -> None:
    weight = fresh()
    np.testing.assert_allclose(after(adam([weight]), weight), adam_by_hand(2e-4, 0.5, 0.999, 1e-8), rtol=1e-9)


def test_adam_takes_other_parameters() -> None:
    weight = fresh()
    moved = after(Adam(lr=0.1, betas=(0.0, 0.9), eps=1e-3).optimizer([weight]), weight)
    np.testing.assert_allclose(moved, adam_by_hand(0.1, 0.0, 0.9, 1e-3), rtol=1e-9)


def test_the_heuristics_default_is_the_functions() -> None:
    first, second = fresh(), fresh()
    np.testing.assert_array_equal(after(adam([first]), first), after(Adam().optimizer([second]), second))


def test_sgd_steps_against_the_gradient() -> None:
    weight = fresh()
    np.testing.assert_allclose(after(sgd([weight], lr=0.1), weight), START - 0.1 * GRADIENTS.sum(0), atol=1e-12)


def test_sgd_keeps_a_share_of_its_last_step() -> None:
    weight = fresh()
    moved = after(SgdDiscriminator(lr=0.1, momentum=0.5).optimizer([weight]), weight)
    expected, velocity = START.copy(), np.zeros(3)
    for gradient in GRADIENTS:
        velocity = 0.5 * velocity + gradient
        expected = expected - 0.1 * velocity
    np.testing.assert_allclose(moved, expected, atol=1e-12)


@pytest.mark.parametrize("heuristic", [Adam(), SgdDiscriminator()])
def test_a_weight_without_a_gradient_stays(heuristic: Update) -> None:
    weight = fresh()
    heuristic.optimizer([weight]).step()
    np.testing.assert_array_equal(weight.detach().numpy(), START)


@pytest.mark.parametrize("heuristic", [Adam(), SgdDiscriminator()])
def test_an_optimiser_takes_parameters_that_can_be_walked_only_once(heuristic: Update) -> None:
    network = nn.Linear(2, 3)
    (group,) = heuristic.optimizer(network.parameters()).param_groups
    assert [weight.shape for weight in group["params"]] == [(3, 2), (3,)]


def test_adam_moves_both_players_and_sgd_the_discriminator_alone() -> None:
    assert Adam.players == {Player.GENERATOR, Player.DISCRIMINATOR}
    assert SgdDiscriminator.players == {Player.DISCRIMINATOR}


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        (Adam, {"lr": -1e-4}),
        (Adam, {"lr": 0}),
        (Adam, {"lr": float("nan")}),
        (Adam, {"lr": float("inf")}),
        (Adam, {"betas": (0.5, 1.0)}),
        (Adam, {"betas": (-0.1, 0.9)}),
        (Adam, {"betas": (0.5,)}),
        (Adam, {"eps": 0}),
        (SgdDiscriminator, {"lr": -1}),
        (SgdDiscriminator, {"momentum": 1}),
    ],
)
def test_impossible_updates_are_refused(kind: type[Update], parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(parameters)

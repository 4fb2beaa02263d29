import copy
import io
import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from steadygan.heuristics.updates import ExtraAdam, ExtraAdamHeuristic, adam
from steadygan.vocabulary import Player

from ..truth import Doubles
from .game import play

START = np.array([1.0, -1.0, 0.5])


def field(theta: Doubles) -> Doubles:
    """A gradient that depends on where one is."""
    return np.array([theta[1], -theta[0], theta[2] ** 3 - 1])


def by_hand(pairs: int, lr: float, beta1: float, beta2: float, eps: float) -> list[Doubles]:
    """Algorithm 4 of Gidel et al., line by line: where the weights are after every call."""
    theta, first, second, calls = START.copy(), np.zeros(3), np.zeros(3), 0
    places = []
    for _ in range(pairs):
        at = theta
        for _ in range(2):
            gradient, calls = field(at), calls + 1
            first = beta1 * first + (1 - beta1) * gradient
            second = beta2 * second + (1 - beta2) * gradient**2
            unbiased_first, unbiased_second = first / (1 - beta1**calls), second / (1 - beta2**calls)
            at = theta - lr * unbiased_first / (np.sqrt(unbiased_second) + eps)
            places.append(at)
        theta = at
    return places


def walk(optimizer: torch.optim.Optimizer, weight: nn.Parameter, calls: int) -> list[Doubles]:
    places = []
    for _ in range(calls):
        weight.grad = torch.tensor(field(weight.detach().numpy()))
        optimizer.step()
        places.append(weight.detach().numpy().copy())
    return places


def test_it_looks_ahead_and_moves_by_its_algorithm() -> None:
    weight = nn.Parameter(torch.tensor(START))
    places = walk(ExtraAdamHeuristic(lr=0.05, betas=(0.5, 0.9), eps=1e-6).optimizer([weight]), weight, 10)
    np.testing.assert_allclose(places, by_hand(5, 0.05, 0.5, 0.9, 1e-6), rtol=1e-10)


def test_its_defaults_are_those_of_the_dcgan_paper() -> None:
    weight = nn.Parameter(torch.tensor(START))
    expected = by_hand(2, 2e-4, 0.5, 0.999, 1e-8)
    np.testing.assert_allclose(walk(ExtraAdamHeuristic().optimizer([weight]), weight, 4), expected, rtol=1e-10)
    weight = nn.Parameter(torch.tensor(START))
    np.testing.assert_allclose(walk(ExtraAdam([weight]), weight, 4), expected, rtol=1e-10)


def test_a_rate_that_changes_between_the_calls_counts_at_once() -> None:
    weight = nn.Parameter(torch.tensor(START))
    optimizer = ExtraAdam([weight], lr=0.1)
    walk(optimizer, weight, 1)
    optimizer.param_groups[0]["lr"] = 0.0
    (settled,) = walk(optimizer, weight, 1)
    np.testing.assert_array_equal(settled, START)


def test_a_weight_that_has_no_gradient_ahead_goes_back() -> None:
    weight, still = nn.Parameter(torch.tensor(START)), nn.Parameter(torch.tensor(START))
    optimizer = ExtraAdam([weight, still], lr=0.1)
    (ahead,) = walk(optimizer, weight, 1)
    assert not np.array_equal(ahead, START)
    weight.grad = None
    optimizer.step()
    np.testing.assert_array_equal(weight.detach().numpy(), START)
    np.testing.assert_array_equal(still.detach().numpy(), START)


def test_a_weight_may_get_its_first_gradient_ahead() -> None:
    weight, late = nn.Parameter(torch.tensor(START)), nn.Parameter(torch.tensor([2.0]))
    optimizer = ExtraAdam([weight, late], lr=0.1)
    walk(optimizer, weight, 1)
    late.grad = torch.tensor([3.0])
    walk(optimizer, weight, 1)
    torch.testing.assert_close(late.detach(), torch.tensor([1.9]))
    walk(optimizer, weight, 2)
    assert late.item() < 1.9


def test_a_closure_is_asked_where_the_weights_are() -> None:
    weight = nn.Parameter(torch.tensor(START))
    optimizer, seen = ExtraAdam([weight], lr=0.1), []

    def closure() -> float:
        seen.append(weight.detach().numpy().copy())
        weight.grad = torch.tensor(field(seen[-1]))
        return float(len(seen))

    assert [optimizer.step(closure) for _ in range(4)] == [1.0, 2.0, 3.0, 4.0]
    ahead, settled, ahead_again, _ = by_hand(2, 0.1, 0.5, 0.999, 1e-8)
    np.testing.assert_allclose(seen, [START, ahead, settled, ahead_again], rtol=1e-10)


@pytest.mark.parametrize("calls", [0, 1, 2, 3])
def test_it_resumes_bit_for_bit_even_while_it_looks_ahead(calls: int) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    images = torch.randn(8, 8, 3)

    def train(model: nn.Module, optimizer: torch.optim.Optimizer, batches: torch.Tensor) -> None:
        for batch in batches:
            optimizer.zero_grad(set_to_none=True)
            model(batch).square().mean().backward()
            optimizer.step()

    optimizer = ExtraAdam(network.parameters(), lr=0.01)
    train(network, optimizer, images[:calls])
    file = io.BytesIO()
    torch.save({"network": network.state_dict(), "optimizer": optimizer.state_dict()}, file)
    file.seek(0)
    stored = torch.load(file, weights_only=True)
    again = copy.deepcopy(network)
    resumed = ExtraAdam(again.parameters(), lr=0.5)
    again.load_state_dict(stored["network"])
    resumed.load_state_dict(stored["optimizer"])
    train(network, optimizer, images[calls:])
    train(again, resumed, images[calls:])
    for one, other in zip(network.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


def test_on_the_bilinear_game_extrapolation_converges_at_its_known_speed() -> None:
    # With so large an eps and no memory Adam is gradient descent with rate lr / eps = 0.1.
    rate, steps = 0.1, 1_000
    plain = play(lambda w: adam(w, rate * 1e6, (0.0, 0.0), 1e6), steps, alternate=False)
    ahead = play(lambda w: ExtraAdam(w, rate * 1e6, (0.0, 0.0), 1e6), steps, rounds=2, alternate=False)
    assert plain == pytest.approx(math.sqrt(2) * (1 + rate**2) ** (steps / 2), rel=1e-2)
    assert ahead == pytest.approx(math.sqrt(2) * (1 - rate**2 + rate**4) ** (steps / 2), rel=1e-2)


def test_on_the_bilinear_game_adam_moves_away_and_extra_adam_comes_nearer() -> None:
    start = math.sqrt(2)
    assert play(lambda weights: adam(weights, lr=0.02), steps=3_000) > start
    assert play(lambda weights: ExtraAdam(weights, lr=0.02), steps=3_000, rounds=2) < start / 2


def test_it_extrapolates_for_both_players() -> None:
    assert ExtraAdamHeuristic.extrapolates
    assert ExtraAdamHeuristic.players == set(Player)


@pytest.mark.parametrize("parameters", [{"lr": 0}, {"betas": (0.5, 1.0)}, {"eps": 0}])
def test_impossible_updates_are_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ExtraAdamHeuristic.model_validate(parameters)

from collections.abc import Callable

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from steadygan.heuristics.penalties import (
    R1,
    R2,
    input_gradient,
    r1_penalty,
    r2_penalty,
    zero_centred_penalty,
)
from steadygan.heuristics.roles import Penalty
from steadygan.training.turn import TrainingTurn
from steadygan.vocabulary import Player, Side
from tests import tiny
from tests.eager import new_training_state

from ..truth import FakeTurn, seeded

FUNCTIONS = [r1_penalty, r2_penalty]
STEP = 1e-6


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def small_discriminator(images: Tensor, weights: Tensor) -> Tensor:
    """Two layers: the sum of the tanh of a few projections, [N]."""
    return torch.tanh(images.flatten(1) @ weights).sum(1)


def differences(images: Tensor, weights: Tensor, gamma: float) -> Tensor:
    """γ/2 ‖∇D‖² of each image by central differences, one pixel at a time."""
    squares = torch.zeros(len(images), dtype=torch.float64)
    for pixel in range(images[0].numel()):
        nudge = torch.zeros_like(images).flatten(1)
        nudge[:, pixel] = STEP
        nudge = nudge.reshape(images.shape)
        rise = small_discriminator(images + nudge, weights) - small_discriminator(images - nudge, weights)
        squares += (rise / (2 * STEP)) ** 2
    return gamma / 2 * squares


@pytest.mark.parametrize("penalty", FUNCTIONS)
def test_the_penalty_is_what_finite_differences_say(penalty: object) -> None:
    assert callable(penalty)
    images, weights = random(3, 2, 2, 3).requires_grad_(), random(12, 5, seed=1)
    ours = penalty(small_discriminator(images, weights), images, gamma=3.0)
    expected = differences(images.detach(), weights, 3.0)
    torch.testing.assert_close(ours.double(), expected, rtol=1e-5, atol=0)


@pytest.mark.parametrize("penalty", FUNCTIONS)
def test_the_penaltys_own_slope_in_the_weights_is_what_finite_differences_say(penalty: object) -> None:
    assert callable(penalty)
    images, weights = random(2, 4).requires_grad_(), random(4, 3, seed=1).requires_grad_()
    loss = penalty(small_discriminator(images, weights), images, gamma=1.0).sum()
    (ours,) = torch.autograd.grad(loss, weights)
    step, start = 1e-4, weights.detach()
    for place in range(start.numel()):
        nudge = torch.zeros(start.numel(), dtype=torch.float64)
        nudge[place] = step
        nudge = nudge.reshape(start.shape)
        rise = differences(images.detach(), start + nudge, 1.0) - differences(images.detach(), start - nudge, 1.0)
        assert ours.reshape(-1)[place].item() == pytest.approx(rise.sum().item() / (2 * step), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("penalty", FUNCTIONS)
@pytest.mark.parametrize("gamma", [0.0, 1.0, 10.0])
def test_for_a_linear_discriminator_the_penalty_is_half_gamma_times_its_squared_weights(
    penalty: object, gamma: float
) -> None:
    assert callable(penalty)
    images, weight = torch.randn(5, 3).requires_grad_(), torch.tensor([1.0, -2.0, 2.0])
    result = penalty(images @ weight, images, gamma)
    torch.testing.assert_close(result, torch.full((5,), gamma / 2 * 9.0))


def test_the_default_weight_is_one() -> None:
    images = torch.ones(1, 3, requires_grad=True)
    assert r1_penalty(images.sum(1), images).item() == pytest.approx(1.5)
    assert r2_penalty(images.sum(1), images).item() == pytest.approx(1.5)


def test_the_gradient_of_a_quadratic_is_its_matrix_times_the_point() -> None:
    matrix, images = random(4, 4), random(3, 4, seed=1).requires_grad_()
    matrix = matrix + matrix.T
    logits = 0.5 * (images @ matrix * images).sum(1)
    torch.testing.assert_close(input_gradient(logits, images), images.detach() @ matrix)


def test_each_image_has_the_gradient_of_its_own_logit() -> None:
    images = torch.tensor([[2.0], [3.0], [5.0]], requires_grad=True)
    torch.testing.assert_close(input_gradient(images[:, 0] ** 2, images), torch.tensor([[4.0], [6.0], [10.0]]))


def test_logits_may_have_a_column() -> None:
    images = random(3, 4).requires_grad_()
    logits = images.square().sum(1)
    torch.testing.assert_close(input_gradient(logits[:, None], images), input_gradient(logits, images))


@pytest.mark.parametrize("flat", [False, True])
def test_the_logits_of_an_images_patches_are_averaged(flat: bool) -> None:
    images = random(3, 1, 2, 2).requires_grad_()
    patches = images**3
    gradient = input_gradient(patches.reshape(-1) if flat else patches, images)
    torch.testing.assert_close(gradient, 3 * images.detach() ** 2 / 4)


def test_the_input_gradient_can_be_differentiated_again() -> None:
    images = torch.tensor([[2.0], [3.0]], requires_grad=True)
    gradient = input_gradient(images[:, 0] ** 3, images)
    (second,) = torch.autograd.grad(gradient.sum(), images)
    torch.testing.assert_close(second, torch.tensor([[12.0], [18.0]]))


def test_a_penalty_of_half_precision_gradients_is_summed_in_full_precision() -> None:
    gradient = torch.full((1, 3, 64, 64), 0.1, dtype=torch.bfloat16)
    penalty = zero_centred_penalty(gradient, 2.0)
    assert penalty.dtype == torch.float32
    value = float(torch.tensor(0.1, dtype=torch.bfloat16))
    assert penalty.item() == pytest.approx(3 * 64 * 64 * value**2, rel=1e-5)


@pytest.mark.parametrize(("heuristic", "side"), [(R1(gamma=4.0), Side.REAL), (R2(gamma=4.0), Side.FAKE)])
def test_each_heuristic_penalises_its_own_side_and_notes_it(heuristic: Penalty, side: Side) -> None:
    assert heuristic.differentiates == (side,)
    gradient = torch.tensor([[3.0, 4.0], [0.0, 1.0]], requires_grad=True)
    turn = FakeTurn(gradients={side: gradient}, logits={side: torch.zeros(2)})
    penalty = heuristic(turn)
    assert penalty.tolist() == [50.0, 2.0]
    assert penalty.requires_grad
    assert turn.logged[heuristic.name].tolist() == [50.0, 2.0]
    assert not turn.logged[heuristic.name].requires_grad


@pytest.mark.parametrize(("heuristic", "side"), [(R1(gamma=4.0), Side.REAL), (R2(gamma=4.0), Side.FAKE)])
def test_of_images_with_one_logit_the_gradients_are_one_by_hand(heuristic: Penalty, side: Side) -> None:
    gradient = torch.tensor([[3.0, 4.0], [0.0, 1.0], [2.0, 0.0], [0.0, 0.0]])
    packs = FakeTurn(gradients={side: gradient}, logits={side: torch.zeros(2)})
    assert heuristic(packs).tolist() == [2 * (9 + 16 + 1), 2 * 4]
    patches = FakeTurn(gradients={side: gradient}, logits={side: torch.zeros(16)})
    assert heuristic(patches).tolist() == [2 * 25, 2 * 1, 2 * 4, 0]


def turn_of_packs(images: int, *penalties: Penalty) -> TrainingTurn:
    """A move of a discriminator that judges packs of so many of six images, none of which is normalised by others."""
    chosen = tiny.small("naive", batch=6).with_("packing", images=images)
    state = new_training_state(chosen)
    differentiated = frozenset(side for each in penalties for side in each.differentiates)
    return TrainingTurn(Player.DISCRIMINATOR, state, state.next_real(), differentiated=differentiated)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("images", [2, 3])
@pytest.mark.parametrize(("heuristic", "side"), [(R1(gamma=3.0, every=4), Side.REAL), (R2(gamma=3.0), Side.FAKE)])
def test_a_pack_counts_as_one_input(heuristic: Penalty, side: Side, images: int) -> None:
    turn = turn_of_packs(images, heuristic)
    discriminator, expected = turn.state.network(Player.DISCRIMINATOR), []
    for first in range(0, 6, images):
        pack = turn.inputs(side)[first : first + images].detach().requires_grad_()
        logit = discriminator(pack)
        assert logit.numel() == 1
        (gradient,) = torch.autograd.grad(logit.sum(), pack)
        expected.append(1.5 * gradient.square().sum())
    penalty = heuristic(turn)
    assert penalty.dtype == torch.float64
    torch.testing.assert_close(penalty.detach(), torch.stack(expected))
    added = turn.loss([heuristic]) - turn.loss()
    torch.testing.assert_close(added.detach(), heuristic.every * torch.stack(expected).mean())


@pytest.mark.usefixtures("float64")
def test_both_penalties_of_packs_together_are_those_of_each_alone() -> None:
    both = turn_of_packs(2, R1(), R2())
    for heuristic, side in ((R1(), Side.REAL), (R2(), Side.FAKE)):
        images = both.inputs(side).detach().requires_grad_()
        logits = both.state.network(Player.DISCRIMINATOR)(images)
        (gradient,) = torch.autograd.grad(logits.sum(), images)
        expected = 0.5 * gradient.square().reshape(3, -1).sum(1)
        torch.testing.assert_close(heuristic(both).detach(), expected)


def test_both_penalties_are_the_discriminators_and_come_with_every_move() -> None:
    for heuristic in (R1(), R2()):
        assert heuristic.players == {Player.DISCRIMINATOR}
        assert heuristic.every == 1


@pytest.mark.parametrize("parameters", [{"gamma": -1}, {"gamma": float("nan")}, {"every": 0}, {"every": 1.5}])
@pytest.mark.parametrize("kind", [R1, R2])
def test_impossible_penalties_are_refused(kind: type[Penalty], parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(parameters)


@pytest.mark.parametrize("penalty", [r1_penalty, r2_penalty])
def test_the_functions_take_a_pack_for_one_input_too(penalty: Callable[..., Tensor]) -> None:
    images = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    logits = torch.sin(images.reshape(2, 10)).sum(1)  # of two packs
    torch.testing.assert_close(penalty(logits, images, gamma=2.0), images.detach().reshape(2, 10).cos().square().sum(1))


def test_images_without_gradients_are_named() -> None:
    with pytest.raises(ValueError, match=r"require no gradients; call images\.requires_grad_\(\) before"):
        r1_penalty(torch.zeros(4), torch.zeros(4, 3), gamma=1.0)

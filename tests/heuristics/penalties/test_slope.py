import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from steadygan.heuristics.penalties import (
    Dragan,
    GradientPenalty,
    between,
    dragan_penalty,
    gradient_penalty,
    perturbed,
    slope_penalty,
)
from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.vocabulary import Player, Side

from ..truth import FakeTurn, follows, seeded, uniform_cdf
from .differences import random, slopes

NUMBERS = st.floats(-5, 5, allow_subnormal=False)


def small_discriminator(images: Tensor, weights: Tensor) -> Tensor:
    """Two layers: the sum of the tanh of a few projections, [N]."""
    return torch.tanh(images.flatten(1) @ weights).sum(1)


def by_differences(points: Tensor, weights: Tensor, weight: float, target: float) -> float:
    """The sum over images of weight (slope - target)², each slope by central differences."""
    total = 0.0
    for point in points:
        slope = slopes(lambda x: small_discriminator(x[None], weights).item(), point)
        total += weight * (slope.square().sum().sqrt().item() - target) ** 2
    return total


def test_the_gradient_penalty_is_what_finite_differences_say() -> None:
    points, weights = random(3, 1, 2, 2), random(4, 3, seed=1)
    ours = gradient_penalty(lambda x: small_discriminator(x, weights), points, points, weight=7.0, target=0.5)
    assert ours.dtype == torch.float64
    assert ours.sum().item() == pytest.approx(by_differences(points, weights, 7.0, 0.5), rel=1e-6)


def test_the_penaltys_own_slope_in_the_weights_is_what_finite_differences_say() -> None:
    points, weights = random(2, 4), random(4, 2, seed=1).requires_grad_()
    ours = gradient_penalty(lambda x: small_discriminator(x, weights), points, points, weight=1.0).sum()
    (slope,) = torch.autograd.grad(ours, weights)
    expected = slopes(lambda w: by_differences(points, w, 1.0, 1.0), weights.detach(), step=1e-4)
    torch.testing.assert_close(slope, expected, rtol=1e-4, atol=1e-5)


@settings(max_examples=30)
@given(st.lists(NUMBERS, min_size=1, max_size=4), st.floats(0, 20), st.floats(0, 3))
def test_for_a_linear_discriminator_the_penalty_is_that_of_its_norm(
    numbers: list[float], weight: float, target: float
) -> None:
    direction = torch.tensor(numbers, dtype=torch.float64)
    real, fake = random(3, len(numbers)), random(3, len(numbers), seed=1)
    expected = weight * (math.sqrt(sum(number**2 for number in numbers)) - target) ** 2
    for ours in (
        gradient_penalty(lambda x: x @ direction, real, fake, weight, target),
        dragan_penalty(lambda x: x @ direction, real, weight, target),
    ):
        assert ours.tolist() == pytest.approx([expected] * 3, rel=1e-9, abs=1e-12)


@settings(max_examples=30)
@given(st.lists(NUMBERS, min_size=2, max_size=2), st.floats(0, 5))
def test_the_penalty_is_never_negative_and_grows_with_its_weight(numbers: list[float], weight: float) -> None:
    gradient = torch.tensor([numbers], dtype=torch.float64)
    penalty = slope_penalty(gradient, weight)
    assert penalty.item() >= 0
    torch.testing.assert_close(slope_penalty(gradient, 2 * weight), 2 * penalty)


def test_a_flat_discriminator_gets_finite_slopes() -> None:
    weights = torch.zeros(3, 2, requires_grad=True)
    penalty = gradient_penalty(lambda x: small_discriminator(x, weights), torch.ones(2, 3), torch.zeros(2, 3))
    assert penalty.tolist() == [10.0, 10.0]
    (slope,) = torch.autograd.grad(penalty.sum(), weights)
    assert slope.isfinite().all()


def test_a_penalty_of_half_precision_gradients_is_summed_in_full_precision() -> None:
    penalty = slope_penalty(torch.full((1, 3, 64, 64), 0.125, dtype=torch.bfloat16), 1.0, 1.0)
    assert penalty.dtype == torch.float32
    assert penalty.item() == pytest.approx((0.125 * math.sqrt(3 * 64 * 64) - 1) ** 2, rel=1e-5)


def test_points_between_lie_on_the_lines_with_one_uniform_share_an_image() -> None:
    torch.manual_seed(0)
    first, second = random(2000, 1, 2, 2), random(2000, 1, 2, 2, seed=1)
    shares = ((between(first, second) - first) / (second - first)).flatten(1)
    torch.testing.assert_close(shares, shares[:, :1].expand(-1, 4), rtol=1e-6, atol=1e-6)
    assert follows(shares[:, 0], uniform_cdf(0, 1))


def test_noise_around_the_data_is_uniform_up_to_half_the_deviation_of_the_batch() -> None:
    torch.manual_seed(0)
    real = random(500, 3)
    deviation = math.sqrt(sum((x - real.mean().item()) ** 2 for x in real.flatten().tolist()) / real.numel())
    assert follows(perturbed(real) - real, uniform_cdf(0, 0.5 * deviation))
    torch.testing.assert_close(perturbed(real, 0.0), real)


def test_the_deviation_of_a_batch_is_not_corrected_for_its_size() -> None:
    torch.manual_seed(0)
    real = torch.tensor([[0.0], [2.0]])
    largest = max((perturbed(real) - real).max().item() for _ in range(200))
    assert 0.45 < largest <= 0.5


def recording(points: list[Tensor], discriminator: Tensor) -> object:
    """A judge that keeps what it is asked."""

    def judge(images: Tensor) -> DiscriminatorOutput:
        points.append(images)
        return DiscriminatorOutput((images.flatten(1) @ discriminator).exp(), images.flatten(1))

    return judge


def test_the_gradient_penalty_asks_between_what_was_seen_with_the_labels_of_the_reals() -> None:
    told: list[Tensor | None] = []

    class Listening(FakeTurn):
        def discriminate(self, images: Tensor, labels: Tensor | None) -> DiscriminatorOutput:
            told.append(labels)
            return super().discriminate(images, labels)

    points: list[Tensor] = []
    seen = {Side.REAL: torch.zeros(3, 2), Side.FAKE: torch.ones(3, 2, requires_grad=True)}
    labels = {Side.REAL: torch.tensor([4, 5, 6])}
    direction = torch.tensor([0.3, 0.4], requires_grad=True)
    turn = Listening(inputs=seen, labels=labels, judge=recording(points, direction))  # type: ignore[arg-type]
    penalty = GradientPenalty(weight=2.0, target=0.5)(turn)
    (asked,) = points
    assert told[0] is not None
    assert told[0].tolist() == [4, 5, 6]
    assert ((asked >= 0) & (asked <= 1)).all()
    torch.testing.assert_close(asked[:, 0], asked[:, 1])
    # The gradient of exp(w x) is w exp(w x), and ‖w‖ is 0.5.
    expected = 2.0 * (0.5 * (asked.detach() @ direction.detach()).exp() - 0.5) ** 2
    torch.testing.assert_close(penalty.detach(), expected)
    torch.testing.assert_close(turn.logged["gradient-penalty"], expected)
    assert not turn.logged["gradient-penalty"].requires_grad
    assert torch.autograd.grad(penalty.sum(), direction)[0].any()


def test_dragan_asks_around_the_real_images_and_needs_no_fakes() -> None:
    torch.manual_seed(0)
    points: list[Tensor] = []
    real = torch.randn(50, 2, generator=seeded())
    turn = FakeTurn(inputs={Side.REAL: real}, judge=recording(points, torch.tensor([0.0, 1.0])))  # type: ignore[arg-type]
    penalty = Dragan(weight=3.0, target=0.0, spread=0.1)(turn)
    (asked,) = points
    moved = (asked - real) / real.std(correction=0)
    assert moved.min() >= 0
    assert 0.05 < moved.max() <= 0.1
    torch.testing.assert_close(penalty, 3.0 * asked.detach()[:, 1].exp() ** 2)
    torch.testing.assert_close(turn.logged["dragan"], penalty)


def test_packed_images_are_one_input_of_the_discriminator() -> None:
    real, weights = random(6, 2), random(4)
    packs = gradient_penalty(lambda x: x.reshape(3, 4) @ weights, real, real, weight=1.0, target=0.0)
    torch.testing.assert_close(packs, weights.square().sum().expand(3))


def test_packs_have_the_gradients_of_their_own_images() -> None:
    real = random(4, 1)
    packs = gradient_penalty(lambda x: x.reshape(2, 2).square().sum(1), real, real, weight=1.0, target=0.0)
    torch.testing.assert_close(packs, 4 * real.square().reshape(2, 2).sum(1))


def test_the_logits_of_an_images_patches_are_averaged() -> None:
    real = random(3, 2)
    patches = gradient_penalty(lambda x: (x**2).flatten(), real, real, weight=1.0, target=0.0)
    torch.testing.assert_close(patches, real.square().sum(1))


@pytest.mark.parametrize("kind", [GradientPenalty, Dragan])
def test_slope_penalties_have_the_papers_values_and_are_the_discriminators(
    kind: type[GradientPenalty] | type[Dragan],
) -> None:
    heuristic = kind()
    assert (heuristic.weight, heuristic.target, heuristic.every) == (10.0, 1.0, 1)
    assert heuristic.players == {Player.DISCRIMINATOR}
    assert heuristic.differentiates == ()


@pytest.mark.parametrize("parameters", [{"weight": -1}, {"target": -1}, {"every": 0}, {"weight": math.nan}])
@pytest.mark.parametrize("kind", [GradientPenalty, Dragan])
def test_impossible_slope_penalties_are_refused(
    kind: type[GradientPenalty] | type[Dragan], parameters: dict[str, object]
) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(parameters)

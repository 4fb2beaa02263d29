import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from steadygan.heuristics.base import Company
from steadygan.heuristics.penalties import ModeSeeking, mode_seeking_penalty, pair_up
from steadygan.vocabulary import Player, Side

from ..truth import FakeTurn
from .differences import random, slopes


def by_loop(images: Tensor, latents: Tensor, pairs: list[tuple[int, int]], eps: float = 1e-5) -> float:
    """1 / (mean distance of images / mean distance of latents + eps) over the pairs."""
    far = sum((images[a] - images[b]).abs().mean().item() for a, b in pairs) / len(pairs)
    origin = sum((latents[a] - latents[b]).abs().mean().item() for a, b in pairs) / len(pairs)
    return 1 / (far / origin + eps)


def test_neighbours_in_the_batch_make_pairs() -> None:
    images, latents = random(5, 1, 2, 2), random(5, 3, seed=1)
    ours = mode_seeking_penalty(images, latents)
    assert ours.dtype == torch.float64
    assert ours.item() == pytest.approx(by_loop(images, latents, [(0, 1), (2, 3)]))


def test_only_images_of_one_class_make_pairs() -> None:
    images, latents = random(7, 2), random(7, 3, seed=1)
    labels = torch.tensor([2, 0, 1, 2, 0, 2, 2])
    # In the order of classes: 1 4 | 2 0 | 3 5 | 6, of which the second pair is of two classes.
    ours = mode_seeking_penalty(images, latents, labels)
    assert ours.item() == pytest.approx(by_loop(images, latents, [(1, 4), (3, 5)]))


def test_without_any_pair_of_one_class_there_is_nothing_to_pay() -> None:
    images = random(2, 3).requires_grad_()
    penalty = mode_seeking_penalty(images, random(2, 3, seed=1), torch.tensor([0, 1]))
    assert penalty.item() == 0
    (slope,) = torch.autograd.grad(penalty, images)
    assert not slope.any()


@settings(max_examples=50)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=12))
def test_all_but_one_pair_a_class_boundary_are_of_one_class(labels: list[int]) -> None:
    first, second, alike = pair_up(len(labels), torch.tensor(labels))
    places = [*first.tolist(), *second.tolist()]
    assert len(set(places)) == len(places) == len(labels) // 2 * 2
    assert alike.tolist() == [labels[a] == labels[b] for a, b in zip(first.tolist(), second.tolist(), strict=True)]
    assert int((~alike).sum()) <= len(set(labels)) - 1


def test_the_slope_in_the_images_is_what_finite_differences_say() -> None:
    images, latents = random(4, 3).requires_grad_(), random(4, 2, seed=1)
    (ours,) = torch.autograd.grad(mode_seeking_penalty(images, latents, weight=3.0), images)
    expected = slopes(lambda x: mode_seeking_penalty(x, latents, weight=3.0).item(), images.detach())
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-8)


@settings(max_examples=30)
@given(st.floats(0.01, 100), st.floats(0.01, 10))
def test_images_further_apart_cost_inversely_less(factor: float, weight: float) -> None:
    images, latents = random(4, 3), random(4, 2, seed=1)
    before, after = (mode_seeking_penalty(x, latents, None, weight, 1e-12) for x in (images, factor * images))
    assert 0 < after.item() == pytest.approx(before.item() / factor, rel=1e-6)


def test_a_collapsed_generator_pays_the_bound_and_gets_finite_slopes() -> None:
    images = torch.ones(4, 3, requires_grad=True)
    penalty = mode_seeking_penalty(images, torch.randn(4, 2), weight=2.0, eps=0.1)
    assert penalty.item() == pytest.approx(20.0)
    (slope,) = torch.autograd.grad(penalty, images)
    assert slope.isfinite().all()


def test_the_heuristic_is_the_generators_and_takes_the_raw_fakes() -> None:
    heuristic = ModeSeeking(weight=2.0)
    images, latents = random(4, 1, 2, 2).requires_grad_(), random(4, 3, seed=1)
    turn = FakeTurn(
        Player.GENERATOR, images={Side.FAKE: images}, latents=latents, labels={Side.FAKE: torch.tensor([1, 0, 1, 1])}
    )
    penalty = heuristic(turn)
    assert heuristic.players == {Player.GENERATOR}
    assert penalty.item() == pytest.approx(2 * by_loop(images.detach(), latents, [(2, 3)]))
    assert penalty.requires_grad
    assert not turn.logged["mode-seeking"].requires_grad
    assert turn.logged["mode-seeking"].item() == penalty.item()


def test_half_precision_images_are_compared_in_full_precision() -> None:
    assert mode_seeking_penalty(torch.randn(4, 3).bfloat16(), torch.randn(4, 2)).dtype == torch.float32


def test_one_image_cannot_be_compared() -> None:
    assert ModeSeeking().objection(Company(batch=2)) is None
    refusal = ModeSeeking().objection(Company(batch=1))
    assert refusal is not None
    assert "'mode-seeking'" in refusal


@pytest.mark.parametrize("parameters", [{"weight": -1}, {"eps": 0}, {"every": 0}])
def test_impossible_rewards_are_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ModeSeeking.model_validate(parameters)

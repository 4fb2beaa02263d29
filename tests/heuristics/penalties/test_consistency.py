from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from steadygan.heuristics.penalties import Consistency, answer_gap, flip_and_shift, latent_response
from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.vocabulary import Player, Side

from ..truth import FakeTurn, likely_share
from .differences import random, slopes

OFF = {"real": 0.0, "fake": 0.0, "latent_discriminator": 0.0, "latent_generator": 0.0}


def only(**weights: float) -> Consistency:
    """A heuristic all of whose parts are off but the given ones."""
    return Consistency.model_validate(OFF | weights)


def mean_of(images: Tensor) -> DiscriminatorOutput:
    """A discriminator that does not care where pixels are."""
    flat = images.flatten(1)
    return DiscriminatorOutput(flat.mean(1), flat)


def all_changes(image: Tensor, reach: int) -> list[Tensor]:
    """Every shift up to ``reach``, reflected by padding, with and without a flip."""
    size = image.shape[-1]
    padded = torch.nn.functional.pad(image[None], (reach,) * 4, mode="reflect")[0]
    crops = [
        padded[:, top : top + size, left : left + size] for top in range(2 * reach + 1) for left in range(2 * reach + 1)
    ]
    return crops + [crop.flip(2) for crop in crops]


def test_an_image_is_flipped_and_shifted_and_nothing_else() -> None:
    torch.manual_seed(0)
    image = random(2, 4, 4)
    allowed = torch.stack(all_changes(image, 1))
    changed = flip_and_shift(image.expand(400, -1, -1, -1), 0.25)
    same = (changed[:, None] == allowed[None]).flatten(2).all(2)
    assert same.any(1).all()
    assert same.any(0).all()
    assert likely_share(int(same[:, :9].any(1).sum()), 400, 0.5)


def test_flips_can_be_left_out_and_shifts_too() -> None:
    torch.manual_seed(0)
    images = random(1, 1, 3, 3).expand(50, -1, -1, -1)
    assert torch.equal(flip_and_shift(images, 0.0, flip=False), images)
    flipped = flip_and_shift(images, 0.0)
    unmoved = [torch.equal(image, images[0]) for image in flipped]
    mirrored = [torch.equal(image, images[0].flip(2)) for image in flipped]
    assert {(a, b) for a, b in zip(unmoved, mirrored, strict=True)} == {(True, False), (False, True)}


def test_the_largest_shift_of_32_pixels_is_4() -> None:
    torch.manual_seed(0)
    images = torch.arange(32.0).expand(300, 1, 32, 32)
    middle = flip_and_shift(images, flip=False)[:, 0, 16, 16] - 16
    assert set(middle.tolist()) == set(range(-4, 5))


@settings(max_examples=30)
@given(st.integers(1, 5), st.integers(1, 5), st.floats(0, 0.5))
def test_any_size_keeps_its_shape_and_its_values(height: int, width: int, share: float) -> None:
    images = torch.arange(float(height * width)).reshape(1, 1, height, width)
    changed = flip_and_shift(images, share)
    assert changed.shape == images.shape
    assert set(changed.flatten().tolist()) <= set(images.flatten().tolist())


@settings(max_examples=30)
@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0, 20))
def test_the_gap_is_the_weighted_square(first: float, second: float, weight: float) -> None:
    one, other = torch.tensor([first], dtype=torch.float64), torch.tensor([second], dtype=torch.float64)
    gap = answer_gap(one, other, weight)
    assert gap.item() >= 0
    assert gap.item() == pytest.approx(weight * (first - second) ** 2)


def test_the_response_is_minus_the_mean_square_of_each_image() -> None:
    images, others = random(2, 1, 2, 2), random(2, 1, 2, 2, seed=1)
    expected = [-0.5 * sum(((a - b) ** 2).flatten().tolist()) / 4 for a, b in zip(images, others, strict=True)]
    assert latent_response(images, others).tolist() == pytest.approx(expected)


def test_slopes_in_the_weights_are_what_finite_differences_say() -> None:
    images, others, weights = random(3, 4), random(3, 4, seed=1), random(4, 2, seed=2).requires_grad_()

    def answers(x: Tensor, w: Tensor) -> Tensor:
        return torch.tanh(x @ w).sum(1)

    (ours,) = torch.autograd.grad(answer_gap(answers(images, weights), answers(others, weights)).sum(), weights)
    expected = slopes(lambda w: answer_gap(answers(images, w), answers(others, w)).sum().item(), weights.detach())
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-6)


def test_an_invariant_discriminator_pays_nothing() -> None:
    images = torch.randn(4, 1, 6, 6)
    turn = FakeTurn(
        inputs={Side.REAL: images, Side.FAKE: images},
        logits={side: images.sum((1, 2, 3)) * 0 for side in Side},
        judge=lambda x: DiscriminatorOutput(x.flatten(1).sum(1) * 0, x.flatten(1)),
        make=lambda z: z[:, :1, None, None].expand(-1, 1, 6, 6),
        latents=torch.randn(4, 2),
    )
    assert Consistency()(turn).item() == 0
    assert turn.logged["consistency/discriminator"].item() == 0


def test_a_discriminator_blind_to_flips_pays_nothing_for_them() -> None:
    images = torch.randn(4, 1, 6, 6)
    turn = FakeTurn(inputs={Side.REAL: images}, logits={Side.REAL: mean_of(images).logits}, judge=mean_of)
    heuristic = Consistency.model_validate(OFF | {"real": 10.0, "shift": 0.0})
    assert heuristic(turn).item() == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize("side", Side)
def test_each_side_is_compared_with_its_changed_copy_under_its_labels(side: Side) -> None:
    asked: list[tuple[Tensor, Tensor | None]] = []

    class Listening(FakeTurn):
        def discriminate(self, images: Tensor, labels: Tensor | None) -> DiscriminatorOutput:
            asked.append((images, labels))
            return super().discriminate(images, labels)

    def corner(images: Tensor) -> DiscriminatorOutput:
        return DiscriminatorOutput(images[:, 0, 0, 0], images.flatten(1))

    images = torch.randn(5, 1, 4, 4)
    labels = torch.arange(5)
    turn = Listening(inputs={side: images}, logits={side: corner(images).logits}, judge=corner, labels={side: labels})
    penalty = only(**{side.value: 3.0})(turn)
    ((changed, told),) = asked
    assert told is labels
    assert changed.shape == images.shape
    gaps = [(a - b) ** 2 for a, b in zip(images[:, 0, 0, 0].tolist(), changed[:, 0, 0, 0].tolist(), strict=True)]
    assert penalty.item() == pytest.approx(3.0 * sum(gaps) / 5)


def test_vectors_get_a_little_noise() -> None:
    torch.manual_seed(0)
    points = torch.randn(2000, 2)
    first: Callable[[Tensor], DiscriminatorOutput] = lambda x: DiscriminatorOutput(x[:, 0], x)  # noqa: E731
    turn = FakeTurn(inputs={Side.REAL: points}, logits={Side.REAL: points[:, 0]}, judge=first)
    heuristic = Consistency.model_validate(OFF | {"real": 1.0, "noise": 0.1})
    assert heuristic(turn).item() == pytest.approx(0.01, rel=0.2)


def test_fakes_of_neighbouring_latents_are_compared() -> None:
    torch.manual_seed(0)
    latents = torch.randn(4000, 3)
    turn = FakeTurn(
        latents=latents,
        make=lambda z: 2 * z,
        judge=lambda x: DiscriminatorOutput(5 * x[:, 0], x),
        labels={Side.FAKE: torch.zeros(4000, dtype=torch.long)},
    )
    # 10 δ apart, δ of standard deviation 0.03.
    assert only(latent_discriminator=2.0)(turn).item() == pytest.approx(2 * 100 * 0.03**2, rel=0.2)


def test_neighbouring_fakes_have_one_label() -> None:
    told: list[Tensor | None] = []

    class Listening(FakeTurn):
        def generate(self, latents: Tensor, labels: Tensor | None) -> Tensor:
            told.append(labels)
            return latents

        def discriminate(self, images: Tensor, labels: Tensor | None) -> DiscriminatorOutput:
            told.append(labels)
            return mean_of(images)

    turn = Listening(latents=torch.randn(3, 2), labels={Side.FAKE: torch.tensor([7, 8, 9])})
    only(latent_discriminator=1.0)(turn)
    assert [each.tolist() for each in told if each is not None] == [[7, 8, 9, 7, 8, 9]] * 2


def test_the_generator_is_paid_for_answering_a_change_of_latents() -> None:
    torch.manual_seed(0)
    factor = torch.tensor(3.0, requires_grad=True)
    latents = torch.randn(2000, 2)
    turn = FakeTurn(Player.GENERATOR, images={Side.FAKE: factor * latents}, latents=latents, make=lambda z: factor * z)
    penalty = only(latent_generator=0.5)(turn)
    assert penalty.item() == pytest.approx(-0.5 * 9 * 0.03**2, rel=0.2)
    (slope,) = torch.autograd.grad(penalty, factor)
    assert slope.item() == pytest.approx(2 * penalty.item() / 3, rel=1e-3)
    assert turn.logged["consistency/generator"].item() == penalty.item()


def test_parts_add_up() -> None:
    images = torch.randn(4, 1, 2, 2)
    turn = FakeTurn(
        inputs=dict.fromkeys(Side, images),
        logits={Side.REAL: torch.full((4,), 1.0), Side.FAKE: torch.full((4,), 2.0)},
        judge=lambda x: DiscriminatorOutput(torch.zeros(len(x)), x.flatten(1)),
    )
    heuristic = only(real=3.0, fake=5.0)
    assert heuristic(turn).item() == pytest.approx(3 * 1 + 5 * 4)


@pytest.mark.parametrize(
    ("weights", "players"),
    [
        ({"real": 1.0}, {Player.DISCRIMINATOR}),
        ({"fake": 1.0}, {Player.DISCRIMINATOR}),
        ({"latent_discriminator": 1.0}, {Player.DISCRIMINATOR}),
        ({"latent_generator": 1.0}, {Player.GENERATOR}),
        ({"real": 1.0, "latent_generator": 1.0}, set(Player)),
    ],
)
def test_players_follow_from_the_weights(weights: dict[str, float], players: set[Player]) -> None:
    assert only(**weights).players == players


def test_a_penalty_of_no_parts_is_refused() -> None:
    with pytest.raises(ValidationError, match="all four weights are 0"):
        only()


@pytest.mark.parametrize("parameters", [{"real": -1}, {"sigma": -1}, {"shift": 0.6}, {"noise": -1}, {"every": 0}])
def test_impossible_changes_are_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Consistency.model_validate(parameters)

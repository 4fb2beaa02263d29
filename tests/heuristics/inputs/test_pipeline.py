import colorsys
import dataclasses
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from steadygan.heuristics.inputs import AugmentationKind, augment
from steadygan.heuristics.inputs.pipeline import (
    Colouring,
    Placement,
    colouring_matrix,
    draw_colouring,
    draw_placement,
    placement_matrix,
    recolour,
    resample,
)

from ..truth import follows, likely_share, normal_cdf, seeded, uniform_cdf

NEUTRAL = {"scale": 1.0, "stretch": 1.0, "contrast": 1.0, "saturation": 1.0}
SHAPES = st.tuples(st.integers(1, 3), st.sampled_from([1, 2, 3, 4]), st.integers(1, 9), st.integers(1, 9))


def pictures(count: int = 2, channels: int = 3, height: int = 6, width: int = 6) -> Tensor:
    """Random images in [-1, 1], in float64."""
    return torch.rand(count, channels, height, width, generator=seeded(), dtype=torch.float64) * 2 - 1


def placement(images: Tensor, **changes: float | tuple[float, float]) -> Placement:
    """All images moved alike; what is not named is neutral."""
    values = {}
    for field in dataclasses.fields(Placement):
        pair = field.name in ("shift", "drift")
        value = changes.get(field.name, (0.0, 0.0) if pair else NEUTRAL.get(field.name, 0.0))
        values[field.name] = torch.tensor(value, dtype=images.dtype).expand(len(images), *(2,) * pair)
    return Placement(**values)


def colouring(images: Tensor, **changes: float) -> Colouring:
    """All images coloured alike; what is not named is neutral."""
    values = {
        field.name: torch.full(
            (len(images),), changes.get(field.name, NEUTRAL.get(field.name, 0.0)), dtype=images.dtype
        )
        for field in dataclasses.fields(Colouring)
    }
    return Colouring(**values)


def placed(images: Tensor, **changes: float | tuple[float, float]) -> Tensor:
    return resample(images, placement_matrix(placement(images, **changes)))


def coloured(images: Tensor, **changes: float) -> Tensor:
    return recolour(images, colouring_matrix(colouring(images, **changes), images.shape[1]))


def mirrored(position: float, size: int) -> float:
    """A position beyond the middles of the outermost pixels, reflected until it is between them."""
    while size > 1 and not 0 <= position <= size - 1:
        position = -position if position < 0 else 2 * (size - 1) - position
    return position if size > 1 else 0.0


def sampled(image: Tensor, x: float, y: float) -> Tensor:
    """The values [C] of one image [C, H, W] between four pixels."""
    _, height, width = image.shape
    x, y = mirrored(x, width), mirrored(y, height)
    left, top = min(int(x), max(width - 2, 0)), min(int(y), max(height - 2, 0))
    right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
    upper = image[:, top, left] * (1 - x + left) + image[:, top, right] * (x - left)
    lower = image[:, bottom, left] * (1 - x + left) + image[:, bottom, right] * (x - left)
    return upper * (1 - y + top) + lower * (y - top)


def back(moved: Placement, index: int, x: float, y: float) -> tuple[float, float]:
    """From where one point of a moved image comes: each step undone, the last one first."""
    at = {field.name: getattr(moved, field.name)[index].tolist() for field in dataclasses.fields(moved)}

    def unturn(x: float, y: float, angle: float) -> tuple[float, float]:
        # against the clock, with y downwards: (1, 0) came from (cos a, sin a)
        return x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)

    x, y = x - at["drift"][0], y - at["drift"][1]
    x, y = unturn(x, y, at["turn_after"])
    x, y = x / at["stretch"], y * at["stretch"]
    x, y = unturn(x, y, at["turn"])
    x, y = x / at["scale"] - at["shift"][0], y / at["scale"] - at["shift"][1]
    x, y = unturn(x, y, at["quarters"] * math.pi / 2)
    return (-x if at["mirror"] else x), y


def test_a_mirrored_image_is_flipped() -> None:
    torch.testing.assert_close(placed(pictures(width=5), mirror=1.0), pictures(width=5).flip(3))


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("size", [5, 6])
def test_quarter_turns_are_those_of_torch(quarters: int, size: int) -> None:
    images = pictures(height=size, width=size)
    torch.testing.assert_close(placed(images, quarters=float(quarters)), torch.rot90(images, quarters, (2, 3)))


@pytest.mark.parametrize(("right", "down"), [(2, 0), (0, -3), (-1, 2)])
def test_a_shift_by_whole_pixels_is_indexing_with_reflection(right: int, down: int) -> None:
    images = pictures(height=6, width=5)
    rows = [int(mirrored(row - down, 6)) for row in range(6)]
    columns = [int(mirrored(column - right, 5)) for column in range(5)]
    expected = images[:, :, rows][:, :, :, columns]
    torch.testing.assert_close(placed(images, shift=(float(right), float(down))), expected)


def test_an_image_of_twice_the_size_shows_its_middle() -> None:
    images = pictures(height=9, width=9)
    torch.testing.assert_close(placed(images, scale=2.0)[:, :, ::2, ::2], images[:, :, 2:7, 2:7])


def test_a_stretched_image_is_wider_and_lower() -> None:
    images = pictures(height=9, width=9)
    result = placed(images, stretch=2.0)
    torch.testing.assert_close(result[:, :, 3:6, ::2], images[:, :, 2:7:2, 2:7])


def test_a_quarter_turn_by_angle_is_a_quarter_turn() -> None:
    for name in ("turn", "turn_after"):
        torch.testing.assert_close(placed(pictures(), **{name: math.pi / 2}), torch.rot90(pictures(), 1, (2, 3)))


def test_a_drift_by_half_a_pixel_is_the_mean_of_neighbours() -> None:
    images = pictures()
    expected = (images[:, :, :, 1:] + images[:, :, :, :-1]) / 2
    torch.testing.assert_close(placed(images, drift=(-0.5, 0.0))[:, :, :, :-1], expected)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**31), height=st.integers(1, 7), width=st.integers(1, 7))
def test_all_moves_together_are_one_resampling_of_their_composition(seed: int, height: int, width: int) -> None:
    images = pictures(2, 2, height, width)
    moved = draw_placement(images, 0.7, generator=seeded(seed))
    expected = torch.empty_like(images)
    for index in range(len(images)):
        for row in range(height):
            for column in range(width):
                x, y = back(moved, index, column - (width - 1) / 2, row - (height - 1) / 2)
                expected[index, :, row, column] = sampled(images[index], x + (width - 1) / 2, y + (height - 1) / 2)
    torch.testing.assert_close(resample(images, placement_matrix(moved)), expected, atol=1e-8, rtol=0)


def test_brightness_is_added_and_contrast_multiplied_after_it() -> None:
    torch.testing.assert_close(coloured(pictures(), brightness=0.3), pictures() + 0.3)
    torch.testing.assert_close(coloured(pictures(), contrast=1.7), pictures() * 1.7)
    torch.testing.assert_close(coloured(pictures(), brightness=0.3, contrast=1.7), (pictures() + 0.3) * 1.7)


def test_a_luma_flip_turns_the_mean_of_the_channels_round_and_keeps_the_rest() -> None:
    images = pictures()
    torch.testing.assert_close(coloured(images, luma_flip=1.0), images - 2 * images.mean(1, keepdim=True))


def test_saturation_multiplies_the_distance_to_grey() -> None:
    grey = pictures().mean(1, keepdim=True)
    torch.testing.assert_close(coloured(pictures(), saturation=2.5), grey + 2.5 * (pictures() - grey))
    torch.testing.assert_close(coloured(pictures(), saturation=0.0), grey.expand_as(pictures()))


def test_a_hue_by_a_third_of_the_circle_moves_every_channel_on() -> None:
    images = pictures()
    torch.testing.assert_close(coloured(images, hue=2 * math.pi / 3), images.roll(1, dims=1))
    before = colorsys.rgb_to_hsv(0.8, 0.3, 0.1)[0]
    after = coloured(torch.tensor([0.8, 0.3, 0.1]).reshape(1, 3, 1, 1).double(), hue=2 * math.pi / 3).flatten().tolist()
    assert colorsys.rgb_to_hsv(*after)[0] == pytest.approx(before + 1 / 3)


def test_a_hue_is_a_rotation_about_the_grey_axis_by_the_formula_of_rodrigues() -> None:
    images, angle = pictures(1, 3, 2, 2), 0.7
    axis = torch.full((3,), 1 / math.sqrt(3), dtype=torch.float64)
    expected = torch.empty_like(images)
    for row in range(2):
        for column in range(2):
            colour = images[0, :, row, column]
            expected[0, :, row, column] = (
                colour * math.cos(angle)
                + torch.linalg.cross(axis, colour) * math.sin(angle)
                + axis * axis.dot(colour) * (1 - math.cos(angle))
            )
    torch.testing.assert_close(coloured(images, hue=angle), expected)


def test_colours_are_changed_in_their_order() -> None:
    images = pictures()
    step = coloured(coloured(coloured(images, brightness=0.2), contrast=0.6), luma_flip=1.0)
    step = coloured(coloured(step, hue=1.1), saturation=1.8)
    together = coloured(images, brightness=0.2, contrast=0.6, luma_flip=1.0, hue=1.1, saturation=1.8)
    torch.testing.assert_close(together, step)


def test_grey_images_have_brightness_contrast_and_luma_flip_alone() -> None:
    grey = pictures(channels=1)
    result = coloured(grey, brightness=0.2, contrast=1.5, luma_flip=1.0, hue=1.0, saturation=3.0)
    torch.testing.assert_close(result, -1.5 * (grey + 0.2))
    three = coloured(grey.expand(-1, 3, -1, -1), brightness=0.2, contrast=1.5, luma_flip=1.0, hue=1.0, saturation=3.0)
    torch.testing.assert_close(three[:, :1], result)


@settings(max_examples=40)
@given(shape=SHAPES, in_full=st.booleans(), seed=st.integers(0, 2**31))
def test_without_probability_images_stay_exactly_as_they_are(
    shape: tuple[int, int, int, int], in_full: bool, seed: int
) -> None:
    images = pictures(*shape) if in_full else pictures(*shape).float()
    for probability in (0.0, torch.tensor(0.0)):
        assert torch.equal(augment(images, probability, generator=seeded(seed)), images)


@settings(max_examples=30)
@given(shape=SHAPES, seed=st.integers(0, 2**31))
def test_shape_and_type_stay_and_the_given_images_too(shape: tuple[int, int, int, int], seed: int) -> None:
    images = pictures(*shape).float()
    before = images.clone()
    result = augment(images, 1.0, generator=seeded(seed))
    assert result.shape == images.shape
    assert result.dtype == images.dtype
    assert result.isfinite().all()
    assert torch.equal(images, before)


@pytest.mark.parametrize("kinds", [("blit",), ("geometry",), ("color",), ("blit", "geometry", "color")])
def test_with_certainty_nearly_every_image_changes(kinds: tuple[AugmentationKind, ...]) -> None:
    images = pictures(200, 3, 8, 8)
    changed = (augment(images, 1.0, kinds, seeded()) != images).flatten(1).any(1)
    # A blit that changes nothing: no mirror (1 in 2), no turn (1 in 4), no shift in either direction (1 in 4 each).
    least = 0.95 if kinds == ("blit",) else 1.0
    assert changed.double().mean() >= least


def test_only_the_kinds_that_are_asked_for_are_drawn() -> None:
    images = pictures(300)
    blit, move = draw_placement(images, 1.0, ("blit",), seeded()), draw_placement(images, 1.0, ("geometry",), seeded())
    for name in ("mirror", "quarters", "shift"):
        assert (getattr(blit, name) != 0).any()
        assert (getattr(move, name) == 0).all()
    for name in ("scale", "turn", "stretch", "turn_after", "drift"):
        neutral = NEUTRAL.get(name, 0.0)
        assert (getattr(blit, name) == neutral).all()
        assert (getattr(move, name) != neutral).all()


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_each_change_takes_place_as_often_as_expected(probability: float) -> None:
    count = 5_000
    images = torch.zeros(count, 3, 2, 64)
    moved = draw_placement(images, torch.tensor(probability), generator=seeded())
    changed = draw_colouring(images, torch.tensor(probability), seeded(1))
    for values, neutral, share in (
        (moved.mirror, 0, 1 / 2),
        (moved.quarters, 0, 3 / 4),
        (moved.scale, 1, 1),
        (moved.stretch, 1, 1),
        (moved.drift[:, 0], 0, 1),
        (changed.brightness, 0, 1),
        (changed.contrast, 1, 1),
        (changed.luma_flip, 0, 1 / 2),
        (changed.hue, 0, 1),
        (changed.saturation, 1, 1),
    ):
        assert likely_share(int((values != neutral).sum()), count, probability * share)
    turned = (moved.turn != 0) | (moved.turn_after != 0)
    assert likely_share(int(turned.sum()), count, probability)
    together = (moved.scale != 1) & (changed.hue != 0)
    assert likely_share(int(together.sum()), count, probability**2)


def test_each_strength_has_the_distribution_of_the_source() -> None:
    images = torch.zeros(4_000, 3, 32, 64)
    moved, changed = draw_placement(images, 1.0, generator=seeded()), draw_colouring(images, 1.0, seeded(1))
    for values, std in (
        (moved.scale.log2(), 0.2),
        (moved.stretch.log2(), 0.2),
        (moved.drift[:, 0], 0.125 * 64),
        (moved.drift[:, 1], 0.125 * 32),
        (changed.brightness, 0.2),
        (changed.contrast.log2(), 0.5),
        (changed.saturation.log2(), 1.0),
    ):
        assert follows(values / std, normal_cdf)
    for angle in (moved.turn, moved.turn_after, changed.hue):
        assert follows(angle, uniform_cdf(-math.pi, math.pi))
    for quarters in range(4):
        assert likely_share(int((moved.quarters == quarters).sum()), 4_000, 1 / 4)
    assert likely_share(int(moved.mirror.sum()), 4_000, 1 / 2)
    assert torch.equal(moved.shift, moved.shift.round())
    assert moved.shift.abs().amax(0).tolist() == [8, 4]
    assert likely_share(int((moved.shift[:, 0] == 3).sum()), 4_000, 1 / 16)
    assert likely_share(int((moved.shift[:, 1] == -4).sum()), 4_000, 1 / 16)


def test_gradients_pass_through_as_finite_differences_say() -> None:
    images = pictures(3, 3, 4, 5).requires_grad_()
    assert torch.autograd.gradcheck(lambda given: augment(given, 0.8, generator=seeded(5)), (images,))


def test_the_same_seed_changes_alike_and_another_seed_otherwise() -> None:
    results = [augment(pictures(8), 0.5, generator=seeded(seed)) for seed in (1, 1, 2)]
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])

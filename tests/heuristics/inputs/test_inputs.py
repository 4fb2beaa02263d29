from collections import Counter
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from steadygan.heuristics.inputs import (
    DiffAugment,
    HorizontalFlip,
    InstanceNoise,
    MixedBatches,
    Policy,
    color_jitter,
    cutout,
    diff_augment,
    horizontal_flip,
    instance_noise,
    translate,
)
from steadygan.vocabulary import Side

from ..truth import FakeTurn, follows, likely_share, normal_cdf, seeded, uniform_cdf

SIZES = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 12), st.integers(1, 12))
ALTER: dict[str, Callable[[Tensor], Tensor]] = {
    "noise": lambda x: instance_noise(x, 0.3),
    "flip": horizontal_flip,
    "color": color_jitter,
    "translation": translate,
    "cutout": cutout,
    "all": diff_augment,
}


def distinct(count: int, channels: int, height: int, width: int) -> Tensor:
    """Images in which no two pixels are equal and none is 0."""
    return torch.arange(1.0, count * channels * height * width + 1).reshape(count, channels, height, width)


def pictures(count: int, size: int = 4) -> Tensor:
    """Random images in [-1, 1]."""
    return torch.rand(count, 3, size, size, generator=seeded()) * 2 - 1


def moved(image: Tensor, down: int, right: int) -> Tensor:
    """One image [C, H, W] shifted by whole pixels over 0, pixel by pixel."""
    result = torch.zeros_like(image)
    for y in range(image.shape[1]):
        for x in range(image.shape[2]):
            if 0 <= y - down < image.shape[1] and 0 <= x - right < image.shape[2]:
                result[:, y, x] = image[:, y - down, x - right]
    return result


@pytest.mark.parametrize("alter", ALTER.values(), ids=ALTER.keys())
def test_the_same_seed_alters_alike_and_another_seed_otherwise(alter: Callable[[Tensor], Tensor]) -> None:
    images = pictures(16, 8)
    results = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        results.append(alter(images))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


@pytest.mark.parametrize("alter", ALTER.values(), ids=ALTER.keys())
def test_shape_and_type_stay_and_the_given_images_too(alter: Callable[[Tensor], Tensor]) -> None:
    images = pictures(16, 8)
    before = images.clone()
    altered = alter(images)
    assert altered.shape == images.shape
    assert altered.dtype == images.dtype
    assert torch.equal(images, before)


def test_instance_noise_is_normal_with_its_standard_deviation() -> None:
    torch.manual_seed(0)
    images = pictures(400)
    assert follows((instance_noise(images, 0.25) - images) / 0.25, normal_cdf)


def test_no_noise_leaves_images_as_they_are() -> None:
    assert torch.equal(instance_noise(pictures(2), 0.0), pictures(2))


@pytest.mark.parametrize(("images_seen", "std"), [(0, 0.2), (250, 0.15), (500, 0.1), (1_000, 0.0), (5_000, 0.0)])
def test_instance_noise_fades_linearly_over_images_seen(images_seen: int, std: float) -> None:
    heuristic = InstanceNoise(std=0.2, images=1_000)
    assert heuristic.std_at(images_seen) == pytest.approx(std)
    images = torch.zeros(400, 3, 4, 4)
    noise = heuristic.apply(images, Side.REAL, FakeTurn(images_seen=images_seen))
    assert noise.std().item() == pytest.approx(std, rel=6 / (2 * images.numel()) ** 0.5)


@pytest.mark.parametrize("side", Side)
def test_instance_noise_is_put_on_both_sides(side: Side) -> None:
    images = pictures(2)
    assert not torch.equal(InstanceNoise().apply(images, side, FakeTurn()), images)


@given(shape=SIZES)
def test_flipping_twice_gives_the_image_back(shape: tuple[int, int, int, int]) -> None:
    images = distinct(*shape)
    assert torch.equal(horizontal_flip(horizontal_flip(images, 1.0), 1.0), images)


def test_a_flip_mirrors_left_and_right() -> None:
    image = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).reshape(1, 1, 2, 3)
    assert horizontal_flip(image, 1.0).reshape(2, 3).tolist() == [[3, 2, 1], [6, 5, 4]]


@pytest.mark.parametrize("probability", [0.0, 0.2, 0.5, 1.0])
def test_the_expected_share_of_images_is_flipped_each_as_a_whole(probability: float) -> None:
    torch.manual_seed(0)
    images = distinct(5_000, 1, 2, 2)
    flipped = horizontal_flip(images, probability)
    is_flipped = (flipped == images.flip(3)).flatten(1).all(1)
    assert (is_flipped | (flipped == images).flatten(1).all(1)).all()
    assert likely_share(int(is_flipped.sum()), 5_000, probability)


def test_only_real_images_are_flipped() -> None:
    images, heuristic = distinct(3, 1, 2, 2), HorizontalFlip(probability=1.0)
    assert torch.equal(heuristic.apply(images, Side.REAL, FakeTurn()), images.flip(3))
    assert torch.equal(heuristic.apply(images, Side.FAKE, FakeTurn()), images)


def test_brightness_saturation_and_contrast_follow_their_ranges() -> None:
    torch.manual_seed(0)
    images = pictures(4_000).double()
    jittered = color_jitter(images)
    middle, new_middle = images.mean((1, 2, 3)), jittered.mean((1, 2, 3))
    # Saturation and contrast keep an image's mean, saturation keeps its grey version: so each factor can be read off.
    grey, new_grey = images.mean(1), jittered.mean(1)
    contrast = (new_grey[:, 0, 0] - new_middle) / (grey[:, 0, 0] - middle)
    colour = (jittered[:, 0, 0, 0] - new_grey[:, 0, 0]) / (images[:, 0, 0, 0] - grey[:, 0, 0])
    assert follows(new_middle - middle, uniform_cdf(-0.5, 0.5))
    assert follows(contrast, uniform_cdf(0.5, 1.5))
    assert follows(colour / contrast, uniform_cdf(0.0, 2.0))


def test_one_factor_serves_a_whole_image() -> None:
    torch.manual_seed(1)
    images = pictures(1).double()
    jittered = color_jitter(images)
    new_grey, grey = jittered.mean(1, keepdim=True), images.mean(1, keepdim=True)
    contrast = (new_grey - new_grey.mean()) / (grey - grey.mean())
    colour = (jittered - new_grey) / (images - grey)
    torch.testing.assert_close(contrast, contrast.mean().expand_as(contrast))
    torch.testing.assert_close(colour, colour.mean().expand_as(colour))


def test_saturation_leaves_grey_images_grey() -> None:
    grey = pictures(5)[:, :1].expand(-1, 3, -1, -1)
    jittered = color_jitter(grey)
    torch.testing.assert_close(jittered, jittered[:, :1].expand_as(jittered))


@settings(max_examples=40)
@given(shape=SIZES, share=st.floats(0, 1), seed=st.integers(0, 2**31))
def test_translation_moves_by_whole_pixels_within_its_reach(
    shape: tuple[int, int, int, int], share: float, seed: int
) -> None:
    images = distinct(*shape)
    torch.manual_seed(seed)
    translated = translate(images, share)
    reach_y, reach_x = int(shape[2] * share + 0.5), int(shape[3] * share + 0.5)
    for image, result in zip(images, translated, strict=True):
        assert any(
            torch.equal(result, moved(image, down, right))
            for down in range(-reach_y, reach_y + 1)
            for right in range(-reach_x, reach_x + 1)
        )


def test_every_shift_is_equally_likely() -> None:
    torch.manual_seed(0)
    image = distinct(1, 1, 8, 8)
    shifts = {
        moved(image[0], down, right).numpy().tobytes(): (down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)
    }
    counts = Counter(shifts[result.numpy().tobytes()] for result in translate(image.expand(9_000, -1, -1, -1)))
    assert len(counts) == 9
    assert all(likely_share(count, 9_000, 1 / 9) for count in counts.values())


def test_a_translation_by_nothing_changes_nothing() -> None:
    assert torch.equal(translate(pictures(4), 0.0), pictures(4))


def spans(size: int, side: int) -> list[tuple[int, int]]:
    """First and last row of the part of a square that lies inside, for each place of its centre."""
    tops = [centre - side // 2 for centre in range(size + (1 - side % 2))]
    return [(max(0, top), min(size, top + side) - 1) for top in tops]


@settings(max_examples=40)
@given(height=st.integers(1, 13), width=st.integers(1, 13), share=st.floats(0.1, 1), seed=st.integers(0, 2**31))
def test_cutout_clears_one_square_around_a_centre_inside(height: int, width: int, share: float, seed: int) -> None:
    torch.manual_seed(seed)
    images = distinct(3, 2, height, width)
    cut = cutout(images, share)
    side_y, side_x = int(height * share + 0.5), int(width * share + 0.5)
    for image, result in zip(images, cut, strict=True):
        if side_y == 0 or side_x == 0:
            assert torch.equal(result, image)
            continue
        rows, columns = (result == 0).all(0).nonzero(as_tuple=True)
        first, last = (int(rows.min()), int(columns.min())), (int(rows.max()), int(columns.max()))
        assert (first[0], last[0]) in spans(height, side_y)
        assert (first[1], last[1]) in spans(width, side_x)
        expected = image.clone()
        expected[:, first[0] : last[0] + 1, first[1] : last[1] + 1] = 0
        assert torch.equal(result, expected)


@pytest.mark.parametrize(("size", "share"), [(8, 0.5), (7, 0.43)], ids=["even side", "odd side"])
def test_every_place_of_the_cut_is_equally_likely(size: int, share: float) -> None:
    torch.manual_seed(0)
    cut = cutout(torch.ones(8_000, 1, size, size), share)[:, 0]
    side = int(size * share + 0.5)
    places = spans(size, side)
    for axis in (1, 2):
        is_cut = (cut == 0).any(3 - axis)
        counts = Counter((int(line.nonzero()[0]), int(line.nonzero()[-1])) for line in is_cut)
        assert set(counts) == set(places)
        assert all(likely_share(counts[place], 8_000, 1 / len(places)) for place in places)


@pytest.mark.parametrize("policy", [("color",), ("translation",), ("cutout",), ("color", "translation", "cutout")])
def test_gradients_pass_through_augmentation_as_finite_differences_say(policy: tuple[Policy, ...]) -> None:
    def augmented(images: Tensor) -> Tensor:
        torch.manual_seed(7)
        return diff_augment(images, policy)

    images = pictures(2).double().requires_grad_()
    assert torch.autograd.gradcheck(augmented, (images,))


def test_a_policy_is_applied_in_its_order() -> None:
    images = pictures(4, 8)
    torch.manual_seed(3)
    expected = color_jitter(cutout(images))
    torch.manual_seed(3)
    assert torch.equal(diff_augment(images, ("cutout", "color")), expected)


@pytest.mark.parametrize("side", Side)
def test_both_sides_are_augmented_by_the_chosen_policy(side: Side) -> None:
    images = pictures(4, 8)
    torch.manual_seed(3)
    expected = translate(images)
    torch.manual_seed(3)
    assert torch.equal(DiffAugment(policy=("translation",)).apply(images, side, FakeTurn()), expected)


def test_mixed_batches_join_the_batches_and_leave_the_images() -> None:
    images = pictures(2)
    assert MixedBatches.joins_batches
    assert not any(kind.joins_batches for kind in (InstanceNoise, DiffAugment, HorizontalFlip))
    assert torch.equal(MixedBatches().apply(images, Side.REAL, FakeTurn()), images)

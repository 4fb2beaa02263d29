"""Structural similarity against its formula with scipy's filters, and classes of images that are more or less alike."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter  # type: ignore[import-untyped]
from torch import Tensor

from steadygan.errors import SteadyganError
from steadygan.metrics.similarity import (
    WEIGHTS,
    protocol,
    scales,
    similarity_within_classes,
    structural_similarity,
)


def stored(*shape: int, seed: int = 0) -> Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def _one_scale(first: np.ndarray, second: np.ndarray, window: int = 11) -> tuple[float, float]:
    """Wang et al. 2004, equations 6 and 13, of one channel."""
    edge = window // 2

    def mean(image: np.ndarray) -> np.ndarray:
        return gaussian_filter(image, 1.5 * window / 11, mode="mirror", radius=edge)

    ours, theirs = mean(first), mean(second)
    variances = mean(first * first) - ours**2 + mean(second * second) - theirs**2
    covariance = mean(first * second) - ours * theirs
    luminance = (2 * ours * theirs + 2.55**2) / (ours**2 + theirs**2 + 2.55**2)
    contrast = (2 * covariance + 7.65**2) / (variances + 7.65**2)
    return float((luminance * contrast).mean()), float(contrast[edge:-edge, edge:-edge].mean())


@pytest.mark.parametrize(("height", "width", "count"), [(11, 11, 1), (16, 30, 1), (28, 28, 2), (45, 50, 3)])
def test_it_is_the_formula_at_each_scale(height: int, width: int, count: int) -> None:
    first = stored(2, height, width, 1)
    second = ((first.int() + stored(2, height, width, 1, seed=1).int()) // 2).to(torch.uint8)
    weights = np.array(WEIGHTS[:count]) / sum(WEIGHTS[:count])
    for one, other, found in zip(first, second, structural_similarity(first, second), strict=True):
        left, right = (image[..., 0].double().numpy() for image in (one, other))
        expected = 1.0
        for scale, weight in enumerate(weights):
            expected *= _one_scale(left, right)[0 if scale == count - 1 else 1] ** weight
            left, right = (
                image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
                .reshape(image.shape[0] // 2, 2, image.shape[1] // 2, 2)
                .mean((1, 3))
                for image in (left, right)
            )
        assert float(found) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("height", "width", "window"), [(8, 8, 7), (7, 30, 7), (10, 9, 9)])
def test_small_images_have_a_smaller_window_and_say_so(height: int, width: int, window: int) -> None:
    first, second = stored(1, height, width, 1), stored(1, height, width, 1, seed=1) // 2
    left, right = (image[0, ..., 0].double().numpy() for image in (first, second))
    expected = _one_scale(left, right, window)[0]
    assert float(structural_similarity(first, second)[0]) == pytest.approx(expected, rel=1e-9)
    assert protocol(height, width) == f"1_scale_window_{window}"


def test_the_name_of_a_figure_says_how_images_are_compared() -> None:
    assert [protocol(side, side) for side in (11, 32, 200)] == ["1_scale", "2_scales", "5_scales"]


@pytest.mark.parametrize(
    ("side", "count"), [(11, 1), (21, 1), (22, 2), (32, 2), (64, 3), (128, 4), (175, 4), (176, 5), (999, 5)]
)
def test_as_many_scales_as_leave_a_window(side: int, count: int) -> None:
    assert scales(side, side) == scales(side, 2 * side) == count


def test_equal_images_are_alike_and_opposite_ones_are_not() -> None:
    images = stored(4, 32, 32, 3)
    assert structural_similarity(images, images).tolist() == pytest.approx([1] * 4, rel=1e-12)
    assert float(structural_similarity(images, 255 - images).max()) == 0
    flat = torch.full_like(images, 7)
    assert structural_similarity(flat, flat).tolist() == pytest.approx([1] * 4, rel=1e-12)


def test_which_comes_first_does_not_matter() -> None:
    first, second = stored(3, 24, 24, 3), stored(3, 24, 24, 3, seed=1)
    torch.testing.assert_close(structural_similarity(first, second), structural_similarity(second, first))


def test_only_images_of_one_class_are_compared() -> None:
    """Two classes of one image each, repeated: alike within, unlike between."""
    images = stored(2, 16, 16, 1).repeat(5, 1, 1, 1)
    labels = torch.arange(10) % 2
    assert similarity_within_classes(images, labels).value == pytest.approx(1, rel=1e-12)
    assert similarity_within_classes(images, torch.zeros(10, dtype=torch.int64)).value < 0.9


def test_classes_count_alike_however_many_images_they_have() -> None:
    same = stored(1, 16, 16, 1).expand(30, -1, -1, -1)
    varied = stored(4, 16, 16, 1, seed=1) // 4 + same[:4] // 2
    images, labels = torch.cat([same, varied, varied[:1]]), torch.tensor([0] * 30 + [5] * 4 + [9])
    alone = similarity_within_classes(varied, torch.zeros(4, dtype=torch.int64), pairs=4000).value
    assert similarity_within_classes(images, labels, pairs=8000).value == pytest.approx((1 + alone) / 2, abs=0.01)


def test_an_image_is_not_compared_with_itself_and_pairs_come_alike() -> None:
    images = stored(3, 16, 16, 1) // 4 + stored(1, 16, 16, 1, seed=1) // 2
    places = [(0, 1), (0, 2), (1, 2)]
    exact = structural_similarity(*(images[torch.tensor(side)] for side in zip(*places, strict=True))).mean()
    labels = torch.zeros(3, dtype=torch.int64)
    found = similarity_within_classes(images, labels, pairs=3000)
    assert found.value == pytest.approx(float(exact), rel=0.05)
    assert abs(found.value - float(exact)) < 4 * found.error
    assert found == similarity_within_classes(images, labels, pairs=3000)
    assert found != similarity_within_classes(images, labels, pairs=3000, seed=1)


def test_a_class_that_collapses_is_seen() -> None:
    varied = stored(100, 32, 32, 3) // 2 + stored(1, 32, 32, 3, seed=1) // 2
    labels = torch.arange(100) % 5
    found = []
    for kept in (20, 4, 1):
        images = varied[torch.arange(100) % 5 + 5 * (torch.arange(100) // 5 % kept)]
        found.append(similarity_within_classes(images, labels, pairs=300).value)
    assert found == sorted(found)
    assert found[-1] == pytest.approx(1, rel=1e-12)
    assert 0.1 < found[0] < 0.9


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(SteadyganError, match="at least 7x7;"):
        structural_similarity(stored(1, 6, 20, 1), stored(1, 6, 20, 1))
    with pytest.raises(SteadyganError, match="No class has two images"):
        similarity_within_classes(stored(3, 16, 16, 1), torch.arange(3))

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from steadygan.runs.grid import (
    BACKGROUND,
    CANVAS,
    GAP,
    GENERATED,
    PALE,
    REAL,
    SMALL,
    image_grid,
    plane,
    save_picture,
    scatter,
)


@pytest.mark.parametrize("channels", [1, 3])
def test_images_lie_in_rows_on_a_white_ground(channels: int) -> None:
    images = np.random.default_rng(0).integers(0, 255, (5, 40, 40, channels), dtype=np.uint8)
    sheet = np.asarray(image_grid(images)).reshape(2 * 42 + GAP, 3 * 42 + GAP, channels)
    for place, image in enumerate(images):
        top, left = GAP + 42 * (place // 3), GAP + 42 * (place % 3)
        assert np.array_equal(sheet[top : top + 40, left : left + 40], image)
    assert (sheet[:GAP] == BACKGROUND).all()
    assert (sheet[-42:, -42:] == BACKGROUND).all()  # the sixth place is empty


def test_the_number_of_columns_can_be_chosen() -> None:
    picture = image_grid(np.zeros((4, 32, 32, 1), np.uint8), columns=4)
    assert picture.size == (4 * 34 + GAP, 34 + GAP)


@pytest.mark.parametrize(("size", "factor"), [(8, 4), (16, 2), (20, 1), (31, 1), (32, 1), (64, 1)])
def test_small_images_are_enlarged_by_whole_factors(size: int, factor: int) -> None:
    image = np.random.default_rng(0).integers(0, 255, (1, size, size, 1), dtype=np.uint8)
    sheet = np.asarray(image_grid(image))[GAP:-GAP, GAP:-GAP]
    assert sheet.shape == (size * factor, size * factor)
    assert np.array_equal(sheet[::factor, ::factor], image[0, ..., 0])
    assert size * factor <= max(SMALL, size)


def test_points_are_drawn_where_they_lie() -> None:
    low, high = np.array([0.0, 0.0]), np.array([10.0, 10.0])
    pixels = np.asarray(scatter(np.array([[2.5, 7.5]], np.float32), low, high))
    rows, columns = np.nonzero((pixels != 255).any(-1))
    assert columns.mean() == pytest.approx(0.25 * CANVAS, abs=2)
    assert rows.mean() == pytest.approx(0.25 * CANVAS, abs=2)  # up is up
    assert len(rows) < 40


def _colours(picture: Image.Image) -> set[object]:
    return {colour for _, colour in picture.getcolors(picture.width * picture.height)}


def test_generated_points_lie_over_pale_ones() -> None:
    low, high = np.array([0.0, 0.0]), np.array([10.0, 10.0])
    both = scatter(np.array([[5.0, 5.0]]), low, high, behind=np.array([[5.0, 5.0], [2.0, 2.0]]))
    assert _colours(both) == {(255, 255, 255), PALE, GENERATED}
    assert both.getpixel((CANVAS // 2, CANVAS // 2)) == GENERATED
    alone = scatter(np.array([[5.0, 5.0]]), low, high, colour=REAL)
    assert _colours(alone) == {(255, 255, 255), REAL}


def test_points_outside_or_not_finite_break_nothing() -> None:
    points = np.array([[np.nan, 0.0], [np.inf, 1.0], [1e30, -1e30]], np.float32)
    assert scatter(points, np.zeros(2), np.ones(2)).size == (CANVAS, CANVAS)
    assert scatter(points, np.zeros(2), np.zeros(2)).size == (CANVAS, CANVAS)


def test_one_number_lies_on_a_line() -> None:
    assert plane(np.array([[3.0]])).tolist() == [[3.0, 0.0]]
    assert plane(np.array([[1.0, 2.0, 3.0]])).tolist() == [[1.0, 2.0]]


def test_a_saved_picture_is_the_picture(tmp_path: Path) -> None:
    picture = image_grid(np.random.default_rng(0).integers(0, 255, (4, 32, 32, 3), dtype=np.uint8))
    save_picture(picture, tmp_path / "a.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), np.asarray(picture))

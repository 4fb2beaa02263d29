from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from steadygan.data import DataSettings, Prepared, prepare
from steadygan.runs.folder import RunFolder
from steadygan.runs.grid import BACKGROUND, GENERATED, PALE, REAL, ROWS
from steadygan.training import gallery
from tests import tiny

pytestmark = pytest.mark.usefixtures("brief")


def numbered(labels: list[int]) -> Prepared:
    """Images each of which is one grey, its number, so that they can be told apart."""
    greys = np.arange(len(labels), dtype=np.uint8)
    made = np.broadcast_to(greys[:, None, None, None], (len(labels), 8, 8, 1)).copy()
    return Prepared(made, np.array(labels), ("a", "b", "c"), (), "numbered", "0", 0.0, False)


def test_real_rows_hold_images_of_their_class_each_once() -> None:
    data = numbered([2, 0, 1, 0, 2, 1, 0, 0, 0])
    shown = gallery.real_rows(data, rows=3, columns=2)[:, 0, 0, 0].reshape(3, 2)
    assert data.labels is not None
    assert data.labels[shown].tolist() == [[0, 0], [1, 1], [2, 2]]
    assert len(np.unique(shown)) == 6


def test_a_small_class_leaves_its_places_white() -> None:
    shown = gallery.real_rows(numbered([0, 0, 1]), rows=3, columns=2)[:, 0, 0, 0].reshape(3, 2)
    assert sorted(shown[0]) == [0, 1]
    assert shown[1:].tolist() == [[2, BACKGROUND], [BACKGROUND, BACKGROUND]]


def test_unlabelled_images_are_in_no_row() -> None:
    data = numbered([-1, 0, 1, -1, 2, -1, 0])
    shown = gallery.real_rows(data, rows=3, columns=3)[:, 0, 0, 0].reshape(3, 3)
    assert [{*row} - {BACKGROUND} for row in shown.tolist()] == [{1, 6}, {2}, {4}]


def colours(path: Path) -> set[tuple[int, ...]]:
    with Image.open(path) as picture:
        return {colour for _, colour in picture.getcolors(picture.width * picture.height)}  # type: ignore[misc]


def rows_of(path: Path) -> object:
    with Image.open(path) as picture:
        picture.load()
        return picture.info.get(ROWS)


def test_pictures_of_a_run_with_classes_name_their_rows(tmp_path: Path) -> None:
    tiny.play(tiny.small("conditional"), tmp_path / "run", tiny.images(), images=16)
    folder = RunFolder(tmp_path / "run")
    assert {rows_of(path) for _, path in folder.sample_grids()} == {'["first", "second", "third"]'}
    assert rows_of(folder.samples / "real.png") == '["first", "second", "third"]'
    sizes = {Image.open(path).size for path in folder.samples.glob("*.png")}
    assert sizes == {(4 * 34 + 2, 3 * 34 + 2)}


def folder_of_colours(path: Path, inks: dict[str, tuple[int, int, int]], each: int) -> Path:
    """A folder of images, one sub-folder for each colour."""
    for name, ink in inks.items():
        (path / name).mkdir(parents=True)
        for number in range(each):
            Image.new("RGB", (8, 8), ink).save(path / name / f"{number:04}.png")
    return path


def test_real_images_are_shown_of_all_classes_even_where_no_row_is_a_class(tmp_path: Path) -> None:
    """Files are read class after class, so that the first places of a folder are all of its first class."""
    inks = {"a": (200, 0, 0), "b": (0, 200, 0), "c": (0, 0, 200), "d": (200, 200, 0)}
    data = prepare(str(folder_of_colours(tmp_path / "photos", inks, each=40)), DataSettings(), cache=tmp_path / "cache")
    tiny.play(tiny.small("dcgan"), tmp_path / "run", data, images=16)
    picture = np.asarray(Image.open(tmp_path / "run" / "samples" / "real.png").convert("RGB")).reshape(-1, 3)
    pixels = {name: int((picture == ink).all(1).sum()) for name, ink in inks.items()}
    images = {name: count / max(pixels.values()) for name, count in pixels.items()}
    assert min(images.values()) > 1 / 3, images  # a class has a quarter of the images shown; none is missing


def test_real_images_are_read_in_the_order_asked_for() -> None:
    data = numbered([0, 1, 2, 0, 1, 2])
    assert gallery._read(data, np.array([4, 0, 5, 2]))[:, 0, 0, 0].tolist() == [4, 0, 5, 2]


def test_pictures_of_a_run_without_classes_name_none(tmp_path: Path) -> None:
    tiny.play(tiny.small("naive"), tmp_path / "run", tiny.images(), images=16)
    assert {rows_of(path) for path in (tmp_path / "run" / "samples").glob("*.png")} == {None}


def test_generated_points_lie_before_pale_real_ones(tmp_path: Path) -> None:
    recipe, _ = tiny.small("naive").for_vectors()
    tiny.play(recipe, tmp_path / "run", tiny.vectors(length=2), images=16)
    folder = RunFolder(tmp_path / "run")
    white = (255, 255, 255)
    assert all(colours(path) == {white, GENERATED, PALE} for _, path in folder.sample_grids())
    assert colours(folder.samples / "real.png") == {white, REAL}

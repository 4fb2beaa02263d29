import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from steadygan.report.pictures import evenly, frames, picture, real_picture
from steadygan.runs.folder import RunFolder
from steadygan.runs.grid import ROWS, save_picture


def decoded(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1])))


def test_grids_come_in_order_with_their_pixels_untouched(run_folder: Path) -> None:
    found = frames(RunFolder(run_folder))
    assert [frame.images for frame in found] == [0, 120_000, 240_000, 360_000, 480_000, 600_000]
    original = (run_folder / "samples" / "000000120000.png").read_bytes()
    assert found[1].picture.uri == "data:image/png;base64," + base64.b64encode(original).decode()
    assert (found[1].picture.width, found[1].picture.small, found[1].picture.reduced) == (62, True, False)


def test_an_even_choice_keeps_first_and_last() -> None:
    assert evenly(range(5), 40) == [0, 1, 2, 3, 4]
    assert evenly(range(101), 5) == [0, 25, 50, 75, 100]
    assert len(set(evenly(range(1000), 40))) == 40


def test_a_stray_picture_is_no_grid(run_folder: Path) -> None:
    (run_folder / "samples" / "000000120000 (1).png").write_bytes((run_folder / "samples" / "real.png").read_bytes())
    assert len(frames(RunFolder(run_folder))) == 6


def test_damaged_and_missing_grids_are_left_out(run_folder: Path) -> None:
    whole = (run_folder / "samples" / "000000120000.png").read_bytes()
    (run_folder / "samples" / "000000120000.png").write_bytes(whole[: len(whole) // 2])
    (run_folder / "samples" / "000000240000.png").write_bytes(b"")
    (run_folder / "samples" / "real.png").unlink()
    assert [frame.images for frame in frames(RunFolder(run_folder))] == [0, 360_000, 480_000, 600_000]
    assert real_picture(RunFolder(run_folder)) is None


@pytest.mark.parametrize(("width", "shown"), [(1, 560), (62, 558), (242, 484), (274, 548), (281, 281), (560, 560)])
def test_small_pictures_are_enlarged_by_whole_factors(tmp_path: Path, width: int, shown: int) -> None:
    Image.new("L", (width, 12)).save(tmp_path / "a.png")
    found = picture(tmp_path / "a.png")
    assert found is not None
    assert (found.small, found.shown_width) == (True, shown)


def test_large_pictures_are_not_small(tmp_path: Path) -> None:
    Image.new("L", (561, 12)).save(tmp_path / "a.png")
    found = picture(tmp_path / "a.png")
    assert found is not None
    assert not found.small


def test_names_of_rows_come_from_the_file(tmp_path: Path) -> None:
    names = ("zéro", "<b>one</b>", "\udce9")
    save_picture(Image.new("L", (8, 12)), tmp_path / "a.png", names)
    save_picture(Image.new("L", (8, 12)), tmp_path / "b.png")
    shown = [picture(tmp_path / name) for name in ("a.png", "b.png")]
    assert [each.rows for each in shown if each is not None] == [names, ()]


@pytest.mark.parametrize("written", ["{", "3", '{"a": 1}', "[" * 100_000, json.dumps(["a"] * 1000)])
def test_damaged_names_of_rows_are_left_out(tmp_path: Path, written: str) -> None:
    info = PngInfo()
    info.add_text(ROWS, written)
    Image.new("L", (8, 12)).save(tmp_path / "a.png", pnginfo=info)
    shown = picture(tmp_path / "a.png")
    assert shown is not None
    assert shown.rows == ()


def test_a_large_grid_is_compressed(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1500, 750, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "large.png")
    shown = picture(tmp_path / "large.png")
    assert shown is not None
    assert (shown.reduced, shown.width, shown.height) == (True, 640, 1280)
    assert decoded(shown.uri).size == (640, 1280)
    assert len(shown.uri) < (tmp_path / "large.png").stat().st_size / 3

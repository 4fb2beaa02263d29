from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from steadygan import outputs
from steadygan.errors import SteadyganError
from steadygan.outputs import write_samples, write_walk
from steadygan.runs.export import TrainedGenerator, load_generator
from steadygan.runs.folder import RunFolder
from tests import tiny


def trained(folder: Path, heuristic: str, vectors: bool = False, channels: int = 3) -> TrainedGenerator:
    chosen = tiny.small("naive").with_(heuristic, dimension=6)
    data = tiny.vectors() if vectors else tiny.images(channels=channels)
    tiny.play(chosen.for_vectors()[0] if vectors else chosen, folder, data, images=8)
    return load_generator(RunFolder(folder))


@pytest.fixture(scope="module")
def colour(tmp_path_factory: pytest.TempPathFactory) -> TrainedGenerator:
    return trained(tmp_path_factory.mktemp("runs") / "colour", "normal-latent")


@pytest.fixture(scope="module")
def grey(tmp_path_factory: pytest.TempPathFactory) -> TrainedGenerator:
    return trained(tmp_path_factory.mktemp("runs") / "grey", "sphere-latent", channels=1)


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> TrainedGenerator:
    return trained(tmp_path_factory.mktemp("runs") / "points", "normal-latent", vectors=True)


# --- samples


def test_an_array_holds_all_images_as_bytes_in_rows_columns_channels(colour: TrainedGenerator, tmp_path: Path) -> None:
    out = tmp_path / "made.npz"
    assert write_samples(colour, 5, out) == f"5 images in {out}"
    with np.load(out, allow_pickle=False) as array:
        assert array.files == ["images"]
        images = array["images"]
    assert images.shape == (5, 8, 8, 3)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, colour.sample(5).numpy())


def test_a_folder_holds_each_image_as_it_is(colour: TrainedGenerator, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    write_samples(colour, 11, out)
    paths = sorted(out.iterdir())
    assert [path.name for path in paths] == [f"{place:02d}.png" for place in range(11)]
    read = np.stack([np.asarray(Image.open(path)) for path in paths])
    np.testing.assert_array_equal(read, colour.sample(11).numpy())


def test_a_folder_of_grey_images_holds_grey_images(grey: TrainedGenerator, tmp_path: Path) -> None:
    write_samples(grey, 1, tmp_path / "one")
    image = Image.open(tmp_path / "one" / "0.png")
    assert image.mode == "L"
    np.testing.assert_array_equal(np.asarray(image), grey.sample(1).numpy()[0, ..., 0])


def test_a_folder_that_is_there_and_empty_is_used_whatever_its_name(colour: TrainedGenerator, tmp_path: Path) -> None:
    out = tmp_path / "version-1.5"
    out.mkdir()
    write_samples(colour, 2, out)
    assert len(list(out.iterdir())) == 2


def test_a_grid_holds_every_image(colour: TrainedGenerator, tmp_path: Path) -> None:
    out = tmp_path / "new" / "grid.PNG"
    write_samples(colour, 4, out)
    grid = np.asarray(Image.open(out))
    # two by two images of 8 pixels, each four times as large, with gaps of 2 around
    assert grid.shape == (2 * 34 + 2, 2 * 34 + 2, 3)
    cells = [grid[top : top + 32 : 4, left : left + 32 : 4] for top in (2, 36) for left in (2, 36)]
    np.testing.assert_array_equal(np.stack(cells), colour.sample(4).numpy())


@pytest.mark.parametrize("name", ["made.npz", "grid.png"])
def test_the_same_seed_writes_the_same_file_and_another_seed_another(
    colour: TrainedGenerator, tmp_path: Path, name: str
) -> None:
    written = []
    for seed in (3, 3, 4):
        write_samples(colour, 3, tmp_path / name, seed)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1] != written[2]


def test_a_file_that_is_there_is_replaced(colour: TrainedGenerator, tmp_path: Path) -> None:
    out = tmp_path / "grid.png"
    out.write_text("old")
    write_samples(colour, 1, out)
    assert Image.open(out).size == (36, 36)
    assert list(tmp_path.iterdir()) == [out]


def test_truncation_keeps_to_the_middle(colour: TrainedGenerator, tmp_path: Path) -> None:
    out = tmp_path / "made.npz"
    write_samples(colour, 3, out, seed=1, truncation=0.5)
    np.testing.assert_array_equal(np.load(out)["images"], colour.sample(3, 1, 0.5).numpy())
    assert float(colour.latents(1000, 1, 0.5).abs().max()) <= 0.5


def test_vectors_go_to_an_array_of_points(points: TrainedGenerator, tmp_path: Path) -> None:
    out = tmp_path / "made.npz"
    assert write_samples(points, 7, out) == f"7 points in {out}"
    with np.load(out, allow_pickle=False) as array:
        assert array.files == ["points"]
        assert array["points"].shape == (7, 3)
        assert array["points"].dtype == np.float32


def test_vectors_go_to_a_picture_of_points(points: TrainedGenerator, tmp_path: Path) -> None:
    write_samples(points, 50, tmp_path / "made.png")
    pixels = np.asarray(Image.open(tmp_path / "made.png"))
    marked = (pixels != 255).any(2)
    assert marked.any()
    # a margin is left on every side
    marked[20:-20, 20:-20] = False
    assert not marked.any()


@pytest.mark.parametrize(
    ("name", "kind", "tolerance"),
    [("grid.jpg", "JPEG", 40), ("grid.JPEG", "JPEG", 40), ("grid.webp", "WEBP", 0)],
)
def test_a_grid_goes_to_other_kinds_of_pictures_too(
    colour: TrainedGenerator, grey: TrainedGenerator, tmp_path: Path, name: str, kind: str, tolerance: int
) -> None:
    for generator in (colour, grey):
        write_samples(generator, 4, tmp_path / "grid.png")
        write_samples(generator, 4, tmp_path / name)
        picture = Image.open(tmp_path / name)
        assert picture.format == kind
        exact = np.asarray(Image.open(tmp_path / "grid.png").convert("RGB")).astype(int)
        assert np.abs(np.asarray(picture.convert("RGB")) - exact).max() <= tolerance


@pytest.mark.parametrize("name", ["points.png", "points.jpg", "points.webp"])
def test_points_are_drawn_in_every_kind_of_picture(points: TrainedGenerator, tmp_path: Path, name: str) -> None:
    write_samples(points, 5, tmp_path / name)
    assert Image.open(tmp_path / name).size == (480, 480)


@pytest.mark.parametrize("scale", [1, 3])
def test_a_scale_enlarges_each_pixel_to_a_square(colour: TrainedGenerator, tmp_path: Path, scale: int) -> None:
    made = colour.sample(2).numpy()
    write_samples(colour, 2, tmp_path / "grid.png", scale=scale)
    write_samples(colour, 2, tmp_path / "folder", scale=scale)
    grid = np.asarray(Image.open(tmp_path / "grid.png"))
    assert grid.shape == (8 * scale + 4, 2 * (8 * scale + 2) + 2, 3)
    for place, image in enumerate(made):
        large = np.kron(image, np.ones((scale, scale, 1), np.uint8))
        left = 2 + place * (8 * scale + 2)
        np.testing.assert_array_equal(grid[2:-2, left : left + 8 * scale], large)
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "folder" / f"{place}.png")), large)


@pytest.mark.parametrize("scale", [0, -1, 65])
def test_an_impossible_scale_is_refused(colour: TrainedGenerator, tmp_path: Path, scale: int) -> None:
    with pytest.raises(SteadyganError, match="from 1 to 64"):
        write_samples(colour, 1, tmp_path / "grid.png", scale=scale)
    with pytest.raises(SteadyganError, match="from 1 to 64"):
        write_walk(colour, tmp_path / "walk.gif", count=1, stops=2, frames=1, scale=scale)


def test_a_scale_is_refused_where_nothing_is_enlarged(
    colour: TrainedGenerator, points: TrainedGenerator, tmp_path: Path
) -> None:
    for generator, name in ((colour, "made.npz"), (points, "made.png")):
        with pytest.raises(SteadyganError, match="leave it out"):
            write_samples(generator, 1, tmp_path / name, scale=2)


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_a_picture_larger_than_its_kind_of_file_is_refused(
    colour: TrainedGenerator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setitem(outputs._LONGEST_SIDES, suffix, 99)
    write_samples(colour, 4, tmp_path / f"fits{suffix}")
    with pytest.raises(SteadyganError, match="104 by 104 pixels are more than the 99"):
        write_samples(colour, 9, tmp_path / f"grid{suffix}")
    assert [path.name for path in tmp_path.iterdir()] == [f"fits{suffix}"]


def test_pictures_of_the_longest_sides_can_be_written(tmp_path: Path) -> None:
    for suffix, longest in outputs._LONGEST_SIDES.items():
        if suffix in outputs.PICTURES:
            outputs._write_picture(Image.new("L", (longest, 1)), tmp_path / f"long{suffix}")
            assert Image.open(tmp_path / f"long{suffix}").size == (longest, 1)


@pytest.mark.parametrize("name", ["made.bmp", "made.npy", "made.gif", "made.tar.gz"])
def test_other_kinds_of_files_are_refused_before_anything_is_made(
    tmp_path: Path, name: str, grey: TrainedGenerator
) -> None:
    with pytest.raises(SteadyganError, match=r"\.png, \.jpg or \.webp grid, an \.npz array, or a folder"):
        write_samples(grey, 2, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(grey: TrainedGenerator, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(SteadyganError, match="not empty"):
        write_samples(grey, 2, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


# --- walks


class Watched(TrainedGenerator):
    """Remembers the latents of which images were made."""

    def __init__(self, of: TrainedGenerator) -> None:
        super().__init__(of.network, of.config, of.device)
        self.seen: list[torch.Tensor] = []

    def images(self, latents: torch.Tensor, seed: int = 0, labels: torch.Tensor | None = None) -> torch.Tensor:
        self.seen.append(latents)
        return super().images(latents, seed, labels)


def angles(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return torch.acos(torch.cosine_similarity(one.double(), other.double(), dim=-1).clamp(-1, 1))


def test_a_walk_has_as_many_frames_as_stops_times_frames(colour: TrainedGenerator, tmp_path: Path) -> None:
    out = tmp_path / "new" / "walk.webp"
    assert write_walk(colour, out, count=4, stops=3, frames=5) == f"15 frames of 4 images in {out}"
    film = Image.open(out)
    assert getattr(film, "n_frames", 1) == 15
    assert film.size == (70, 70)
    assert film.info["loop"] == 0


@pytest.mark.parametrize("name", ["walk.gif", "walk.webp"])
def test_a_walk_is_enlarged(grey: TrainedGenerator, tmp_path: Path, name: str) -> None:
    write_walk(grey, tmp_path / name, count=1, stops=2, frames=1, scale=5)
    assert Image.open(tmp_path / name).size == (44, 44)


@pytest.mark.parametrize("name", ["walk.avi", "walk.png", "walk"])
def test_other_kinds_of_films_are_refused(grey: TrainedGenerator, tmp_path: Path, name: str) -> None:
    with pytest.raises(SteadyganError, match=r"\.gif, \.webp, \.mp4 or \.webm"):
        write_walk(grey, tmp_path / name, count=1, stops=2, frames=1)


def test_a_gif_plays_for_as_long_and_without_end(grey: TrainedGenerator, tmp_path: Path) -> None:
    write_walk(grey, tmp_path / "walk.gif", count=1, stops=2, frames=3)
    film = Image.open(tmp_path / "walk.gif")
    # Pillow joins frames that are alike into a longer one
    assert sum(frame.info["duration"] for frame in ImageSequence.Iterator(film)) == 6 * 60
    assert film.info["loop"] == 0


def test_a_walk_starts_at_its_first_stop_and_leads_back_to_it(grey: TrainedGenerator, tmp_path: Path) -> None:
    watched = Watched(grey)
    write_walk(watched, tmp_path / "walk.gif", count=2, stops=3, frames=4, seed=5)
    stops = grey.latents(6, 5).view(3, 2, -1)
    for stop in range(3):
        torch.testing.assert_close(watched.seen[4 * stop], stops[stop])
    # the step after the last frame is the first frame, and it is as long as those before it
    last, step_before = angles(watched.seen[11], watched.seen[0]), angles(watched.seen[10], watched.seen[11])
    torch.testing.assert_close(last, step_before, rtol=1e-3, atol=1e-4)


def test_a_walk_moves_evenly_along_a_great_circle(grey: TrainedGenerator, tmp_path: Path) -> None:
    watched = Watched(grey)
    write_walk(watched, tmp_path / "walk.gif", count=2, stops=2, frames=6)
    first, second = watched.seen[0], watched.seen[6]
    for place in range(6):
        here = watched.seen[place]
        torch.testing.assert_close(angles(first, here), angles(first, second) * place / 6, rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(here.norm(dim=1), first.norm(dim=1))


def test_the_same_seed_writes_the_same_walk(colour: TrainedGenerator, tmp_path: Path) -> None:
    written = []
    for seed in (1, 1, 2):
        write_walk(colour, tmp_path / "walk.gif", count=1, stops=2, frames=2, seed=seed)
        written.append((tmp_path / "walk.gif").read_bytes())
    assert written[0] == written[1] != written[2]


@pytest.mark.parametrize(("count", "stops", "frames"), [(0, 2, 1), (1, 1, 1), (1, 2, 0)])
def test_a_walk_without_images_stops_or_frames_is_refused(
    grey: TrainedGenerator, tmp_path: Path, count: int, stops: int, frames: int
) -> None:
    with pytest.raises(SteadyganError, match="at least"):
        write_walk(grey, tmp_path / "walk.gif", count, stops, frames)
    assert list(tmp_path.iterdir()) == []

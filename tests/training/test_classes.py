"""Images of a class: the exported generator, what the command line writes, and the grids of a run."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from steadygan.cli import main
from steadygan.errors import SteadyganError
from steadygan.outputs import write_samples, write_walk
from steadygan.runs.export import TrainedGenerator, load_generator
from steadygan.runs.folder import RunFolder
from steadygan.settings import TrainingSettings
from steadygan.training import gallery
from steadygan.training.gallery import Gallery
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.state import TrainingState
from tests import tiny
from tests.heuristics.truth import likely_share
from tests.labelled_networks import CPU, Painter, numbered

pytestmark = pytest.mark.usefixtures("brief")
DATA = numbered((4, 12, 8))
SHARES = (1 / 6, 1 / 2, 1 / 3)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose generator takes labels."""
    folder = tmp_path_factory.mktemp("runs") / "told"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in tiny.BRIEF.items():
            patch.setattr(name, value)
        tiny.play(tiny.small("naive").with_("tanh-output").with_("label-embedding"), folder, DATA, images=8)
    return folder


@pytest.fixture(scope="module")
def generator(run: Path) -> TrainedGenerator:
    return load_generator(RunFolder(run))


@pytest.fixture(scope="module")
def painter(generator: TrainedGenerator) -> TrainedGenerator:
    """A generator that paints 0, 100 or 200, by class."""
    return TrainedGenerator(Painter(), generator.config, CPU)


# --- the exported generator


def test_a_generator_of_classes_knows_their_names_and_frequencies(run: Path, generator: TrainedGenerator) -> None:
    stored = json.loads((run / "generator.json").read_text("utf-8"))
    assert stored["class_names"] == list(tiny.CLASSES)
    assert stored["class_shares"] == pytest.approx(list(SHARES))
    assert generator.config.class_shares == pytest.approx(SHARES)


def test_classes_are_drawn_as_often_as_in_the_data_or_all_the_same(generator: TrainedGenerator) -> None:
    drawn, again, other = (generator.labels(3000, seed=seed) for seed in (1, 1, 2))
    assert drawn is not None
    assert again is not None
    assert other is not None
    assert all(likely_share(int((drawn == each).sum()), 3000, SHARES[each]) for each in range(3))
    assert torch.equal(drawn, again)
    assert not torch.equal(drawn, other)
    named = generator.labels(4, class_name="third")
    assert named is not None
    assert named.tolist() == [2, 2, 2, 2]


def test_samples_of_a_class_are_of_that_class(generator: TrainedGenerator, painter: TrainedGenerator) -> None:
    assert {*painter.sample(5, class_name="second").flatten().tolist()} == {100}
    assert {*painter.sample(200).flatten().tolist()} == {0, 100, 200}
    images = {name: generator.sample(5, 3, class_name=name) for name in tiny.CLASSES}
    expected = generator.images(generator.latents(5, 3), 3, torch.full((5,), 1))
    assert torch.equal(images["second"], expected)
    assert not torch.equal(images["second"], images["first"])


def test_images_without_labels_get_classes_as_often_as_they_come(painter: TrainedGenerator) -> None:
    made = painter.images(painter.latents(50), seed=4)[:, 0, 0, 0]
    labels = painter.labels(50, seed=4)
    assert labels is not None
    assert made.tolist() == (labels * 100).tolist()


def test_a_class_that_is_not_there_is_refused_with_the_nearest(generator: TrainedGenerator) -> None:
    with pytest.raises(SteadyganError, match="no class 'secnd'; did you mean 'second'"):
        generator.sample(1, class_name="secnd")


def test_a_generator_without_classes_has_none_to_choose(tmp_path: Path) -> None:
    tiny.play(tiny.small("naive"), tmp_path / "run", DATA, images=8)
    plain = load_generator(RunFolder(tmp_path / "run"))
    assert plain.config.class_shares == ()
    assert plain.labels(3) is None
    assert plain.sample(3).shape == (3, 8, 8, 1)
    with pytest.raises(SteadyganError, match="takes no classes, so there is none called 'first'; train it with"):
        plain.sample(1, class_name="first")


# --- what is written


def greys(picture: Path, rows: int, columns: int) -> list[list[int]]:
    """One grey of each image of a grid of images of 8 pixels, each enlarged to 32 with gaps of 2."""
    pixels = np.asarray(Image.open(picture).convert("L"))
    assert pixels.shape == (34 * rows + 2, 34 * columns + 2)
    return [[int(pixels[34 * row + 10, 34 * column + 10]) for column in range(columns)] for row in range(rows)]


def test_a_grid_of_all_classes_has_a_class_in_each_row(painter: TrainedGenerator, tmp_path: Path) -> None:
    write_samples(painter, 12, tmp_path / "grid.png")
    assert greys(tmp_path / "grid.png", 3, 4) == [[0] * 4, [100] * 4, [200] * 4]


def test_a_grid_that_classes_do_not_divide_still_shows_them_in_order(painter: TrainedGenerator, tmp_path: Path) -> None:
    write_samples(painter, 4, tmp_path / "grid.png")
    shown = [grey for row in greys(tmp_path / "grid.png", 2, 2) for grey in row]
    assert shown == sorted(shown)
    assert {*shown} == {0, 100, 200}


def test_fewer_images_than_classes_are_written_too(painter: TrainedGenerator, tmp_path: Path) -> None:
    write_samples(painter, 2, tmp_path / "grid.png")
    assert greys(tmp_path / "grid.png", 1, 2) == [[0, 100]]


def test_a_grid_of_one_class_is_of_that_class(painter: TrainedGenerator, tmp_path: Path) -> None:
    write_samples(painter, 4, tmp_path / "grid.png", class_name="third")
    assert greys(tmp_path / "grid.png", 2, 2) == [[200, 200], [200, 200]]


def test_an_array_of_all_classes_has_them_as_often_as_the_data(painter: TrainedGenerator, tmp_path: Path) -> None:
    write_samples(painter, 900, tmp_path / "made.npz")
    counts = Counter(np.load(tmp_path / "made.npz")["images"][:, 0, 0, 0].tolist())
    assert all(likely_share(counts[100 * each], 900, SHARES[each]) for each in range(3))


def test_the_command_line_samples_a_class(run: Path, generator: TrainedGenerator, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sample", str(run), "-n", "6", "--class", "third", "--seed", "2", "--out", str(tmp_path / "made.npz")])
    assert not ended.value.code
    np.testing.assert_array_equal(
        np.load(tmp_path / "made.npz")["images"], generator.sample(6, 2, class_name="third").numpy()
    )


def test_a_walk_stays_in_its_classes(painter: TrainedGenerator, tmp_path: Path) -> None:
    network: Any = painter.network
    network.heard.clear()
    write_walk(painter, tmp_path / "walk.gif", count=5, stops=2, frames=3)
    assert len(network.heard) == 6
    assert len({tuple(heard.tolist()) for heard in network.heard}) == 1


# --- the grids of a run


def told_game(name: str = "conditional") -> TrainingState:
    training = TrainingSettings(device="cpu", precision="fp32")
    return new_players(tiny.small(name), DATA, CustomNetworks(), CPU, training)[0]


def test_rows_of_a_runs_grids_are_classes(tmp_path: Path) -> None:
    state = told_game()
    folder = RunFolder(tmp_path)
    folder.samples.mkdir()
    shows = Gallery(folder, state)
    shows.draw(Painter(), state)
    assert greys(folder.sample_grid(0), 3, 4) == [[0] * 4, [100] * 4, [200] * 4]


def test_the_distance_is_measured_on_classes_as_often_as_in_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "MEASURED_SAMPLES", 1000)
    state, painter = told_game(), Painter()
    Gallery(RunFolder(tmp_path), state).measure(painter, state)
    heard = torch.cat(painter.heard)
    assert len(heard) == 1000
    assert all(likely_share(int((heard == each).sum()), 1000, SHARES[each]) for each in range(3))


def test_a_run_without_classes_shows_and_measures_without_them(tmp_path: Path) -> None:
    state = told_game("naive")
    folder = RunFolder(tmp_path)
    folder.samples.mkdir()
    shows = Gallery(folder, state)
    shows.draw(state.networks[next(iter(state.networks))].eval(), state)
    assert Image.open(folder.sample_grid(0)).size == (4 * 34 + 2, 4 * 34 + 2)
    assert re.fullmatch(r"\d+\.png", folder.sample_grid(0).name)

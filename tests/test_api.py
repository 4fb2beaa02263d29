"""The Python face on small arrays: train, resume, sample, load."""

import os
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import steadygan as sg
from steadygan.api import fit_recipe
from steadygan.cli import main
from steadygan.recipes import parse
from tests import tiny

pytestmark = pytest.mark.usefixtures("brief")
SMALL: dict[str, Any] = {"images": 40, "device": "cpu"}


def _array(count: int = 24, channels: int = 1) -> "np.ndarray[Any, Any]":
    return tiny.images(count, channels=channels).images


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> sg.Run:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in tiny.BRIEF.items():
            patch.setattr(name, value)
        out = tmp_path_factory.mktemp("api") / "run"
        return sg.train(_array(), tiny.small("steady"), out=out, seed=4, images=80, device="cpu")


def test_a_run_has_its_folder_its_rows_its_report_and_samples(finished: sg.Run) -> None:
    assert not finished.interrupted
    assert finished.report.is_file()
    assert finished.metrics[-1]["images"] == 80
    made = finished.sample(5)
    assert (made.shape, made.dtype) == ((5, 8, 8, 1), np.uint8)
    assert sg.recipe(finished.path / "recipe.toml") == tiny.small("steady").for_few_images(24)[0]


def test_samples_are_as_random_as_their_seed(finished: sg.Run) -> None:
    assert np.array_equal(finished.sample(6, seed=2), finished.sample(6, seed=2))
    assert not np.array_equal(finished.sample(6, seed=2), finished.sample(6, seed=3))


def test_a_loaded_run_makes_the_same_images(finished: sg.Run) -> None:
    assert np.array_equal(sg.load(finished.path).sample(6), finished.sample(6))
    with pytest.raises(sg.SteadyganError, match="There is no run folder"):
        sg.load(finished.path / "nowhere")
    with pytest.raises(sg.SteadyganError, match="holds no generator"):
        sg.load(finished.path / "samples")


def test_truncation_brings_samples_nearer_to_each_other(finished: sg.Run) -> None:
    whole, middle = finished.sample(64), finished.sample(64, truncation=0.1)
    assert middle.std(0).mean() < whole.std(0).mean()
    latents = finished.generator.latents(100, truncation=0.1)
    assert float(latents.abs().max()) <= 0.1
    with pytest.raises(sg.SteadyganError, match="--truncation is 0"):
        finished.sample(2, truncation=0)


def test_a_sphere_cannot_be_truncated(folder: Path) -> None:
    run = sg.train(_array(), tiny.small("naive").with_("sphere-latent"), out=folder, **SMALL)
    with pytest.raises(sg.SteadyganError, match=r"cannot be truncated.*leave --truncation out"):
        run.sample(2, truncation=0.5)


def test_the_callers_randomness_is_not_touched(folder: Path) -> None:
    torch.manual_seed(9)
    np.random.seed(9)
    before, legacy = torch.get_rng_state(), repr(np.random.get_state(legacy=False))
    sg.train(_array(), tiny.stateful(), out=folder, **SMALL)
    sg.resume(folder, data=_array(), images=80).sample(3)
    assert torch.equal(torch.get_rng_state(), before)
    assert repr(np.random.get_state(legacy=False)) == legacy


def test_a_seed_reproduces_a_run_whatever_came_before(tmp_path: Path) -> None:
    runs = []
    for place, seed in enumerate((1, 1, 2)):
        torch.manual_seed(place)
        runs.append(sg.train(_array(), tiny.stateful(), out=tmp_path / str(place), seed=seed, **SMALL))
    weights = [(run.path / "generator.safetensors").read_bytes() for run in runs]
    assert weights[0] == weights[1] != weights[2]


def test_resuming_from_an_array_goes_on_bit_for_bit(tmp_path: Path) -> None:
    chosen = tiny.stateful()
    whole = sg.train(_array(), chosen, out=tmp_path / "a", images=160, device="cpu")
    sg.train(_array(), chosen, out=tmp_path / "b", images=80, device="cpu")
    torch.manual_seed(123)
    run = sg.resume(tmp_path / "b", images=160, data=_array())
    assert np.array_equal(run.sample(8), whole.sample(8))
    assert (tmp_path / "a/generator.safetensors").read_bytes() == (tmp_path / "b/generator.safetensors").read_bytes()


def test_resuming_says_why_it_cannot(finished: sg.Run, tmp_path: Path) -> None:
    with pytest.raises(sg.SteadyganError, match=r"has used its budget \(80 images\)"):
        sg.resume(finished.path, data=_array())
    with pytest.raises(sg.SteadyganError, match="are not those that"):
        sg.resume(finished.path, data=_array(23), images=160)
    with pytest.raises(sg.SteadyganError):
        sg.resume(finished.path, images=160)  # an array in memory cannot be found again
    with pytest.raises(sg.SteadyganError, match="There is no run folder"):
        sg.resume(tmp_path / "none")
    with pytest.raises(sg.SteadyganError, match="minutes"):
        sg.resume(finished.path, minutes=-1, data=_array())


def test_a_file_is_found_again_without_being_named(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", _array())
    sg.train(str(tmp_path / "data.npy"), tiny.small("naive"), out=tmp_path / "run", **SMALL)
    run = sg.resume(tmp_path / "run", images=60)
    assert run.generator.config.images_seen == 60


def test_data_that_were_named_by_a_relative_path_are_found_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("data.npy", _array())
    sg.train("data.npy", tiny.small("naive"), out="run", images=8, device="cpu")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert sg.resume("../run", images=12).generator.config.images_seen == 12


def test_a_run_goes_on_after_its_data_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("data.npy", _array())
    sg.train("data.npy", tiny.small("naive"), out="run", images=8, device="cpu")
    Path("data.npy").rename("moved.npy")
    with pytest.raises(
        sg.SteadyganError, match=r"no longer at '.*/data\.npy'; .* steadygan train NEW_PLACE --resume RUN"
    ):
        sg.resume("run", images=12)
    for call in ("train moved.npy --resume run --images 12", "train --resume run --images 16"):
        with pytest.raises(SystemExit) as ended:
            main(call.split())
        assert ended.value.code == 0
    assert sg.load("run").generator.config.images_seen == 16


@pytest.mark.parametrize("channels", [1, 3])
def test_tensors_train_like_arrays(channels: int, tmp_path: Path) -> None:
    array = _array(channels=channels)
    tensor = torch.from_numpy(array.transpose(0, 3, 1, 2).copy())
    one = sg.train(array, tiny.small("naive"), out=tmp_path / "a", **SMALL)
    other = sg.train(tensor, tiny.small("naive"), out=tmp_path / "b", **SMALL)
    assert one.sample(3).shape == (3, 8, 8, channels)
    assert np.array_equal(one.sample(3), other.sample(3))


def test_an_array_is_brought_to_another_resolution_and_colour(folder: Path) -> None:
    run = sg.train(_array(), tiny.small("naive"), out=folder, resolution=12, channels=3, **SMALL)
    assert run.sample(2).shape == (2, 12, 12, 3)


def test_overwriting_begins_anew(finished: sg.Run, tmp_path: Path) -> None:
    out = tmp_path / "run"
    sg.train(_array(), tiny.small("naive"), out=out, **SMALL)
    with pytest.raises(sg.SteadyganError, match="holds a run already"):
        sg.train(_array(), tiny.small("naive"), out=out, **SMALL)
    run = sg.train(_array(), tiny.small("dcgan"), out=out, overwrite=True, images=20, device="cpu")
    assert sg.recipe(out / "recipe.toml").name == "dcgan"
    assert run.generator.config.images_seen == 20
    assert max(int(path.stem) for path in (out / "checkpoints").glob("[0-9]*.pt")) == 20


def test_the_next_free_folder_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runs = [sg.train(_array(), tiny.small("naive"), **SMALL) for _ in range(2)]
    assert [run.path for run in runs] == [Path("runs/naive-1"), Path("runs/naive-2")]


def test_a_folder_that_was_chosen_for_a_run_is_gone_if_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(sg.SteadyganError):
        sg.train(_array(), tiny.small("naive"), generator=torch.nn.Linear(2, 2), **SMALL)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"images": 0}, "images"),
        ({"images": -4}, "images"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": float("nan")}, "minutes"),
        ({"seed": -1}, "seed"),
        ({"precision": "fp8"}, "precision"),
        ({"keep": 0}, "keep"),
        ({"device": "abacus"}, "There is no device 'abacus'"),
        ({"resolution": 7}, "resolution"),
        ({"channels": 2}, "channels"),
        ({"background": "blueish"}, "background"),
        ({"recipe": "stedy"}, "did you mean 'steady'"),
    ],
)
def test_impossible_settings_are_one_sentence(given: dict[str, Any], sentence: str, folder: Path) -> None:
    with pytest.raises(sg.SteadyganError, match=sentence) as refusal:
        sg.train(_array(), **{"recipe": tiny.small("naive"), "out": folder, **given})
    assert "\n" not in str(refusal.value)
    assert not folder.exists()


def test_data_are_needed() -> None:
    with pytest.raises(sg.SteadyganError, match="needs data"):
        sg.train()


# --- vectors


def test_vectors_go_in_and_come_out_in_their_own_units(folder: Path) -> None:
    points = np.random.default_rng(0).normal([1000.0, -3.0], [5.0, 0.01], (600, 2)).astype(np.float32)
    run = sg.train(points, sg.recipe("steady"), out=folder, images=64_000, device="cpu")
    made = run.sample(500)
    assert (made.shape, made.dtype) == ((500, 2), np.float32)
    assert np.array_equal(sg.load(folder).sample(500), made)
    assert abs(made[:, 0].mean() - 1000) < 5
    assert abs(made[:, 1].mean() + 3) < 0.01
    assert 0.5 < made[:, 0].std() / 5.0 < 2
    assert 0.5 < made[:, 1].std() / 0.01 < 2


def test_what_was_left_out_for_vectors_is_noted(folder: Path) -> None:
    run = sg.train(tiny.vectors().images, tiny.small("dcgan"), out=folder, **SMALL)
    notes = run.folder.read_json(run.folder.manifest)["notes"]
    assert any("network mlp, without kernel-divisible-by-stride" in note for note in notes)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_vectors_of_any_length_train_from_a_file(length: int, tmp_path: Path) -> None:
    np.savez(tmp_path / "points.npz", points=tiny.vectors(length=length).images)
    run = sg.train(tmp_path / "points.npz", tiny.small("naive"), out=tmp_path / "run", **SMALL)
    assert run.sample(7).shape == (7, length)


def test_a_constant_coordinate_stays_finite(folder: Path) -> None:
    points = tiny.vectors().images.copy()
    points[:, 1] = 7.0
    made = sg.train(points, tiny.small("naive"), out=folder, **SMALL).sample(50)
    assert np.isfinite(made).all()
    assert made[:, 1] == pytest.approx(7.0, abs=5.0)


def test_tensorboard_gets_rows_and_grids(folder: Path) -> None:
    pytest.importorskip("tensorboard")
    sg.train(_array(), tiny.small("naive"), out=folder, tensorboard=True, images=160, device="cpu")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("generator/loss")] == [80, 160]
    assert len(events.Images("samples")) > 1


def test_steady_mentions_the_recipe_for_very_few_images() -> None:
    for count, name, expected in ((99, "steady", 1), (100, "steady", 0), (99, "small-data", 0), (99, "dcgan", 0)):
        notes = fit_recipe(sg.recipe(name), tiny.images(count=count))[1]
        assert ["images are very few: --recipe small-data" in note for note in notes if "very" in note] == [
            True
        ] * expected


def test_steady_augments_few_images_and_says_so() -> None:
    fitted, notes = fit_recipe(sg.recipe("steady"), tiny.images(count=499))
    said = "499 images are few, so steady trains --with adaptive-augment --set adaptive-augment.measured=held-out"
    assert notes == [said]
    assert fitted.held_out_share == 0.1
    assert fit_recipe(sg.recipe("steady"), tiny.images(count=500)) == (sg.recipe("steady").for_few_images(500)[0], [])


def test_what_few_images_change_is_said_in_one_line() -> None:
    chosen = parse('[heuristics.relativistic]\n[on_few_images]\nbelow = 100\nwith = ["diff-augment"]', "mine")
    fitted, notes = fit_recipe(chosen, tiny.images(count=24))
    assert fitted.has("diff-augment")
    assert notes == ["24 images are few, so mine trains --with diff-augment"]
    unchanged, nothing = fit_recipe(chosen, tiny.images(count=100))
    assert not unchanged.has("diff-augment")
    assert nothing == []


# --- in scripts


def test_a_run_says_where_it_is_and_how_far_it_came(finished: sg.Run) -> None:
    said = repr(finished)
    assert str(finished.path) in said
    assert "80 images seen" in said
    assert "quality/sliced_wasserstein" in said


def test_losses_and_quality_are_one_table(finished: sg.Run) -> None:
    table = finished.table()
    assert len({len(column) for column in table.values()}) == 1
    assert table["images"] == sorted(set(table["images"]))
    last = {name: column[-1] for name, column in table.items()}
    assert last["images"] == 80
    assert isinstance(last["discriminator/loss"], float)
    assert isinstance(last["quality/sliced_wasserstein"], float)


def test_off_a_terminal_lines_are_printed_unless_nobody_watches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sg.train(_array(), tiny.small("naive"), out=tmp_path / "a", **SMALL)
    assert "40 images" in capsys.readouterr().out
    sg.train(_array(), tiny.small("naive"), out=tmp_path / "b", observers=(), **SMALL)
    assert capsys.readouterr() == ("", "")


def test_an_observer_with_one_method_is_enough_and_one_with_none_is_refused(folder: Path) -> None:
    class Watching:
        def __init__(self) -> None:
            self.seen: list[int] = []

        def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
            self.seen.append(images_seen)

    with pytest.raises(sg.SteadyganError, match="An observer is a function, which has none of the methods begin, tick"):
        sg.train(_array(), tiny.small("naive"), out=folder, observers=[test_data_are_needed], **SMALL)
    assert not folder.exists()
    watching = Watching()
    sg.train(_array(), tiny.small("naive"), out=folder, observers=[watching], **SMALL)
    assert watching.seen[-1] == 40


def test_the_version_can_be_asked_for() -> None:
    assert sg.__version__ == version("steadygan")


def test_a_second_thread_that_trains_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    class Second:
        """Begins another training from another thread while the first is going on."""

        said: str = ""

        def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
            thread = threading.Thread(target=self.train)
            thread.start()
            thread.join()

        def train(self) -> None:
            try:
                sg.train(_array(), tiny.small("naive"), out=tmp_path / "b", **SMALL)
            except sg.SteadyganError as error:
                self.said = str(error)

    second = Second()
    sg.train(_array(), tiny.small("naive"), out=tmp_path / "a", observers=[second], images=4, device="cpu")
    assert second.said.startswith("Another thread of this program is training")
    assert not (tmp_path / "b").exists()
    thread = threading.Thread(target=second.train)
    thread.start()
    thread.join()
    assert (tmp_path / "b/run.json").is_file()  # the first has ended


class Truncates:
    """Truncates the prepared data after a step, as another program may."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        if images_seen >= 16:
            (path,) = self.cache.glob("*/images.npy")
            os.truncate(path, path.stat().st_size // 2)


def test_a_cache_that_is_truncated_meanwhile_ends_a_run_that_can_go_on(tmp_path: Path) -> None:
    cache, kind = tmp_path / "cache", tiny.small("naive")
    given: dict[str, Any] = {"cache": cache, "images": 80, "device": "cpu", "observers": ()}
    np.save(tmp_path / "images.npy", _array())
    data = tmp_path / "images.npy"
    with pytest.raises(sg.SteadyganError, match=r"truncated by another program .* go on with --resume .*broken"):
        sg.train(data, kind, out=tmp_path / "broken", **(given | {"observers": [Truncates(cache)]}))
    sg.resume(tmp_path / "broken", cache=cache, observers=())
    sg.train(data, kind, out=tmp_path / "whole", **given)
    tiny.assert_same_run(tmp_path / "whole", tmp_path / "broken")

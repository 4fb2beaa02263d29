"""What `steadygan clean` frees, and what it leaves."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import steadygan as sg
from steadygan.cleaning import clean, size_text
from steadygan.cli import main
from steadygan.data import DataSettings, prepare
from steadygan.data.store import cache_key, file_lock
from steadygan.errors import SteadyganError
from steadygan.runs.folder import RunFolder
from steadygan.runs.lock import locked
from tests import tiny

pytestmark = pytest.mark.usefixtures("brief")
MINE = ("checkpoints/2024.pt", "checkpoints/.film.mp4.part", "samples/wedding.jpg")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that ended, never changed by a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in tiny.BRIEF.items():
            patch.setattr(name, value)
        folder = tmp_path_factory.mktemp("finished") / "run"
        sg.train(tiny.images().images, tiny.small("naive"), out=folder, images=16, device="cpu", observers=())
        return folder


@pytest.fixture
def trained(finished: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that run, among whose files lie some of a person."""
    shutil.copytree(finished, folder)
    for name in MINE:
        (folder / name).write_text("mine")
    (folder / "checkpoints" / ".best.pt.abcd1234.part").write_bytes(b"half")
    monkeypatch.chdir(folder.parent)
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, with two prepared data sets."""
    root = tmp_path / "cache"
    monkeypatch.setenv("STEADYGAN_CACHE", str(root))
    for seed in (0, 1):
        np.savez(tmp_path / f"{seed}.npz", images=tiny.images(seed=seed).images)
        prepare(str(tmp_path / f"{seed}.npz"), DataSettings())
    return root


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["clean", *arguments])
    return int(ended.value.code or 0)


def data_files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file() and path.suffix != ".lock"]


# --- runs


def test_without_a_yes_it_is_only_said_what_would_be_freed(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(trained)
    assert run("run") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "without them the run cannot be resumed, its generator, samples and report stay" in lines[0]
    files = {path.stat().st_ino: path.stat().st_size for path in RunFolder(trained).checkpoint_files()}
    assert lines[1] == f"would free {size_text(sum(files.values()))}; run again with --yes"
    assert contents(trained) == before


def test_with_a_yes_checkpoints_go_and_everything_else_stays(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, images = contents(trained), sg.load(trained).sample(4)
    assert run("run", "--yes") == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("freed ")
    after = contents(trained)
    gone = {name for name in before if name not in after}
    assert gone == {name for name in before if name.startswith("checkpoints/")} - {*MINE}
    assert {"checkpoints/000000000016.pt", "checkpoints/best.pt", "checkpoints/.best.pt.abcd1234.part"} <= gone
    assert after == {name: content for name, content in before.items() if name not in gone}
    np.testing.assert_array_equal(sg.load(trained).sample(4), images)
    with pytest.raises(SteadyganError, match="no checkpoint to resume from"):
        sg.resume(trained, data=tiny.images().images, images=32)
    assert run("run") == 0
    assert capsys.readouterr().out == "run: no checkpoints\nnothing to free\n"


def test_a_file_with_two_names_is_counted_once(trained: Path) -> None:
    best, newest = trained / "checkpoints" / "best.pt", trained / "checkpoints" / "000000000016.pt"
    for path in RunFolder(trained).checkpoint_files():
        if path != newest:
            path.unlink()
    os.link(newest, best)
    assert f"would free {size_text(newest.stat().st_size)};" in clean([trained], cache=False, remove=False)


def test_a_run_that_trains_is_left_alone(trained: Path, cache: Path) -> None:
    before = contents(trained), contents(cache)
    for remove in (False, True):
        with (
            locked(RunFolder(trained)),
            pytest.raises(SteadyganError, match=r"which trains there; wait until it ends or stop it$"),
        ):
            clean([trained], cache=True, remove=remove)
        assert (contents(trained), contents(cache)) == before


def test_checkpoints_without_a_generator_are_all_that_is_left_of_a_run(trained: Path) -> None:
    (trained / "generator.safetensors").unlink()
    with pytest.raises(SteadyganError, match="has no generator yet"):
        clean([trained], cache=False, remove=True)
    assert (trained / "checkpoints" / "000000000016.pt").exists()


def test_nothing_is_removed_when_one_folder_is_refused(trained: Path) -> None:
    before = contents(trained)
    (trained.parent / "empty").mkdir()
    assert run("run", "empty", "--yes") == 2
    assert contents(trained) == before


def test_a_call_without_a_folder_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--yes") == 2
    assert "give run folders, or --cache" in capsys.readouterr().err


def test_what_cannot_be_removed_is_said(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".pt":
            raise PermissionError(13, "Permission denied", str(path))
        path.rename(path.with_suffix(".gone"))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(SteadyganError, match=r"Cannot clean '.*best\.pt': Permission denied"):
        clean([trained], cache=False, remove=True)


# --- the cache


def test_the_cache_is_emptied_on_a_yes(cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    size = sum(path.stat().st_size for path in data_files(cache))
    assert run("--cache") == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{cache}: 2 prepared data sets, {size_text(size)};")
    assert f"would free {size_text(size)}; run again with --yes" in said
    assert len(data_files(cache)) == 6
    mapped = prepare(str(tmp_path / "0.npz"), DataSettings())
    assert run("--cache", "--yes") == 0
    assert capsys.readouterr().out.endswith(f"freed {size_text(size)}\n")
    assert data_files(cache) == []
    np.testing.assert_array_equal(mapped.images, tiny.images().images)  # whoever reads them keeps them
    again = prepare(str(tmp_path / "0.npz"), DataSettings())
    assert not again.from_cache
    np.testing.assert_array_equal(again.images, mapped.images)


def test_files_of_others_in_the_folder_of_the_cache_stay(cache: Path) -> None:
    data = next(path for path in cache.iterdir() if path.is_dir())
    others = [cache / "notes.txt", cache / ("a" * 32) / "thesis.txt", data / "mine.txt", cache / "papers" / "meta.json"]
    for path in others:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    left_by_a_killed_process = cache / f"{'b' * 32}.0123abcd.building" / "images.npy"
    left_by_a_killed_process.parent.mkdir()
    left_by_a_killed_process.write_bytes(b"half")
    clean((), cache=True, remove=True)
    assert sorted(data_files(cache)) == sorted(others)
    assert not left_by_a_killed_process.parent.exists()


def test_data_that_are_being_prepared_are_left(cache: Path) -> None:
    key = cache_key("of another process")
    building = cache / f"{key}.0123abcd.building" / "images.npy"
    building.parent.mkdir()
    building.write_bytes(b"half")
    with file_lock(cache, key):
        said = clean((), cache=True, remove=True)
    assert data_files(cache) == [building]
    assert f"left because another process prepares data there: {building.parent}" in said


def test_without_a_cache_there_is_nothing_to_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEADYGAN_CACHE", str(tmp_path / "nowhere"))
    assert clean((), cache=True, remove=True) == f"{tmp_path / 'nowhere'}: no prepared data\nnothing to free"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (376_400_000, "376 MB"), (2_410_000_000, "2.4 GB")],
)
def test_sizes_are_said_as_people_read_them(count: int, text: str) -> None:
    assert size_text(count) == text

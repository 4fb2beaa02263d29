"""Disks that are full and folders that may not be written to."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from steadygan.errors import SteadyganError
from steadygan.runs.checkpoint import checkpoints
from steadygan.runs.folder import RunFolder, write_atomically
from steadygan.runs.rows import RowFile
from tests import tiny

pytestmark = pytest.mark.usefixtures("brief")
IMAGES = 400


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mounting a small disk needs to be root")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


class Filler:
    """An observer that fills the disk once, after so many images."""

    def __init__(self, path: Path, after: int) -> None:
        self.path = path
        self.after = after

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        if images_seen >= self.after and not self.path.exists():
            with self.path.open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(4096))
                except OSError:
                    return

    def row(self, row: dict[str, Any]) -> None: ...

    def grid(self, images_seen: int, path: Path) -> None: ...

    def finding(self, message: str) -> None: ...

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that always had room."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in tiny.BRIEF.items():
            patch.setattr(name, value)
        folder = tmp_path_factory.mktemp("whole") / "run"
        tiny.play(tiny.stateful(), folder, tiny.images(), images=IMAGES)
    return folder


@pytest.mark.parametrize("after", [180, 236, 312])
def test_a_full_disk_is_one_sentence_and_costs_nothing(after: int, small_disk: Path, whole: Path) -> None:
    chosen, data = tiny.stateful(), tiny.images()
    run, filler = small_disk / "run", small_disk / "filler"
    with pytest.raises(SteadyganError, match=r"^Cannot write '.*': the disk is full; free some space .*$"):
        tiny.play(chosen, run, data, images=IMAGES, observers=[Filler(filler, after)])
    saved = checkpoints(RunFolder(run))
    assert saved
    assert not list(run.rglob("*.part"))
    filler.unlink()
    loop = tiny.play_on(run, data)
    assert loop.fraction == 1
    tiny.assert_same_run(whole, run)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_row_that_finds_no_room_is_one_sentence_and_closing_is_silent() -> None:
    file = RowFile(Path("/dev/full"))
    with pytest.raises(SteadyganError, match=r"^Cannot write '/dev/full': the disk is full"):
        file.append({"images": 1})
    file.close()


def test_files_are_on_the_disk_before_they_get_their_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acts: list[str] = []
    sync, rename = os.fsync, Path.replace

    def synced(handle: int) -> None:
        acts.append("sync")
        sync(handle)

    def renamed(path: Path, to: Path) -> None:
        acts.append("rename")
        rename(path, to)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    write_atomically(tmp_path / "deep" / "file", "new")
    assert acts == ["sync", "rename"]
    assert (tmp_path / "deep" / "file").read_text() == "new"


def test_a_disk_that_is_full_from_the_start_leaves_the_old_file(small_disk: Path) -> None:
    path = small_disk / "file"
    write_atomically(path, "old")
    Filler(small_disk / "filler", 0).tick(0, 0.0, 0.0)
    with pytest.raises(SteadyganError, match="the disk is full"):
        write_atomically(path, bytes(100_000))
    assert path.read_text() == "old"
    assert sorted(each.name for each in small_disk.iterdir()) == ["file", "filler"]


def test_a_folder_that_may_not_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if os.access(closed, os.W_OK):
        closed = Path("/proc/steadygan")  # root may write everywhere but here
    with pytest.raises(SteadyganError, match=r"^Cannot write '.*'.*choose another folder with --out$"):
        tiny.begin(tiny.small("naive"), closed / "run", tiny.images(), images=40)


def test_a_read_only_disk_is_one_sentence(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(SteadyganError, match="it may not be written to; choose another folder"):
        tiny.begin(tiny.small("naive"), small_disk / "run", tiny.images(), images=40)


def test_a_folder_below_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SteadyganError, match="Not a directory; choose another folder"):
        tiny.begin(tiny.small("naive"), tmp_path / "file" / "run", tiny.images(), images=40)
    with pytest.raises(SteadyganError, match="is a file"):
        tiny.begin(tiny.small("naive"), tmp_path / "file", tiny.images(), images=40)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_run_that_is_there_is_not_replaced_unasked(folder: Path) -> None:
    tiny.play(tiny.small("naive"), folder, tiny.images(), images=40)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(SteadyganError, match="holds a run already; go on with --resume"):
        tiny.begin(tiny.small("dcgan"), folder, tiny.images(), images=40)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_folder_of_other_things_is_left_alone(folder: Path) -> None:
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "thesis.txt").write_text("mine")
    with pytest.raises(SteadyganError, match="is not empty and holds no run"):
        tiny.begin(tiny.small("naive"), folder, tiny.images(), images=40)
    assert [path.name for path in folder.rglob("*")] == ["deep", "thesis.txt"]


def test_an_empty_folder_may_be_used(folder: Path) -> None:
    folder.mkdir()
    assert tiny.play(tiny.small("naive"), folder, tiny.images(), images=16).fraction == 1

"""One process at a time in a run folder."""

import json
import os
import shutil
import threading
from pathlib import Path

import pytest

import steadygan as sg
from steadygan.cli import main
from steadygan.errors import SteadyganError
from steadygan.runs.folder import RunFolder
from steadygan.runs.lock import locked
from tests import tiny

pytestmark = pytest.mark.usefixtures("brief")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that ended, never changed by a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in tiny.BRIEF.items():
            patch.setattr(name, value)
        folder = tmp_path_factory.mktemp("finished") / "run"
        sg.train(tiny.images().images, tiny.small("naive"), out=folder, images=16, device="cpu")
        return folder


@pytest.fixture
def trained(finished: Path, folder: Path) -> Path:
    shutil.copytree(finished, folder)
    return folder


def test_a_run_in_which_another_process_trains_is_neither_replaced_nor_resumed(trained: Path) -> None:
    data = tiny.images().images
    with locked(RunFolder(trained)):
        before = contents(trained)
        said = rf"'.*run' is in use by process {os.getpid()}, which trains there; wait"
        with pytest.raises(SteadyganError, match=said):
            sg.train(data, tiny.small("naive"), out=trained, images=16, device="cpu", overwrite=True)
        with pytest.raises(SteadyganError, match=said):
            sg.resume(trained, data=data, images=32)
        assert contents(trained) == before
    assert sg.resume(trained, data=data, images=32).generator.config.images_seen == 32
    assert not RunFolder(trained).lock.exists()


@pytest.mark.parametrize("call", ["train nowhere.npz --overwrite --out run", "train --resume run --images 99"])
def test_the_command_line_refuses_before_it_reads_the_data(
    call: str, trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(trained.parent)
    with locked(RunFolder(trained)), pytest.raises(SystemExit) as ended:
        main(call.split())
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"error: 'run' is in use by process {os.getpid()}, which trains there")


def test_two_threads_do_not_train_in_one_folder_either(folder: Path) -> None:
    refused: list[str] = []

    def attempt() -> None:
        try:
            with locked(RunFolder(folder)):
                pass
        except SteadyganError as error:
            refused.append(str(error))

    with locked(RunFolder(folder)):
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
    assert len(refused) == 1


@pytest.mark.parametrize("left", ["", "{}", "[" * 100_000, json.dumps({"process": 1, "machine": "gone"})])
def test_the_lock_file_of_a_process_that_died_locks_nobody_out(left: str, trained: Path) -> None:
    lock = RunFolder(trained).lock
    lock.write_text(left)
    with locked(RunFolder(trained)):
        said = json.loads(lock.read_text())
        lock.write_text(left)
        with (
            pytest.raises(SteadyganError, match=r"another process|process 1 on the machine 'gone'"),
            locked(RunFolder(trained)),
        ):
            pass
    assert said["process"] == os.getpid()
    assert not lock.exists()


def test_a_folder_that_was_made_for_nothing_is_removed(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(RunFolder(tmp_path / "new" / "run")):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with locked(RunFolder(tmp_path / "new" / "run")):
        (tmp_path / "new" / "run" / "run.json").write_text("{}")
    assert [path.name for path in (tmp_path / "new" / "run").iterdir()] == ["run.json"]


def test_on_a_file_system_without_locks_a_run_goes_on_unlocked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(self: object, blocking: bool) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("filelock.FileLock.acquire", unknown)
    with locked(RunFolder(folder)):
        assert folder.is_dir()
    assert not folder.exists()

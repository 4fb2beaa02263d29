import hashlib
import os
from pathlib import Path

import pytest

from steadygan.cli import main
from tests.bad_calls import CALLS, BadCall, world


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def contents(folder: Path) -> dict[str, str]:
    """Every path below a folder with a digest of what it holds."""
    paths = {str(path.relative_to(folder)): path for path in folder.rglob("*")}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for name, path in paths.items()
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    before = Path.cwd()
    os.chdir(folder)
    try:
        world(folder, lambda *arguments: pytest.fail(str(arguments)) if run("train", *arguments) else None)
    finally:
        os.chdir(before)
    assert not (folder / "sprung").exists()
    return folder


@pytest.mark.parametrize("call", CALLS, ids=[call.name for call in CALLS])
def test_a_bad_call_costs_one_sentence_and_nothing_else(
    call: BadCall, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setattr("steadygan.data.hub._known_host", lambda address: False)
    before = contents(place)
    capsys.readouterr()
    assert run(*call.arguments) == 2
    said = capsys.readouterr()
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    for word in call.words:
        assert word in said.err
    assert contents(place) == before


def test_nothing_that_the_calls_named_was_unpickled(place: Path) -> None:
    assert not (place / "sprung").exists()


def test_there_is_a_call_for_every_way_to_go_wrong_and_no_two_alike() -> None:
    assert len({call.arguments for call in CALLS}) == len(CALLS) >= 100

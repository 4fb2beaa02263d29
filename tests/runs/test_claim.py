"""The folders of new runs."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from steadygan.errors import SteadyganError
from steadygan.runs.claim import new_folder, next_folder


def test_no_two_runs_that_start_at_once_get_the_same_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(next_folder, ["steady"] * 40))
    assert sorted(found) == sorted(Path("runs", f"steady-{number}") for number in range(1, 41))


def test_a_number_is_taken_while_its_run_has_written_nothing_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with new_folder(None, "steady", False) as first, new_folder(None, "steady", False) as second:
        assert (first.path, second.path) == (Path("runs/steady-1"), Path("runs/steady-2"))
        (second.path / "recipe.toml").write_text("kept")
    assert [path.name for path in Path("runs").iterdir()] == ["steady-2"]


def test_a_named_folder_is_not_made_and_not_removed(tmp_path: Path) -> None:
    with new_folder(tmp_path / "mine", "steady", False) as folder:
        assert not folder.path.exists()
    (tmp_path / "mine").mkdir()
    with new_folder(tmp_path / "mine", "steady", False):
        pass
    assert (tmp_path / "mine").is_dir()


def test_where_no_folder_can_be_made_one_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("runs").write_text("a file")
    with pytest.raises(SteadyganError, match=r"Cannot write 'runs': .*; choose another folder with --out"):
        next_folder("steady")

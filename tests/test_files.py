"""Files that anybody may have changed are read, or refused in one sentence."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from steadygan import files
from steadygan.errors import SteadyganError
from steadygan.files import UnreadableFileError, read_json, read_json_lines, read_text
from steadygan.recipes import recipe
from steadygan.report.read import read_run_record
from steadygan.runs.folder import RunFolder
from steadygan.runs.stored import read_stored_run
from tests.report.example import build_run

DEEP = "[" * 200_000
READERS: tuple[Callable[..., Any], ...] = (read_text, read_json, read_json_lines)


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(read: Callable[..., Any], *arguments: Any) -> UnreadableFileError:
    with pytest.raises(UnreadableFileError) as refused:
        read(*arguments)
    assert "\n" not in str(refused.value)
    assert refused.value.reason in str(refused.value)
    return refused.value


def test_what_is_whole_is_read(tmp_path: Path) -> None:
    assert read_text(written(tmp_path, "é\n")) == "é\n"
    assert read_json(written(tmp_path, '{"a": [1]}')) == {"a": [1]}
    assert read_json_lines(written(tmp_path, '{"a": 1}\n{"a": 2}\n')) == [{"a": 1}, {"a": 2}]


def test_lines_that_are_no_objects_are_left_out(tmp_path: Path) -> None:
    lines = b'{"a": 1}\n3\n[]\n\xff\xfe\n' + DEEP.encode() + b"\n" + b"1" * 10_000 + b'\n{"a": 2}\n{"a"'
    assert read_json_lines(written(tmp_path, lines)) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"\xff\xfe{", "it is not text in UTF-8"), ("{", "not JSON"), (DEEP, "too deeply"), ("1" * 10_000, "not JSON")],
)
def test_what_is_no_json_is_refused(tmp_path: Path, content: str | bytes, reason: str) -> None:
    assert reason in refusal(read_json, written(tmp_path, content)).reason


@pytest.mark.parametrize("read", READERS)
def test_a_file_is_read_up_to_its_limit(read: Callable[..., Any], tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps({"a": "x" * 1000}))
    read(path, path.stat().st_size)
    assert refusal(read, path, path.stat().st_size - 1).reason == f"it has more than {path.stat().st_size - 1:,} bytes"


@pytest.mark.parametrize("read", READERS)
def test_nobody_waits_for_what_is_no_file(read: Callable[..., Any], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(read, tmp_path / "pipe").reason == "it is not a regular file"
    assert refusal(read, Path("/dev/zero")).reason == "it is not a regular file"
    assert refusal(read, tmp_path).reason == "Is a directory"
    assert refusal(read, tmp_path / ("x" * 300)).reason == "File name too long"
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none")


def test_files_of_a_run_that_are_too_large_are_refused_and_the_report_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(build_run(tmp_path / "run"))
    for name in ("LARGEST_LIST", "LARGEST_DESCRIPTION"):
        monkeypatch.setattr(f"steadygan.runs.folder.{name}", 100)
    for name in ("skipped.json", "environment.json", "run.json"):
        (folder.path / name).write_text(" " * 100 + (folder.path / name).read_text())
    assert set(read_run_record(folder.path).unreadable) == {"skipped.json", "environment.json", "run.json"}
    with pytest.raises(SteadyganError, match=r"run\.json' is damaged: it has more than 100 bytes; restore it"):
        read_stored_run(folder)


def test_lists_may_be_larger_than_descriptions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder(build_run(tmp_path / "run"))
    monkeypatch.setattr("steadygan.runs.folder.LARGEST_DESCRIPTION", 10)
    assert len(folder.read_json(folder.skipped)) == 3
    folder.single_colour.write_text(json.dumps(["a long name of an image"]))
    assert folder.read_json(folder.single_colour)


def test_recipes_have_a_limit_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "large.toml"
    path.write_text("#" * (files.LARGEST_RECIPE + 1))
    with pytest.raises(SteadyganError, match=r"the recipe '.*large\.toml': it has more than 4,000,000 bytes"):
        recipe(path)
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(SteadyganError, match=r"Cannot read the recipe '.*pipe\.toml': it is not a regular file"):
        recipe(tmp_path / "pipe.toml")


def test_measurements_that_may_not_be_read_are_refused_in_a_sentence(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert folder.read_rows(folder.metrics) == []
    folder.metrics.mkdir()
    with pytest.raises(SteadyganError, match=r"metrics\.jsonl' cannot be read: Is a directory"):
        folder.read_rows(folder.metrics)

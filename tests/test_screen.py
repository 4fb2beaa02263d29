"""Training goes on when nobody reads what it prints, and nothing that is hidden in files acts on a terminal."""

import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
import pytest
from rich.console import Console

from steadygan.cli import main
from steadygan.errors import SteadyganError
from steadygan.progress import ProgressLine
from steadygan.runs.claim import next_folder
from steadygan.screen import LastingOutput, lasting_console, shown
from tests import tiny

FULL = Path("/dev/full")


def closed_pipe() -> TextIO:
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w")


def full_disk() -> TextIO:
    if not FULL.exists():
        pytest.skip("needs /dev/full")
    return FULL.open("w")


@pytest.fixture(params=[closed_pipe, full_disk])
def broken(request: pytest.FixtureRequest) -> Iterator[TextIO]:
    """A file that nothing can be written to."""
    with request.param() as file:
        yield file


def test_a_run_is_trained_to_its_end_although_nobody_reads(
    broken: TextIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, brief: None
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("images.npy", tiny.images().images)
    monkeypatch.setattr(sys, "stdout", broken)
    options = "--recipe naive --set batch=4 --set width=2 --images 16 --out run"
    with pytest.raises(SystemExit) as ended:
        main(["train", "images.npy", *options.split()])
    assert ended.value.code == 0
    assert (tmp_path / "run" / "checkpoints" / "000000000016.pt").is_file()


def test_output_that_failed_once_stays_silent(broken: TextIO) -> None:
    output = LastingOutput(broken)
    for _ in range(3):
        assert output.write("word" * 10_000) == 40_000
        output.flush()
    assert output.isatty() is False


def test_what_can_be_written_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    lasting_console().print("a word")
    assert capsys.readouterr().out == "a word\n"


def test_a_program_without_standard_output_prints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    lasting_console().print("a word")


# --- what is hidden in files

HIDDEN = "\x1b]0;title\x07\x1b[2J"


def _npz_key(folder: Path) -> str:
    np.savez(folder / "keys.npz", **{f"{HIDDEN}{place}": np.zeros((4, 8, 8), np.uint8) for place in "ab"})  # type: ignore[arg-type]
    return "train keys.npz"


def _recipe_name(folder: Path) -> str:
    (folder / "mine.toml").write_text(f"name = {json.dumps(HIDDEN)}\n[heuristics.relativistic]\n[heuristics.adam]\n")
    return "recipes mine.toml"


def _recipe_key(folder: Path) -> str:
    (folder / "mine.toml").write_text(f"{json.dumps(HIDDEN)} = 1\n")
    return "recipes mine.toml"


def _format(folder: Path) -> str:
    (folder / "run").mkdir()
    (folder / "run" / "run.json").write_text("{}")
    (folder / "run" / "generator.safetensors").touch()
    config = {"network": HIDDEN, "blueprint": {}, "width": 2, "blocks": 1, "shape": [8, 8, 1], "latent": HIDDEN}
    config |= {"latent_parameters": {}, "scaling": {"kind": "images"}}
    (folder / "run" / "generator.json").write_text(json.dumps(config))
    return "sample run"


@pytest.mark.parametrize("write", [_npz_key, _recipe_name, _recipe_key, _format])
def test_sequences_that_are_hidden_in_files_do_not_reach_the_terminal(
    write: Callable[[Path], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(write(tmp_path).split())
    said = capsys.readouterr()
    assert said.out + said.err
    assert not {"\x1b", "\x07"} & {*said.out, *said.err}


def test_names_and_warnings_are_shown_and_not_obeyed() -> None:
    assert shown("[bold]cats\x1b[2J") == r"\[bold]cats\x1b[2J"
    said = io.StringIO()
    line = ProgressLine(Console(file=said))
    line.finding(HIDDEN)
    assert said.getvalue() == "warning: \\x1b]0;title\\x07\\x1b[2J\n"


@pytest.mark.parametrize("name", ["", "/etc/x", "../../x", "a\\b", "c:x", "n" * 300, HIDDEN])
def test_the_name_of_a_recipe_does_not_choose_where_files_go(name: str) -> None:
    with pytest.raises(SteadyganError, match="No run folder can be named after the recipe"):
        next_folder(name)

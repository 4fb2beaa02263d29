"""Training goes on when nobody reads what it prints."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
import pytest

from steadygan.cli import main
from steadygan.screen import LastingOutput, lasting_console
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

"""What is removed from a run folder: files that training wrote, and never a person's own."""

import json
import os
from pathlib import Path

import pytest

from steadygan.errors import SteadyganError
from steadygan.runs.checkpoint import checkpoints
from steadygan.runs.folder import RunFolder, write_atomically

MANIFEST = json.dumps({"data": {}, "training": {}, "networks": {}})
WRITTEN = (
    "metrics.jsonl",
    "generator.safetensors",
    "samples/real.png",
    "samples/000000000040.png",
    "checkpoints/best.pt",
    "checkpoints/000000000040.pt",
    "checkpoints/1000000000000.pt",
    "tensorboard/events.out.tfevents.1",
    "checkpoints/.000000000040.pt.abcd_123.part",
    ".run.json.abcd1234.part",
)
MINE = (
    "thesis.txt",
    "samples/wedding.jpg",
    "samples/2024.png",
    "samples/000000000040 (1).png",
    "checkpoints/2024.pt",
    "checkpoints/mine/000000000040.pt",
    "tensorboard/notes.md",
    ".film.mp4.part",
    "downloads/.run.json.abcd1234.part",
    "samples/.wedding.jpg.abcd1234.part",
)


@pytest.fixture
def full(folder: Path) -> RunFolder:
    """A run folder among whose files lie some of a person."""
    for name in (*WRITTEN, *MINE):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("content")
    (folder / "run.json").write_text(MANIFEST)
    return RunFolder(folder)


def left(folder: RunFolder) -> set[str]:
    return {str(path.relative_to(folder.path)) for path in folder.path.rglob("*") if path.is_file()}


def test_overwriting_removes_what_training_wrote_and_nothing_else(full: RunFolder) -> None:
    full.create(overwrite=True)
    assert left(full) == {*MINE}


@pytest.mark.parametrize("content", ["{}", "{", "[]", '{"data": 1, "training": {}, "networks": {}}', "[" * 100_000])
def test_a_run_json_that_training_did_not_write_is_not_overwritten(content: str, full: RunFolder) -> None:
    full.manifest.write_text(content)
    before = left(full)
    with pytest.raises(
        SteadyganError, match=r"is not replaced, because its run\.json is damaged or not from steadygan"
    ):
        full.create(overwrite=True)
    assert left(full) == before


def test_going_on_removes_only_the_unfinished_files_of_training(full: RunFolder) -> None:
    full.remove_unfinished_files()
    assert left(full) == {"run.json", *WRITTEN[:-2], *MINE}


def test_files_of_other_names_are_neither_grids_nor_checkpoints(full: RunFolder) -> None:
    assert full.sample_grids() == [(40, full.samples / "000000000040.png")]
    assert [path.name for path in checkpoints(full)] == ["1000000000000.pt", "000000000040.pt"]


@pytest.mark.parametrize(("umask", "mode"), [(0o077, 0o600), (0o022, 0o644), (0o002, 0o664)])
def test_who_may_read_a_file_is_up_to_the_umask(umask: int, mode: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "file", "content")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == mode
    assert [path.name for path in tmp_path.iterdir()] == ["file"]

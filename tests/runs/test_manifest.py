"""The manifest of a run is read as it was written; old ones get defaults, newer and damaged ones are refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from steadygan.errors import SteadyganError
from steadygan.runs.folder import RunFolder
from steadygan.runs.manifest import NewerFormatError, read_manifest, write_manifest
from steadygan.vocabulary import Player
from tests import tiny

OLD: dict[str, Any] = {
    "format": 1,
    "data": {"source": "digits", "kind": "images", "shape": [8, 8, 1], "count": 5, "fingerprint": "ab"},
    "data_settings": {},
    "training": {"images": 100},
    "networks": {"generator": {"name": "dcgan", "parameters": 3}, "discriminator": {"name": "custom", "parameters": 4}},
    "name": "old",
}


def written(folder: Path, content: Any) -> RunFolder:
    (folder / "run.json").write_text(json.dumps(content))
    return RunFolder(folder)


def test_an_old_manifest_gets_defaults(tmp_path: Path) -> None:
    manifest = read_manifest(written(tmp_path, OLD))
    assert (manifest.classes, manifest.held_out, manifest.notes, manifest.version) == (None, None, (), "")
    assert (manifest.data.labelled, manifest.data.unlabelled, manifest.data.class_names) == (False, 0, ())
    assert (manifest.training.images, manifest.training.tuned_for, manifest.training.keep) == (100, "amx", 1)
    assert manifest.is_custom


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    folder = written(tmp_path, OLD)
    manifest = read_manifest(folder)
    write_manifest(folder, manifest)
    assert read_manifest(folder) == manifest


def test_a_run_writes_what_it_is(tmp_path: Path) -> None:
    data = tiny.images()
    loop = tiny.play(tiny.small("dcgan"), tmp_path / "run", data, images=16)
    manifest = read_manifest(loop.folder)
    assert (manifest.name, manifest.data.count, manifest.data.shape) == ("run", len(data), (8, 8, 1))
    assert manifest.data.fingerprint == data.fingerprint
    assert (manifest.training.images, manifest.training.device) == (16, "cpu")
    assert not manifest.is_custom
    for player, network in loop.state.networks.items():
        assert manifest.networks[player].parameters == sum(each.numel() for each in network.parameters())
    keys = ["format", "version", "name", "started", "data", "data_settings", "training", "networks", "classes"]
    assert list(json.loads(loop.folder.manifest.read_text())) == [*keys, "held_out", "notes", "keras_backend"]
    assert set(manifest.networks) == set(Player)


@pytest.mark.parametrize("format_", [2, 99])
def test_a_newer_format_is_refused_in_one_sentence(tmp_path: Path, format_: int) -> None:
    folder = written(tmp_path, {"format": format_, "something": "new"})
    with pytest.raises(NewerFormatError, match=f"newer version of steadygan.*format {format_}.*update steadygan$"):
        read_manifest(folder)


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        {**OLD, "format": 0},
        {**OLD, "other": 1},
        {**OLD, "training": {"keep": 0}},
        {**OLD, "data_settings": {"resolution": 3}},
        {**OLD, "networks": {"judge": {"name": "dcgan", "parameters": 1}}},
    ],
)
def test_a_damaged_manifest_is_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(SteadyganError, match="not complete or not of this version"):
        read_manifest(written(tmp_path, content))

"""Damaged, missing and foreign files: what is believed, what is refused, and the words for it."""

import io
import json
import pickle
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from steadygan.errors import SteadyganError
from steadygan.runs.checkpoint import checkpoints, load_checkpoint, load_newest
from steadygan.runs.export import load_generator
from steadygan.runs.folder import RunFolder
from steadygan.runs.stored import read_stored_run
from tests import tiny

pytestmark = pytest.mark.usefixtures("brief")
IMAGES = 160


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that ended, never changed by a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in tiny.BRIEF.items():
            patch.setattr(name, value)
        folder = tmp_path_factory.mktemp("finished") / "run"
        tiny.play(tiny.stateful(), folder, tiny.images(), images=IMAGES, keep=3)
        # A new budget makes room for going on.
        return folder


@pytest.fixture
def run(finished: Path, folder: Path) -> Path:
    """A copy of the finished run, free to be damaged."""
    shutil.copytree(finished, folder)
    return folder


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path: Path) -> None:
    """One bit of a tensor; between the parts of the file lies padding that means nothing."""
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        largest = max((entry for entry in archive.infolist() if "/data/" in entry.filename), key=lambda e: e.file_size)
        place = bytes(content).index(archive.read(largest)) + largest.file_size // 2
    content[place] ^= 0x10
    path.write_bytes(bytes(content))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _fill_with_text(path: Path) -> None:
    path.write_text("not a checkpoint")


DAMAGES = (_truncate, _flip, _empty, _fill_with_text)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_newest_checkpoint_is_passed_over_and_said(damage: Any, run: Path, finished: Path) -> None:
    newest, before = checkpoints(RunFolder(run))[:2]
    damage(newest)
    loop = tiny.play_on(run, tiny.images())
    findings = RunFolder(run).read_rows(run / "findings.jsonl")
    assert [row["finding"] for row in findings] == ["damaged-checkpoint"]
    assert str(newest) in findings[0]["message"]
    assert "going back" in findings[0]["message"]
    assert findings[0]["images"] == int(before.stem)
    assert loop.state.images_seen == int(newest.stem)
    tiny.assert_same_run(finished, run)


@pytest.mark.parametrize("damage", DAMAGES)
def test_when_all_are_damaged_it_stops_with_a_sentence(damage: Any, run: Path) -> None:
    for path in RunFolder(run).checkpoint_files():
        damage(path)
    with pytest.raises(SteadyganError, match=r"Every checkpoint in '.*' is damaged"):
        tiny.resume(run, tiny.images())


def test_every_single_flipped_byte_in_the_middle_is_noticed(run: Path, tmp_path: Path) -> None:
    whole = checkpoints(RunFolder(run))[0].read_bytes()
    path = tmp_path / "flipped.pt"
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        entries = [entry for entry in archive.infolist() if entry.file_size > 16]
        places = [whole.index(archive.read(entry)) + entry.file_size // 2 for entry in entries]
    for place in places[::5]:
        damaged = bytearray(whole)
        damaged[place] ^= 1
        path.write_bytes(bytes(damaged))
        with pytest.raises(SteadyganError, match="damaged"):
            load_checkpoint(path)


def test_a_run_goes_on_from_its_best_when_all_others_are_damaged(run: Path, finished: Path) -> None:
    folder = RunFolder(run)
    shutil.copyfile(checkpoints(folder)[1], folder.best_checkpoint)
    numbered = checkpoints(folder)
    for path in numbered:
        _empty(path)
    tiny.play_on(run, tiny.images())
    findings = folder.read_rows(folder.findings)
    assert [row["finding"] for row in findings] == ["damaged-checkpoint"] * len(numbered)
    tiny.assert_same_run(finished, run)


def test_no_checkpoint_at_all_says_so(run: Path) -> None:
    for path in RunFolder(run).checkpoint_files():
        path.unlink()
    with pytest.raises(SteadyganError, match="no checkpoint to resume from"):
        tiny.resume(run, tiny.images())


class _Bomb:
    """Runs code when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_a_hostile_pickle_is_not_executed(how: str, run: Path, tmp_path: Path) -> None:
    trace = tmp_path / "executed"
    for path in RunFolder(run).checkpoint_files():
        if how == "torch":
            torch.save({"format": 1, "bomb": _Bomb(trace)}, path)
        else:
            path.write_bytes(pickle.dumps(_Bomb(trace)))
    pickle.loads(pickle.dumps(_Bomb(tmp_path / "works")))
    assert (tmp_path / "works").exists()  # the bomb is real
    with pytest.raises(SteadyganError, match="damaged"):
        tiny.resume(run, tiny.images())
    assert not trace.exists()


def test_a_checkpoint_of_another_format_is_named(run: Path) -> None:
    path = checkpoints(RunFolder(run))[0]
    torch.save({**load_checkpoint(path), "format": 99}, path)
    with pytest.raises(SteadyganError, match="format 99; this version reads 1"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("images_seen", "many"),
        ("steps", -1),
        ("seconds", "x"),
        ("seconds", float("nan")),
        ("best", "x"),
        ("files", 3),
        ("files", {"metrics": "x", "findings": 0}),
    ],
)
def test_a_checkpoint_with_impossible_counts_is_damaged(key: str, value: Any, finished: Path, tmp_path: Path) -> None:
    state = load_checkpoint(checkpoints(RunFolder(finished))[0])
    torch.save({**state, key: value}, tmp_path / "changed.pt")
    with pytest.raises(SteadyganError, match=r"changed\.pt' is damaged \('.*' is no possible number\)"):
        load_checkpoint(tmp_path / "changed.pt")


def test_rows_after_the_checkpoint_are_forgotten(run: Path, finished: Path) -> None:
    metrics = run / "metrics.jsonl"
    whole = metrics.read_bytes()
    metrics.write_bytes(whole + b'{"images": 999999, "step": 1}\n{"images": 9999')
    tiny.resume(run, tiny.images(), images=2 * IMAGES).run(lambda: True)
    assert metrics.read_bytes() == whole
    assert tiny.rows(run) == tiny.rows(finished)


def test_missing_rows_are_no_reason_to_stop(run: Path) -> None:
    (run / "metrics.jsonl").unlink()
    (run / "findings.jsonl").unlink()
    loop = tiny.play_on(run, tiny.images(), images=2 * IMAGES)
    assert loop.fraction == 1
    assert tiny.rows(run)[0]["images"] > IMAGES


def test_grids_after_the_checkpoint_are_removed(run: Path) -> None:
    later = RunFolder(run).sample_grid(10 * IMAGES)
    later.write_bytes(b"later")
    tiny.resume(run, tiny.images(), images=2 * IMAGES).run(lambda: True)
    assert not later.exists()


def test_unfinished_writes_of_a_killed_process_are_removed(run: Path) -> None:
    left = run / "checkpoints" / ".000000000160.pt.abc.part"
    left.write_bytes(b"half")
    tiny.resume(run, tiny.images(), images=2 * IMAGES).run(lambda: True)
    assert not left.exists()


@pytest.mark.parametrize("name", ["run.json", "recipe.toml"])
def test_a_run_folder_without_its_description_is_refused(name: str, run: Path) -> None:
    (run / name).write_text("{]")
    with pytest.raises(SteadyganError, match=r"damaged|not TOML|not complete"):
        read_stored_run(RunFolder(run))
    (run / name).unlink()
    with pytest.raises(SteadyganError, match=r"no run\.json|not complete"):
        read_stored_run(RunFolder(run))


def test_a_missing_key_in_the_description_is_refused(run: Path) -> None:
    (run / "run.json").write_text('{"training": {}}')
    with pytest.raises(SteadyganError, match="not complete or not of this version"):
        read_stored_run(RunFolder(run))


def test_other_data_are_refused(run: Path) -> None:
    with pytest.raises(SteadyganError, match="are not those that"):
        tiny.resume(run, tiny.images(seed=5))


def test_a_checkpoint_of_other_networks_is_refused(run: Path) -> None:
    text = (run / "recipe.toml").read_text()
    (run / "recipe.toml").write_text(re.sub(r"^width = 2$", "width = 3", text, flags=re.MULTILINE))
    with pytest.raises(SteadyganError, match="does not fit these networks"):
        tiny.resume(run, tiny.images())


@pytest.mark.parametrize("damage", [_truncate, _empty, _fill_with_text])
def test_a_damaged_generator_is_refused(damage: Any, run: Path) -> None:
    damage(run / "generator.safetensors")
    with pytest.raises(SteadyganError, match="damaged or does not fit"):
        load_generator(RunFolder(run))


def test_weights_that_are_not_finite_are_not_sampled(run: Path) -> None:
    path = RunFolder(run).generator
    weights = safetensors.torch.load(path.read_bytes())
    for each in weights.values():
        if each.is_floating_point():
            each.fill_(torch.nan)
    path.write_bytes(safetensors.torch.save(weights))
    with pytest.raises(SteadyganError, match=r"generator\.safetensors' holds weights that are not finite"):
        load_generator(RunFolder(run))


def test_a_damaged_generator_config_is_refused(run: Path) -> None:
    folder = RunFolder(run)
    config = folder.generator_config.read_text()
    folder.generator_config.write_text(config.replace('"latent":"', '"laten":"').replace('"latent": "', '"laten": "'))
    with pytest.raises(SteadyganError, match="not of this version or is damaged"):
        load_generator(folder)
    folder.generator_config.write_text(config.replace("sphere-latent", "adam"))
    with pytest.raises(SteadyganError, match=r"'adam' .* is no latent"):
        load_generator(folder)
    folder.generator_config.unlink()
    with pytest.raises(SteadyganError, match="no generator yet"):
        load_generator(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"shape": []},
        {"shape": [8, -8, 1]},
        {"width": -2},
        {"latent_parameters": {"x": 1}},
        {"latent_parameters": {"dimension": -1}},
        {"class_shares": [-1.0, 2.0]},
        {"class_shares": [0.0]},
        {"network": "nosuch"},
    ],
)
def test_an_impossible_generator_config_is_one_sentence(change: dict[str, Any], run: Path) -> None:
    path = RunFolder(run).generator_config
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(SteadyganError, match=r"damaged|There is no network 'nosuch'") as refusal:
        load_generator(RunFolder(run)).sample(2)
    assert "\n" not in str(refusal.value)


def test_the_newest_whole_checkpoint_is_the_one_that_is_read(run: Path) -> None:
    paths = checkpoints(RunFolder(run))
    assert len(paths) == 3
    assert load_newest(RunFolder(run))[0]["images_seen"] == int(paths[0].stem)
    _truncate(paths[0])
    _flip(paths[1])
    saved, damaged = load_newest(RunFolder(run))
    assert saved["images_seen"] == int(paths[2].stem)
    assert [str(path) in text for path, text in zip(paths, damaged, strict=False)] == [True, True]

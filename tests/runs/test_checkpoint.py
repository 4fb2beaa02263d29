"""Which checkpoints are kept, and that the best and the newest are one file while they are the same state."""

import os
from pathlib import Path
from typing import Any

import pytest
import torch

from steadygan.errors import SteadyganError
from steadygan.runs import checkpoint
from steadygan.runs.checkpoint import load_checkpoint, load_newest, save_checkpoint
from steadygan.runs.folder import RunFolder


@pytest.fixture
def made(folder: Path) -> RunFolder:
    (folder / "checkpoints").mkdir(parents=True)
    return RunFolder(folder)


def state(images: int, weight: float = 0.0) -> dict[str, Any]:
    return {"images_seen": images, "weights": torch.full((1000,), weight)}


def names(folder: RunFolder) -> list[str]:
    return sorted(path.name for path in folder.checkpoints.iterdir())


def seen(path: Path) -> int:
    return int(load_checkpoint(path)["images_seen"])


def test_the_best_is_a_second_name_of_the_newest(made: RunFolder) -> None:
    newest = save_checkpoint(made, state(8), keep=1, best=True)
    assert newest.samefile(made.best_checkpoint)
    assert names(made) == ["000000000008.pt", "best.pt"]


def test_the_best_stays_what_it_is_when_others_follow(made: RunFolder) -> None:
    save_checkpoint(made, state(8), keep=1, best=True)
    newest = save_checkpoint(made, state(12), keep=1)
    assert (seen(made.best_checkpoint), seen(newest)) == (8, 12)
    assert names(made) == ["000000000012.pt", "best.pt"]


def test_saving_the_best_state_again_leaves_one_file(made: RunFolder) -> None:
    save_checkpoint(made, state(8), keep=1, best=True)
    newest = save_checkpoint(made, state(8, weight=1.0), keep=1)
    assert newest.samefile(made.best_checkpoint)
    assert float(load_checkpoint(newest)["weights"][0]) == 1
    save_checkpoint(made, state(8, weight=2.0), keep=1, best=True)
    assert newest.samefile(made.best_checkpoint)
    assert names(made) == ["000000000008.pt", "best.pt"]


def test_without_hard_links_the_best_is_a_copy(made: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    newest = save_checkpoint(made, state(8), keep=1, best=True)
    assert not newest.samefile(made.best_checkpoint)
    assert newest.read_bytes() == made.best_checkpoint.read_bytes()
    assert names(made) == ["000000000008.pt", "best.pt"]


def test_dying_between_the_best_and_the_newest_loses_nothing(made: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(made, state(4), keep=1, best=True)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "link_or_write", die)
        with pytest.raises(KeyboardInterrupt):
            save_checkpoint(made, state(8), keep=1, best=True)
    assert names(made) == ["000000000004.pt", "best.pt"]
    assert load_newest(made)[0]["images_seen"] == 4
    save_checkpoint(made, state(8), keep=1, best=True)
    assert names(made) == ["000000000008.pt", "best.pt"]


def test_the_one_just_written_stays_beside_a_damaged_one_of_a_later_number(made: RunFolder) -> None:
    (made.checkpoints / "000000000099.pt").write_bytes(b"damaged")
    save_checkpoint(made, state(8), keep=1)
    assert names(made) == ["000000000008.pt"]
    assert load_newest(made)[0]["images_seen"] == 8


def test_old_ones_go_when_the_new_one_is_on_the_disk(made: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(made, state(4), keep=1)
    acts: list[object] = []

    def synced(path: Path) -> None:
        acts.append((path.name, names(made)))

    monkeypatch.setattr(checkpoint, "sync_folder", synced)
    save_checkpoint(made, state(8), keep=1)
    assert acts == [("checkpoints", ["000000000004.pt", "000000000008.pt"])]
    assert names(made) == ["000000000008.pt"]


def test_the_best_is_gone_back_to_when_all_others_are_damaged(made: RunFolder) -> None:
    save_checkpoint(made, state(4), keep=1, best=True)
    newest = save_checkpoint(made, state(8), keep=1)
    newest.write_bytes(b"damaged")
    saved, damaged = load_newest(made)
    assert saved["images_seen"] == 4
    assert [str(newest) in sentence for sentence in damaged] == [True]
    made.best_checkpoint.write_bytes(b"damaged")
    with pytest.raises(SteadyganError, match="Every checkpoint"):
        load_newest(made)

"""Arrays that are computed from prepared data and kept beside them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steadygan.data.cache_removal import ENCODER, cached_files, remove_cached_files
from steadygan.data.derived import load_or_derive
from steadygan.data.store import cache_key, file_lock, scratch_folder
from steadygan.errors import SteadyganError

KEY = cache_key("features", "of these data")
ARRAYS = {
    "features": np.arange(600_000, dtype=np.float32).reshape(-1, 3),
    "names": np.array(["one", "zwölf"]),
    "none": np.zeros((0, 2)),
}


class Counted:
    """Computes arrays and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> Mapping[str, "np.ndarray[Any, Any]"]:
        self.calls += 1
        return ARRAYS


def assert_same(found: Mapping[str, "np.ndarray[Any, Any]"]) -> None:
    assert [*found] == [*ARRAYS]
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_arrays_are_computed_once(tmp_path: Path) -> None:
    derive = Counted()
    for expected in (False, True, True):
        found, was_there = load_or_derive(tmp_path / "cache", KEY, derive)
        assert_same(found)
        assert was_there is expected
    assert derive.calls == 1
    assert isinstance(found["features"], np.memmap)
    assert not found["features"].flags.writeable


@pytest.mark.parametrize("damage", ["cut", "gone", "text", "foreign"])
def test_what_is_damaged_is_computed_again(damage: str, tmp_path: Path) -> None:
    derive = Counted()
    load_or_derive(tmp_path, KEY, derive)
    path = tmp_path / KEY / "derived-features.npy"
    match damage:
        case "cut":
            path.write_bytes(path.read_bytes()[:-4])
        case "gone":
            path.unlink()
        case "text":
            path.write_bytes(b"x" * path.stat().st_size)
        case _:
            (tmp_path / KEY / "meta.json").write_text('["another kind of file"]')
    found, was_there = load_or_derive(tmp_path, KEY, derive)
    assert_same(found)
    assert not was_there
    assert derive.calls == 2
    assert sorted(each.name for each in tmp_path.iterdir()) == [KEY, f"{KEY}.lock"]


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> Mapping[str, "np.ndarray[Any, Any]"]:
        raise SteadyganError("no")

    with pytest.raises(SteadyganError, match=r"^no$"):
        load_or_derive(tmp_path, KEY, fail)
    assert not (tmp_path / KEY).exists()


def test_a_cache_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SteadyganError, match="cannot be written to"):
        load_or_derive(tmp_path / "file" / "cache", KEY, Counted())


def test_derived_arrays_are_cleaned_as_prepared_data_are(tmp_path: Path) -> None:
    load_or_derive(tmp_path, KEY, Counted())
    assert {path.name for path in cached_files(tmp_path)[tmp_path / KEY]} == {
        "meta.json",
        *(f"derived-{name}.npy" for name in ARRAYS),
    }
    assert remove_cached_files(tmp_path) == []
    assert not (tmp_path / KEY).exists()


def test_encoders_of_the_data_are_cleaned_too(tmp_path: Path) -> None:
    (tmp_path / KEY).mkdir()
    encoder, mine = (tmp_path / KEY / name for name in (ENCODER, "mine.safetensors"))
    for path in (encoder, mine):
        path.write_bytes(b"weights")
    assert cached_files(tmp_path) == {tmp_path / KEY: [encoder]}
    assert remove_cached_files(tmp_path) == []
    assert [encoder.exists(), mine.exists()] == [False, True]


def test_a_scratch_folder_goes_with_its_block_and_is_left_alone_meanwhile(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        (folder / "file").write_text("text")
        load_or_derive(tmp_path, KEY, Counted())
        assert (folder / "file").read_text() == "text"
    assert not folder.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [KEY, f"{KEY}.lock"]


def test_the_scratch_folder_of_a_killed_process_goes_when_data_are_next_prepared(tmp_path: Path) -> None:
    left = tmp_path / f"{'0' * 32}.00000000.building"
    left.mkdir()
    (left / "samples.npy").write_text("half")
    load_or_derive(tmp_path, KEY, Counted())
    assert not left.exists()
    assert not file_lock(tmp_path, KEY).is_locked

"""Prefetching changes neither what comes nor where a run goes on."""

import os
from pathlib import Path

import numpy as np
import pytest

from steadygan.arrays import Indices
from steadygan.data import Prepared, order, prepare
from steadygan.feeding.labels import DataView
from steadygan.feeding.loader import BatchLoader
from steadygan.feeding.prefetch import Prefetcher, RowReader, TruncatedDataError
from tests import tiny
from tests.labelled_networks import CPU, UNIT

GROUPS = np.array([0, 1, 1, -1, 2, 0, 1, 2, 2, 2, 0])
BATCHES = (4, 4, 4, 7, 7, 1, 30, 30, 4)

Asked = list[tuple[int, int]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The byte ranges that the kernel was asked for."""
    ranges: Asked = []

    def advise(file: int, begin: int, length: int, advice: int) -> None:
        assert advice == os.POSIX_FADV_WILLNEED
        ranges.append((begin, length))

    monkeypatch.setattr(os, "posix_fadvise", advise)
    return ranges


def on_disk(folder: Path) -> Prepared:
    return prepare(tiny.images(count=50).images, cache=folder / "cache")


@pytest.mark.parametrize("groups", [None, GROUPS], ids=["all alike", "balanced"])
def test_the_order_is_that_of_nobody_who_looks_ahead(groups: Indices | None) -> None:
    plain, prefetcher = order(11, 5, groups), Prefetcher(order(11, 5, groups), lambda indices: None)
    for batch in BATCHES:
        assert prefetcher.next(batch).tolist() == plain.next(batch).tolist()
        assert prefetcher.state_dict() == plain.state_dict()


@pytest.mark.parametrize("groups", [None, GROUPS], ids=["all alike", "balanced"])
@pytest.mark.parametrize("stop", range(len(BATCHES)))
def test_who_goes_on_from_a_state_gets_what_was_not_given_out(groups: Indices | None, stop: int) -> None:
    one, other = (Prefetcher(order(11, 5, groups), lambda indices: None) for _ in range(2))
    for batch in BATCHES[:stop]:
        one.next(batch)
    other.next(3)
    other.load_state_dict(one.state_dict())
    for batch in BATCHES[stop:]:
        assert one.next(batch).tolist() == other.next(batch).tolist()


def test_what_comes_next_is_said_a_batch_early() -> None:
    said: list[list[int]] = []
    prefetcher = Prefetcher(order(11, 5), lambda indices: said.append(indices.tolist()))
    given = [prefetcher.next(4).tolist() for _ in range(6)]
    assert said[:-1] == given[1:]


def test_the_rows_that_are_asked_for_are_those_of_the_next_batch(asked: Asked, tmp_path: Path) -> None:
    data = on_disk(tmp_path)
    of = BatchLoader(data, UNIT, CPU, 0, DataView(held_out_share=0.2))
    of.next(4)
    stored = mapped(data).read_bytes()
    early = np.stack([np.frombuffer(stored[low : low + length], np.uint8) for low, length in asked])
    asked.clear()
    batch = of.next(4)
    np.testing.assert_array_equal(early.reshape(4, 1, 8, 8), ((batch.images + 1) * 127.5).round().numpy())
    assert len(asked) == 4


def test_what_nobody_could_know_early_is_asked_for_before_it_is_read(asked: Asked, tmp_path: Path) -> None:
    of = BatchLoader(on_disk(tmp_path), UNIT, CPU, 0, DataView(held_out_share=0.2))
    of.held_out(6)
    of.reference(5)
    assert len(asked) == 11


def test_memory_is_not_asked_for_and_neither_is_a_part_of_a_map(asked: Asked, tmp_path: Path) -> None:
    data = on_disk(tmp_path)
    for items in (np.array(data.images), data.images[10:], data.images[:, ::2]):
        rows = RowReader(items)
        indices = np.array([3, 0, 3])
        rows.prefetch(indices)
        np.testing.assert_array_equal(rows.read(indices), np.array(items)[indices])
    assert asked == []


def mapped(data: Prepared) -> Path:
    assert isinstance(data.images, np.memmap)
    return Path(str(data.images.filename))


@pytest.mark.parametrize("part", [slice(None), slice(10, None)], ids=["whole", "part"])
def test_a_file_that_was_truncated_is_not_read(part: slice, tmp_path: Path) -> None:
    data = on_disk(tmp_path)
    rows = RowReader(data.images[part])
    rows.read(np.array([3]))
    os.truncate(mapped(data), 200)
    with pytest.raises(TruncatedDataError, match=r"'.*images\.npy' were truncated .* start again"):
        rows.read(np.array([0]))
    with pytest.raises(TruncatedDataError):
        RowReader(data.images[part])


def test_a_file_that_was_replaced_stays_what_it_was(tmp_path: Path) -> None:
    data = on_disk(tmp_path)
    rows, before = RowReader(data.images), np.array(data.images[:3])
    (tmp_path / "shorter").write_bytes(b"short")
    (tmp_path / "shorter").replace(mapped(data))
    np.testing.assert_array_equal(rows.read(np.arange(3)), before)
    mapped(data).unlink()
    np.testing.assert_array_equal(rows.read(np.arange(3)), before)


def test_files_are_closed_with_their_rows(tmp_path: Path) -> None:
    data = on_disk(tmp_path)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    held = [BatchLoader(data, UNIT, CPU, 0, DataView()) for _ in range(5)]
    assert len(os.listdir("/proc/self/fd")) == before + 5  # noqa: PTH208
    held.clear()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_data_on_the_disk_and_in_memory_train_the_same(tmp_path: Path) -> None:
    stored = on_disk(tmp_path)
    chosen = tiny.small("semi-supervised")
    for name, images in (("disk", stored.images), ("memory", np.array(stored.images))):
        tiny.play(chosen, tmp_path / name, tiny.prepared(images), images=80)
    tiny.assert_same_run(tmp_path / "disk", tmp_path / "memory")


def test_the_time_spent_on_waiting_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr("time.perf_counter", lambda: float(next(clock)))
    of = BatchLoader(tiny.images(), UNIT, CPU, 0, DataView(held_out_share=0.5))
    of.next(3)
    of.held_out(3)
    assert of.wait_seconds == 2.0

"""Items reach the device whether they live there or not."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from steadygan.feeding import transfer
from steadygan.feeding.transfer import DeviceReader, to_device
from tests import tiny

CPU = torch.device("cpu")


def _free(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(transfer, "free_memory", lambda device: count)


@pytest.mark.parametrize("kind", ["images", "vectors"])
def test_items_that_live_on_the_device_are_the_stored_ones(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tiny.images().images if kind == "images" else tiny.vectors().images
    monkeypatch.setattr(transfer, "COPIED_ROWS", 7)
    _free(monkeypatch, data.nbytes * 4)
    items, indices = DeviceReader(data, CPU), np.array([5, 0, 5, 23])
    stored = data.copy()
    data[:] = 0  # what is kept on the device does not depend on it any more
    assert torch.equal(items.read(indices), torch.from_numpy(stored[indices]))
    assert items.read(indices).dtype == torch.from_numpy(stored).dtype


@pytest.mark.parametrize("free", [0, 24 * 8 * 8 * 4 - 1])
def test_items_that_need_more_than_a_quarter_of_the_free_memory_stay(
    free: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tiny.images().images
    _free(monkeypatch, free)
    items, indices = DeviceReader(data, CPU), np.array([3, 1])
    data[3] = 77
    assert torch.equal(items.read(indices), torch.from_numpy(data[indices]))


def test_items_mapped_from_the_disk_are_copied_without_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "items.npy", tiny.images().images)
    data = np.load(tmp_path / "items.npy", mmap_mode="r")
    _free(monkeypatch, 10**9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(DeviceReader(data, CPU).read(np.array([2])), torch.from_numpy(np.array(data[[2]])))


def test_nothing_is_kept_on_a_device_that_is_no_gpu() -> None:
    assert transfer.free_memory(CPU) == 0
    assert to_device(torch.arange(3), torch.device("meta")).device.type == "meta"

"""Items reach the device whether they live there or not; process-wide settings are left as they were."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from steadygan.training import sending
from steadygan.training.process_settings import fast_kernels
from steadygan.training.sending import Items, sent
from tests import tiny

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def _free(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(sending, "free_memory", lambda device: count)


@pytest.mark.parametrize("kind", ["images", "vectors"])
def test_items_that_live_on_the_device_are_the_stored_ones(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tiny.images().images if kind == "images" else tiny.vectors().images
    monkeypatch.setattr(sending, "ROWS", 7)
    _free(monkeypatch, data.nbytes * 4)
    items, places = Items(data, CPU), np.array([5, 0, 5, 23])
    stored = data.copy()
    data[:] = 0  # what is kept on the device does not depend on it any more
    assert torch.equal(items.at(places), torch.from_numpy(stored[places]))
    assert items.at(places).dtype == torch.from_numpy(stored).dtype


@pytest.mark.parametrize("free", [0, 24 * 8 * 8 * 4 - 1])
def test_items_that_need_more_than_a_quarter_of_the_free_memory_stay(
    free: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tiny.images().images
    _free(monkeypatch, free)
    items, places = Items(data, CPU), np.array([3, 1])
    data[3] = 77
    assert torch.equal(items.at(places), torch.from_numpy(data[places]))


def test_items_mapped_from_the_disk_are_copied_without_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "items.npy", tiny.images().images)
    data = np.load(tmp_path / "items.npy", mmap_mode="r")
    _free(monkeypatch, 10**9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(Items(data, CPU).at(np.array([2])), torch.from_numpy(np.array(data[[2]])))


def test_nothing_is_kept_on_a_device_that_is_no_gpu() -> None:
    assert sending.free_memory(CPU) == 0
    assert sent(torch.arange(3), torch.device("meta")).device.type == "meta"


def test_quick_kernels_are_for_cuda_and_leave_everything_as_it_was() -> None:
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.benchmark
    with fast_kernels(CPU):
        assert (torch.get_float32_matmul_precision(), torch.backends.cudnn.benchmark) == before
    with fast_kernels(CUDA):
        assert torch.get_float32_matmul_precision() == "high"
        assert torch.backends.cudnn.benchmark
    assert (torch.get_float32_matmul_precision(), torch.backends.cudnn.benchmark) == before


def test_whoever_wants_deterministic_kernels_gets_no_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", True)
    with fast_kernels(CUDA):
        assert not torch.backends.cudnn.benchmark

"""Settings of the whole process are changed while a run trains, and put back after it."""

import pytest
import torch

from steadygan.training.process_settings import fast_kernels

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def test_fast_kernels_are_for_cuda_and_leave_everything_as_it_was() -> None:
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

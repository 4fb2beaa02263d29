import ctypes
import getpass
import platform
import sys
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from steadygan.devices import choose_device
from steadygan.errors import SteadyganError
from steadygan.runs.budget import DEFAULT_MINUTES, Budget
from steadygan.runs.environment import device_name, environment
from steadygan.settings import TrainingSettings
from steadygan.training.device import resolve_settings
from steadygan.training.process_settings import keep_memory


@pytest.mark.parametrize(
    ("given", "images", "seconds", "share"),
    [
        ({"images": 100}, 25, 1e9, 0.25),
        ({"minutes": 2}, 10**9, 30.0, 0.25),
        ({"images": 100, "minutes": 1}, 50, 6.0, 0.5),
        ({"images": 100, "minutes": 1}, 10, 54.0, 0.9),
        ({}, 10**9, DEFAULT_MINUTES * 30, 0.5),
    ],
)
def test_a_budget_is_used_by_whatever_ends_first(
    given: dict[str, int], images: int, seconds: float, share: float
) -> None:
    assert Budget.of(TrainingSettings.model_validate(given)).fraction(images, seconds) == pytest.approx(share)


@pytest.mark.parametrize(
    "given",
    [
        {"images": 0},
        {"minutes": 0},
        {"minutes": float("inf")},
        {"seed": -1},
        {"keep": 0},
        {"precision": "fp16"},
        {"x": 1},
    ],
)
def test_impossible_settings_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TrainingSettings.model_validate(given)


@pytest.mark.parametrize(
    ("cuda", "hip", "says"),
    [
        (None, None, "is a build without CUDA; install the build for your GPU"),
        ("12.8", None, "is built for CUDA 12.8 and finds no GPU; see whether nvidia-smi lists one"),
        (None, "6.2", "is built for ROCm 6.2 and finds no GPU; see whether rocm-smi lists one"),
    ],
)
def test_why_there_is_no_gpu_is_said(
    cuda: str | None, hip: str | None, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(torch.version, "hip", hip)
    with pytest.raises(SteadyganError, match=f"no device 'cuda:0' here: PyTorch .* {says}"):
        choose_device("cuda:0")


def test_a_device_is_chosen_by_itself_or_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_device("cpu") == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("auto") == torch.device("cpu")
    with pytest.raises(SteadyganError, match=r"no device 'abacus' here; choose one of: auto, cpu$"):
        choose_device("abacus")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device("auto").type == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto") == torch.device("cuda")
    assert choose_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(SteadyganError, match="auto, cuda, cuda:0, cuda:1, cpu"):
        choose_device("cuda:2")


def test_the_environment_says_what_matters_and_no_names() -> None:
    found = environment(torch.device("cpu"))
    assert found["torch"] == torch.__version__
    assert found["threads"] == torch.get_num_threads()
    assert found["device"] == device_name(torch.device("cpu")) == "cpu"
    assert platform.node() not in found.values()
    assert getpass.getuser() not in found.values()


def test_an_unknown_processor_is_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(path: Path, encoding: str = "") -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    monkeypatch.setattr(platform, "processor", lambda: "")
    assert environment(torch.device("cpu"))["processor"] == "unknown"


def test_memory_is_kept_only_where_the_c_library_can(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    class Library:
        @staticmethod
        def mallopt(key: int, value: int) -> int:
            asked.append((key, value))
            return 1

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library)
    assert keep_memory()
    assert len(asked) == 4
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not keep_memory()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not keep_memory()
    assert len(asked) == 4


@pytest.mark.parametrize(("kind", "expected"), [("images", "bf16"), ("vectors", "fp32")])
def test_points_are_not_rounded_to_8_bits_by_themselves(
    kind: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steadygan.training.device.computes_bf16", lambda device: True)
    assert resolve_settings(TrainingSettings(device="cpu"), kind).precision == expected
    assert resolve_settings(TrainingSettings(device="cpu", precision="bf16"), kind).precision == "bf16"

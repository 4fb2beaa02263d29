"""Looks at a run leave it as it is, and a resumed run is looked at as one that never stopped."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import steadygan as sg
from steadygan.recipe import Recipe
from steadygan.training import watch

from .. import tiny

SETTINGS: dict[str, Any] = {"device": "cpu", "features": "none", "observers": ()}


@pytest.fixture(autouse=True)
def looks_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at each step, at few items, and survey at every other look."""
    for name, value in (("STEPS", 1), ("BATCH", 1), ("LOOKS_PER_SURVEY", {"images": 2, "vectors": 2})):
        monkeypatch.setattr(watch, name, value)
    monkeypatch.setattr(watch, "LOOKED_AT", {"images": 10, "vectors": 12})
    monkeypatch.setattr(watch, "SURVEYED", {"images": 40, "vectors": 40})


def images(seed: int = 0) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(seed)).integers(0, 256, (80, 8, 8, 3), dtype=np.uint8)


def rows(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "metrics.jsonl").read_text("utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [row for row in found if any(name.startswith("doctor/") for name in row)]


@pytest.mark.parametrize("make", [tiny.stateful, lambda: tiny.small("sngan")])
def test_weights_are_the_same_with_and_without(make: Any, tmp_path: Path) -> None:
    recipe: Recipe = make()
    for doctor in (True, False):
        sg.train(images(), recipe, images=24, out=tmp_path / str(doctor), doctor=doctor, **SETTINGS)
    first, second = (load_file(tmp_path / name / "generator.safetensors") for name in ("True", "False"))
    assert all(torch.equal(first[name], second[name]) for name in second)
    seen = rows(tmp_path / "True")
    assert seen
    assert not rows(tmp_path / "False")
    assert {"doctor/separation", "doctor/variety", "doctor/drift", "doctor/update/generator"} <= seen[-1].keys()
    assert any("doctor/coverage" in row for row in seen)


def test_a_resumed_run_is_looked_at_as_one_that_never_stopped(tmp_path: Path) -> None:
    recipe = tiny.stateful()
    sg.train(images(), recipe, images=32, out=tmp_path / "whole", **SETTINGS)
    sg.train(images(), recipe, images=16, out=tmp_path / "parts", **SETTINGS)
    sg.resume(tmp_path / "parts", images=32, data=images(), observers=())
    assert rows(tmp_path / "parts") == rows(tmp_path / "whole")


def test_a_network_that_is_not_finite_is_found_and_training_ends_well(tmp_path: Path) -> None:
    class Broken(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = torch.nn.Linear(100, 192)

        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return self.linear(z).view(-1, 3, 8, 8).tanh() * (float("nan") if self.training else 1.0)

    sg.train(images(), tiny.small("dcgan"), images=32, out=tmp_path / "run", generator=Broken(), **SETTINGS)
    lines = (tmp_path / "run" / "findings.jsonl").read_text("utf-8").splitlines()
    findings = [json.loads(line) for line in lines]
    assert [row["finding"] for row in findings] == ["not-finite"]
    assert findings[0]["severity"] == "critical"


def test_points_of_a_mixture_that_are_not_finite_do_not_end_a_run(tmp_path: Path) -> None:
    class Broken(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = torch.nn.Linear(100, 2)

        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return self.linear(z) * (float("nan") if self.training else 1.0)

    sg.train("ring8", tiny.small("steady"), images=64, out=tmp_path / "run", generator=Broken(), **SETTINGS)
    assert (tmp_path / "run" / "report.html").is_file()

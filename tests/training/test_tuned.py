"""What convolutions are tuned for belongs to a run: it is decided when the run begins, and goes with it everywhere."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist

from steadygan.distributed import group, world_size
from steadygan.distributed import rank as own_rank
from steadygan.errors import SteadyganError
from steadygan.layers.kernels import tuning
from tests import tiny
from tests.process_group import run_processes

IMAGES = 80
ALWAYS = {torch.float32: 0}
UNLIKE: dict[tuning.Processor, tuning.Thresholds] = {
    "amx": tuning.Thresholds(ALWAYS, ALWAYS),
    "vector": tuning.Thresholds({}, {}),
}
"""Kinds of processor that differ in every layer, however small."""


def _machine(processor: tuning.Processor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go on on another machine."""
    flags = {"amx": frozenset({"amx_bf16"}), "vector": frozenset[str]()}[processor]
    monkeypatch.setattr(tuning, "processor_flags", lambda: flags)
    monkeypatch.setattr(tuning, "THRESHOLDS", UNLIKE)


def _run(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "run.json").read_text("utf-8"))
    return found


@pytest.mark.no_cover
@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize(("first", "second"), [("amx", "vector"), ("vector", "amx")])
def test_a_run_that_goes_on_elsewhere_is_the_run_that_never_stopped(
    first: tuning.Processor, second: tuning.Processor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, data = tiny.small("steady", width=8), tiny.images()
    _machine(first, monkeypatch)
    tiny.play(chosen, tmp_path / "a", data, images=IMAGES, precision="fp32")
    stopped = tiny.play(chosen, tmp_path / "b", data, tiny.after(4), images=IMAGES, precision="fp32")
    assert _run(tmp_path / "b")["training"]["tuned_for"] == first

    _machine(second, monkeypatch)
    tiny.play_on(tmp_path / "b", data)
    tiny.assert_same_run(tmp_path / "a", tmp_path / "b", [stopped.state.images_seen])

    # Were it decided anew, the test above would see it.
    tiny.play(chosen, tmp_path / "c", data, images=IMAGES, precision="fp32")
    assert tiny.differences(tiny.newest(tmp_path / "a"), tiny.newest(tmp_path / "c")) != []


def test_a_run_from_before_there_was_a_choice_keeps_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _machine("vector", monkeypatch)
    data = tiny.images()
    tiny.play(tiny.small("dcgan"), tmp_path / "run", data, tiny.after(2), images=IMAGES)
    run = _run(tmp_path / "run")
    del run["training"]["tuned_for"]
    (tmp_path / "run" / "run.json").write_text(json.dumps(run), "utf-8")
    loop = tiny.resume(tmp_path / "run", data)
    assert loop.processor == "amx"
    for file in (loop.rows, loop.findings):
        file.close()


def test_what_is_asked_for_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _machine("vector", monkeypatch)
    loop = tiny.begin(tiny.small("dcgan"), tmp_path / "run", tiny.images(), images=IMAGES, tuned_for="amx")
    assert loop.processor == "amx"
    for file in (loop.rows, loop.findings):
        file.close()


def begun(folder: str, notes: str) -> str:
    """What each of several processes trains by, the first one on a machine of another kind."""
    kinds = {0: frozenset({"amx_bf16"}), 1: frozenset[str]()}
    tuning.processor_flags = lambda: kinds[own_rank()]  # type: ignore[assignment]
    if notes:
        group._stores.append(dist.FileStore(notes, world_size()))  # type: ignore[attr-defined]
    try:
        loop = tiny.begin(tiny.small("dcgan"), Path(folder), tiny.images(), images=IMAGES, precision="fp32")
    except SteadyganError as error:
        return str(error)
    return loop.processor


def test_several_processes_take_the_first_ones_decision(tmp_path: Path) -> None:
    answers = run_processes(2, tmp_path / "meeting", begun, str(tmp_path / "run"), str(tmp_path / "notes"))
    assert answers == ["amx", "amx"]


def test_processes_of_someone_elses_group_take_it_too(tmp_path: Path) -> None:
    answers = run_processes(2, tmp_path / "meeting", begun, str(tmp_path / "run"), "")
    assert answers == ["amx", "amx"]

"""A run on several processes: one writes it, and it goes on with any other number of them."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests import everything, tiny
from tests.process_group import run_processes
from tests.process_group_work import exactly, sat

IMAGES = 400
BATCH = 8
TOLERANCE = {"rtol": 1e-8, "atol": 1e-8}
"""In float64, where fifty steps add up to far less; pictures are made of whole numbers, which are then the same."""
pytestmark = pytest.mark.usefixtures("brief")


def _recipe() -> str:
    chosen = tiny.stateful().with_("experience-replay", batches=3).with_("adam", eps=1e-3)
    return everything.quick(chosen.set("batch", BATCH)).to_toml()


def _apart(one: Any, other: Any, where: str = "") -> list[str]:
    """Places at which two nested states differ by more than rounding."""
    if isinstance(one, dict):
        names = {*one, *other}
        return [each for name in names for each in _apart(one.get(name), other.get(name), f"{where}/{name}")]
    if isinstance(one, list | tuple):
        pairs = enumerate(zip(one, other, strict=True))
        return [each for place, pair in pairs for each in _apart(*pair, f"{where}/{place}")]
    if isinstance(one, torch.Tensor | float) and one is not None and other is not None:
        alike = torch.allclose(torch.as_tensor(one).double(), torch.as_tensor(other).double(), **TOLERANCE)
        return [] if alike else [where]
    return [] if one == other else [where]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[list[dict[str, Any]]]]:
    """A run of one process that was never stopped, and one that went on twice with fewer processes."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in tiny.BRIEF.items():
            patch.setattr(name, value)
        base = tmp_path_factory.mktemp("runs")
        sittings = [
            run_processes(4, base / "four", exactly, sat, str(base / "b"), _recipe(), 7, IMAGES),
            run_processes(2, base / "two", exactly, sat, str(base / "b"), _recipe(), 6, IMAGES),
            [exactly(sat, str(base / "b"), _recipe(), 10**6, IMAGES)],
        ]
        exactly(sat, str(base / "a"), _recipe(), 10**6, IMAGES)
        return base / "a", base / "b", sittings


def test_four_then_two_then_one_process_end_where_one_alone_ends(runs: tuple[Path, Path, Any]) -> None:
    alone, several, _ = runs
    one, other = tiny.newest(alone), tiny.newest(several)
    assert one["images_seen"] == other["images_seen"] == IMAGES
    assert torch.equal(one["random"]["cpu"], other["random"]["cpu"])
    assert _apart(one, other) == []


def test_with_the_same_number_of_processes_going_on_changes_no_bit(tmp_path: Path) -> None:
    for sitting, (folder, steps) in enumerate((("a", 10**6), ("b", 5), ("b", 10**6))):
        run_processes(2, tmp_path / f"meeting{sitting}", sat, str(tmp_path / folder), _recipe(), steps, 160)
    assert tiny.differences(tiny.newest(tmp_path / "a"), tiny.newest(tmp_path / "b")) == []
    assert tiny.rows(tmp_path / "a") == tiny.rows(tmp_path / "b")


def test_rows_and_pictures_are_those_of_one_process(runs: tuple[Path, Path, Any]) -> None:
    alone, several, sittings = runs
    assert _apart(tiny.rows(alone), tiny.rows(several)) == []
    stops = {f"{sitting[0]['images']:012d}.png" for sitting in sittings}
    assert {*tiny.grids(several)} - stops == {*tiny.grids(alone)} - stops


def test_one_process_writes_and_all_stop_at_the_same_step(runs: tuple[Path, Path, Any]) -> None:
    sittings = runs[2]
    assert [[each["kind"] for each in sitting] for sitting in sittings] == [
        ["Loop", *["WorkerLoop"] * 3],
        ["Loop", "WorkerLoop"],
        ["Loop"],
    ]
    assert all(len({each["images"] for each in sitting}) == 1 for sitting in sittings)
    assert 0 < sittings[0][0]["images"] < sittings[1][0]["images"] < IMAGES

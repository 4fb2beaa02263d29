"""How processes agree before training, and who of them speaks."""

from pathlib import Path
from typing import Any

import pytest
import torch.distributed as dist

from steadygan.distributed import (
    broadcast_string,
    group,
    is_reporting_process,
    local_main_process_first,
    local_rank,
    rank,
    start,
    stop,
    world_size,
)
from steadygan.errors import SteadyganError
from tests.process_group import run_processes

SEVERAL = {"WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}


def _refuse() -> str:
    raise SteadyganError("no room")


def agreed(notes: str) -> dict[str, Any]:
    """What this process is told, and what it did itself."""
    group._stores.append(dist.FileStore(notes, world_size()))  # type: ignore[attr-defined]
    done: list[str] = []
    found: dict[str, Any] = {
        "told": broadcast_string("folder", lambda: f"decided by {rank()}"),
        "again": broadcast_string("folder", lambda: f"once more by {rank()}"),
    }
    with pytest.raises(SteadyganError, match="no room"):
        broadcast_string("room", _refuse)
    local_main_process_first("work", lambda: done.append(f"{rank()}"))
    with pytest.raises(SteadyganError, match="no room"):
        local_main_process_first("refused work", _refuse)
    return {**found, "done": done}


def test_what_the_first_process_decides_or_refuses_all_are_told(tmp_path: Path) -> None:
    for place, answer in enumerate(run_processes(2, tmp_path / "meeting", agreed, str(tmp_path / "notes"))):
        assert answer == {"told": "decided by 0", "again": "once more by 0", "done": [str(place)]}


def test_alone_everybody_decides_works_and_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SEVERAL:
        monkeypatch.delenv(name, raising=False)
    start()
    assert world_size() == 1
    assert local_rank() == 0
    assert broadcast_string("folder", lambda: "here") == "here"
    assert local_main_process_first("work", lambda: 3) == 3
    assert is_reporting_process()
    stop()


def test_one_process_of_a_launcher_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "1")
    monkeypatch.setenv("RANK", "0")
    start()
    assert world_size() == 1


@pytest.mark.parametrize("missing", ["RANK", "MASTER_ADDR", "MASTER_PORT"])
def test_half_of_what_a_launcher_says_is_refused(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SEVERAL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)
    with pytest.raises(SteadyganError, match=f"WORLD_SIZE is 2 and {missing} is not set; start with torchrun"):
        start()


@pytest.mark.parametrize(
    ("launcher", "place", "expected"), [("True", "0", True), ("True", "1", False), ("", "1", True)]
)
def test_before_they_meet_the_first_of_torchrun_speaks_and_others_for_themselves(
    launcher: str, place: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHELASTIC_USE_AGENT_STORE", launcher)
    monkeypatch.setenv("RANK", place)
    assert is_reporting_process() is expected

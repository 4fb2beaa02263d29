"""Rows say how much time went on waiting for data and for a core."""

from pathlib import Path

import pytest
import torch

from tests import tiny


@pytest.mark.usefixtures("brief")
def test_rows_hold_the_share_of_time_spent_on_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadygan.training.loop.STEPS_PER_ROW", 2)
    loop = tiny.play(tiny.small("dcgan"), tmp_path / "run", tiny.images(), images=40)
    shares = [row["time/data"] for row in loop.folder.read_rows(loop.folder.metrics) if "step" in row]
    assert len(shares) == 5
    assert all(0 < share < 1 for share in shares)
    assert torch.tensor(shares).unique().numel() > 1


def test_rows_hold_the_share_of_time_without_a_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of 30 ms in each row of a clock that says so, for as many threads as there are."""
    waits = iter(range(1000))
    monkeypatch.setattr("steadygan.training.loop.STEPS_PER_ROW", 2)
    monkeypatch.setattr("steadygan.training.loop.core_wait_seconds", lambda: 0.03 * next(waits))
    loop = tiny.play(tiny.small("dcgan"), tmp_path / "run", tiny.images(), images=40)
    rows = [row for row in loop.folder.read_rows(loop.folder.metrics) if "step" in row]
    ends = [0.0, *(row["seconds"] for row in rows)]
    for row, begun, ended in zip(rows, ends, ends[1:], strict=False):
        # both ends are rounded to milliseconds, and the share to six digits
        shortest, longest = max(ended - begun - 0.001, 1e-9), ended - begun + 0.001
        least, most = (min(1.0, 0.03 / seconds / torch.get_num_threads()) for seconds in (longest, shortest))
        assert least - 1e-6 <= row["time/without_core"] <= most + 1e-6


@pytest.mark.usefixtures("brief")
def test_where_nobody_counts_waits_no_row_speaks_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadygan.training.loop.core_wait_seconds", lambda: None)
    loop = tiny.play(tiny.small("dcgan"), tmp_path / "run", tiny.images(), images=40)
    assert not any("time/without_core" in row for row in loop.folder.read_rows(loop.folder.metrics))

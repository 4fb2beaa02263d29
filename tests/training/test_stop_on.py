"""A run that stops because of what the doctor finds."""

from pathlib import Path

import numpy as np
import pytest

import steadygan as sg
from steadygan.cli import main
from steadygan.doctor.finding import Severity
from steadygan.errors import SteadyganError
from steadygan.runs.folder import RunFolder
from tests import tiny
from tests.doctor import fake

pytestmark = pytest.mark.usefixtures("brief")
AT = 3 * fake.ROW
BUDGET = 120
SMALL = ("--recipe", "naive", "--set", "batch=4", "--set", "width=2")


def status(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["train", *arguments])
    return int(ended.value.code or 0)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.savez("images.npz", images=tiny.images().images)
    return tmp_path


@pytest.mark.parametrize(
    ("severity", "stop_on", "stops"),
    [
        (Severity.CRITICAL, "critical", True),
        (Severity.CRITICAL, "warning", True),
        (Severity.CRITICAL, "never", False),
        (Severity.WARNING, "warning", True),
        (Severity.WARNING, "critical", False),
        (Severity.WATCH, "warning", False),
    ],
)
def test_it_stops_at_what_is_as_serious_as_asked(
    severity: Severity, stop_on: str, stops: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.finds(monkeypatch, fake.rule(lambda seen: seen.images >= AT, severity=severity))
    loop = tiny.play(tiny.small("naive"), folder, tiny.images(), images=BUDGET, stop_on=stop_on)
    assert loop.state.images_seen == (AT if stops else BUDGET)
    assert bool(loop.failure) == stops


def test_a_stopped_run_is_saved_and_goes_on_like_the_run_that_was_not_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.finds(monkeypatch, fake.rule(lambda seen: AT <= seen.images <= AT + fake.ROW))
    data = tiny.images()
    stopped = tiny.play(tiny.small("naive"), tmp_path / "a", data, images=BUDGET, stop_on="critical")
    assert stopped.state.images_seen == AT
    on = tiny.play_on(tmp_path / "a", data)
    tiny.play(tiny.small("naive"), tmp_path / "b", data, images=BUDGET)
    assert tiny.differences(tiny.newest(tmp_path / "a"), tiny.newest(tmp_path / "b")) == []
    assert on.failure == ""  # it has ended by then


def test_what_lasts_at_the_end_of_a_resumed_run_is_a_failure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.finds(monkeypatch, fake.rule(lambda seen: seen.images >= AT))
    tiny.play(tiny.small("naive"), folder, tiny.images(), images=BUDGET, stop_on="critical")
    loop = tiny.play_on(folder, tiny.images())
    assert loop.state.images_seen == BUDGET
    assert loop.failure.startswith("mode-collapse (critical) since 60")


def test_the_exit_status_tells(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status("images.npz", *SMALL, "--images", "40", "--stop-on", "critical", "--out", "healthy") == 0
    fake.finds(monkeypatch, fake.rule(lambda seen: seen.images >= AT))
    assert status("images.npz", *SMALL, "--images", "120", "--out", "never") == 0
    capsys.readouterr()
    assert status("images.npz", *SMALL, "--images", "120", "--stop-on", "critical", "--out", "stopped") == 3
    assert "failed: mode-collapse (critical) since 60" in capsys.readouterr().out
    assert RunFolder("stopped").report.is_file()
    assert status("--resume", "stopped", "--stop-on", "never", "--images", "140") == 0
    assert status("--resume", "stopped", "--stop-on", "critical", "--images", "160") == 3  # it lasts
    assert status("images.npz", *SMALL, "--stop-on", "sometimes") == 2
    assert status("images.npz", *SMALL, "--stop-on", "critical", "--no-doctor") == 2


def test_a_run_says_why_it_was_stopped_and_was_interrupted_by_nobody(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.finds(monkeypatch, fake.rule(lambda seen: seen.images >= AT))
    run = sg.train("images.npz", tiny.small("naive"), images=BUDGET, stop_on="warning", observers=())
    assert "mode-collapse" in run.failure
    assert not run.interrupted


@pytest.mark.parametrize("given", [{"stop_on": "warning"}, {"rescue": True}])
def test_without_a_doctor_nothing_is_found(given: dict[str, object]) -> None:
    with pytest.raises(SteadyganError, match="needs the doctor"):
        sg.train(np.zeros((8, 8, 8), np.uint8), images=8, doctor=False, **given)  # type: ignore[arg-type]

"""Processes that die at any moment lose nothing: the run that goes on ends like the run that never died."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from steadygan.runs.checkpoint import checkpoints, load_checkpoint
from steadygan.runs.folder import RunFolder
from tests import tiny
from tests.training import driver

KILLS = 8
PATIENCE = 120.0
ROOT = Path(__file__).parents[2]


def _start(folder: Path) -> ForkServerProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.training.driver"])
    process = context.Process(target=driver.main, args=(folder,), daemon=True)
    process.start()
    return process


def _newest(folder: Path) -> int:
    return max((int(path.stem) for path in checkpoints(RunFolder(folder))), default=0)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _wait_for_progress(folder: Path, process: ForkServerProcess, what: str) -> None:
    """Wait until the process has written a checkpoint, or a row, after those that were there."""
    checkpoint, size = _newest(folder), _size(folder / "metrics.jsonl")
    deadline = time.monotonic() + PATIENCE
    while process.is_alive() and time.monotonic() < deadline:
        grown = _newest(folder) > checkpoint if what == "checkpoint" else _size(folder / "metrics.jsonl") > size
        if grown:
            return
        time.sleep(0.002)
    raise AssertionError(f"no new {what} after {PATIENCE} s, or the run ended before its time")


def _killed_once(folder: Path, chance: random.Random, first: bool) -> int:
    """Start or go on, kill at a random moment; how many images the process could go on from."""
    process = _start(folder)
    try:
        _wait_for_progress(folder, process, "checkpoint" if first or chance.random() < 0.5 else "row")
        time.sleep(chance.uniform(0.0, 0.06))
        assert process.is_alive()
    finally:
        process.kill()
        process.join()
    assert process.exitcode == -signal.SIGKILL
    return _newest(folder)


@pytest.mark.sweep
def test_kills_at_any_moment_change_nothing(tmp_path: Path) -> None:
    chance = random.Random(0)
    reached = [_killed_once(tmp_path / "b", chance, first=place == 0) for place in range(KILLS)]
    assert reached[0] > 0
    assert reached == sorted(reached)
    assert reached[-1] < driver.IMAGES
    for folder in (tmp_path / "b", tmp_path / "a"):
        process = _start(folder)
        process.join()
        assert process.exitcode == 0
    print(f"killed with checkpoints at {reached} of {driver.IMAGES} images")
    tiny.assert_same_run(tmp_path / "a", tmp_path / "b")
    assert _best(tmp_path / "a") == _best(tmp_path / "b")
    assert not list((tmp_path / "b").rglob("*.part"))


def _best(folder: Path) -> int:
    seen = load_checkpoint(folder / "checkpoints" / "best.pt")["images_seen"]
    assert isinstance(seen, int)
    return seen


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.sweep), signal.SIGTERM])
def test_one_signal_saves_and_a_later_process_goes_on(number: signal.Signals, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    command = [sys.executable, "-m", "tests.training.driver", str(tmp_path / "b")]
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    try:
        deadline = time.monotonic() + PATIENCE
        while _newest(tmp_path / "b") == 0 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
    stop = _newest(tmp_path / "b")
    assert 0 < stop < driver.IMAGES
    assert (tmp_path / "b" / "generator.safetensors").is_file()
    loop = tiny.resume(tmp_path / "b", tiny.images())
    assert loop.state.images_seen == stop
    loop.rows.close()
    loop.findings.close()

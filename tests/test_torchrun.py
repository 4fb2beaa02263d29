"""The command line under torchrun: it trains, it is stopped, one of its processes is killed, and it goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import steadygan as sg
from steadygan.evaluation import Evaluation
from steadygan.runs.checkpoint import checkpoints
from steadygan.runs.folder import RunFolder
from tests.evaluation.stand_in import Thumbnail

ROOT = Path(__file__).parents[1]
PATIENCE = 180.0
TINY = ("--recipe", "dcgan", "--set", "width=2", "--precision", "fp32", "--device", "cpu")


class Torchrun:
    """Two processes of the command line, what they print in files of their own.

    Args:
        logs: a folder for what they print.
        arguments: of the command.
        command: of ``steadygan``.
    """

    def __init__(self, logs: Path, *arguments: str, command: str = "train") -> None:
        self.logs = logs
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "OMP_NUM_THREADS": "1"}
        launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
        apart = ["--log-dir", str(logs), "--redirects", "3"]
        whole = [*launcher, *apart, "-m", "steadygan", command, *arguments]
        self.process = subprocess.Popen(whole, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait_for(self, what: Callable[[], bool]) -> None:
        """Wait until something has happened."""
        deadline = time.monotonic() + PATIENCE
        while not what() and self.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert self.process.poll() is None, self.said("stderr")
        assert what()

    def send(self, number: signal.Signals, rank: int) -> None:
        """Send a signal to one of the processes."""
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=True)
        os.kill(sorted(int(pid) for pid in found.stdout.split())[rank], number)

    def end(self) -> int:
        """Wait for the end; the launcher's exit status."""
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()

    def said(self, stream: str) -> list[str]:
        """What each process printed."""
        return [path.read_text("utf-8") for path in sorted(self.logs.rglob(f"{stream}.log"))]


def _grown(folder: Path) -> Callable[[], bool]:
    """Whether rows were written since now."""
    metrics = folder / "metrics.jsonl"
    before = metrics.stat().st_size if metrics.exists() else 0
    return lambda: metrics.exists() and metrics.stat().st_size > before


# --- starting two processes twice takes half a minute; tests/distributed has the parts of it that end in seconds


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """A run that is stopped by a signal to one process, goes on, loses a process, and goes on alone."""
    base = tmp_path_factory.mktemp("torchrun")
    folder = base / "run"
    first = Torchrun(base / "first", "digits", *TINY, "--set", "batch=16", "--images", "1M", "--out", str(folder))
    first.wait_for(_grown(folder))
    first.send(signal.SIGTERM, 1)
    status, stopped = first.end(), _newest(folder)
    second = Torchrun(base / "second", "--resume", str(folder))
    second.wait_for(_grown(folder))
    second.send(signal.SIGKILL, 0)  # the one that writes
    broken = second.end()
    run = sg.resume(folder, images=stopped + 160, observers=[])
    return {
        "first": first,
        "status": status,
        "stopped": stopped,
        "second": second,
        "broken": broken,
        "run": run,
        "folder": folder,
    }


def _newest(folder: Path) -> int:
    return max(int(path.stem) for path in checkpoints(RunFolder(folder)))


@pytest.mark.sweep
def test_a_signal_to_one_process_stops_all_of_them_in_order(history: dict[str, object]) -> None:
    first = history["first"]
    assert isinstance(first, Torchrun)
    assert history["status"] == 0
    assert isinstance(history["stopped"], int)
    assert history["stopped"] > 0
    speaker, silent = first.said("stdout")
    assert f"go on with: steadygan train --resume {history['folder']}" in speaker.replace("\n", " ")
    assert silent == ""
    assert first.said("stderr") == ["", ""]


@pytest.mark.sweep
def test_a_killed_process_ends_all_with_one_sentence(history: dict[str, object]) -> None:
    second = history["second"]
    assert isinstance(second, Torchrun)
    assert history["broken"] != 0
    said = "".join(second.said("stderr"))
    assert said.count("error:") == 1
    assert "One of the 2 processes has ended" in said
    assert f"--resume {history['folder']}" in said.replace("\n", " ")
    assert "Traceback" not in said


@pytest.mark.sweep
def test_what_was_saved_before_a_kill_goes_on_with_one_process(history: dict[str, object]) -> None:
    run, stopped = history["run"], history["stopped"]
    assert isinstance(run, sg.Run)
    assert isinstance(stopped, int)
    assert not run.interrupted
    clock = [row["images"] for row in run.metrics]
    assert clock == sorted(clock)
    assert clock[-1] >= stopped + 160
    assert run.report.is_file()


def test_a_batch_that_cannot_be_shared_is_refused_once_and_leaves_no_folder(tmp_path: Path) -> None:
    refused = Torchrun(tmp_path / "logs", "digits", *TINY, "--set", "batch=15", "--out", str(tmp_path / "run"))
    assert refused.end() != 0
    said = "".join(refused.said("stderr"))
    assert said.count("error:") == 1
    assert "A batch of 15 cannot be shared evenly by 2 processes; use --set batch=16" in said.replace("\n", " ")
    assert "Traceback" not in said
    assert not (tmp_path / "run").exists()


@pytest.mark.sweep  # tests/evaluation/test_processes.py compares in processes that start sooner
def test_an_evaluation_is_printed_once_and_is_that_of_one_process(tmp_path: Path) -> None:
    run = sg.train("digits", sg.recipe("dcgan").set("width", 2), images=160, out=tmp_path / "run", device="cpu")
    given = ("--samples", "600", "--features", "tests.evaluation.stand_in:Thumbnail", "--json")
    several = Torchrun(tmp_path / "logs", str(run.path), *given, command="evaluate")
    assert several.end() == 0, several.said("stderr")
    said, silent = several.said("stdout")
    assert silent == ""
    found = Evaluation.from_json(said)
    alone = sg.evaluate(run.path, samples=600, features=Thumbnail())
    assert found.names == alone.names
    for figure, expected in zip(found.figures, alone.figures, strict=True):
        assert figure.value == pytest.approx(expected.value, rel=1e-5, abs=1e-7)

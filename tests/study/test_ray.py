"""Studies on Ray itself, with processes that are killed. A cluster of two nodes: benchmarks/study_failures.py."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from steadygan.study.result import NOT_REPEATED
from steadygan.study.study import Study

pytestmark = pytest.mark.sweep
pytest.importorskip("ray")
STUDY = (sys.executable, "-m", "steadygan", "study")
OPTIONS = ("ring8", "--recipe", "dcgan", "--try", "r1,horizontal-flip", "--set", "width=4", "--samples", "64")
PATIENCE = 500.0


def begin(out: Path, *options: str) -> "subprocess.Popen[str]":
    command = [*STUDY, *options, "--out", str(out), "--threads", "1", "--parallel", "2"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(study: "subprocess.Popen[str]") -> str:
    text, _ = study.communicate(timeout=PATIENCE)
    assert study.returncode == 0, text
    return text


def rows(out: Path) -> list[dict[str, Any]]:
    return [{name: row[name] for name in row if name not in NOT_REPEATED} for row in Study(out).rows]


def wait_for_results(out: Path, study: "subprocess.Popen[str]", number: int) -> None:
    began = time.monotonic()
    while len(list(out.glob("trials/*/result.json"))) < number:
        assert study.poll() is None
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.05)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    out = tmp_path_factory.mktemp("unbroken") / "study"
    finish(begin(out, *OPTIONS, "--images", "4000", "--seeds", "2"))
    return rows(out)


def workers_of(pid: int) -> Iterator[int]:
    """The processes that run trials, of all that a study has started."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            found = re.fullmatch(r"(\d+) \(.*\) . (\d+) .*", stat.read_text(), re.DOTALL)
        except OSError:
            continue
        if found:
            parents.setdefault(int(found[2]), []).append(int(found[1]))
    below = [pid]
    for each in below:
        below += parents.get(each, [])
    for each in below:
        if b"ray::work" in Path(f"/proc/{each}/cmdline").read_bytes():
            yield each


def test_a_worker_that_is_killed_costs_no_trial(unbroken: list[dict[str, Any]], tmp_path: Path) -> None:
    assert [row["status"] for row in unbroken] == ["finished", "finished", "refused"] * 2
    study = begin(tmp_path / "study", *OPTIONS, "--images", "4000", "--seeds", "2")
    wait_for_results(tmp_path / "study", study, 1)
    os.kill(next(workers_of(study.pid)), signal.SIGKILL)
    finish(study)
    assert rows(tmp_path / "study") == unbroken


def test_a_study_that_is_killed_goes_on_to_an_equal_table(unbroken: list[dict[str, Any]], tmp_path: Path) -> None:
    study = begin(tmp_path / "study", *OPTIONS, "--images", "4000", "--seeds", "2")
    wait_for_results(tmp_path / "study", study, 2)
    study.kill()
    study.communicate(timeout=PATIENCE)
    assert "need not run" in finish(begin(tmp_path / "study", "--resume"))
    assert rows(tmp_path / "study") == unbroken


def test_ctrl_c_saves_what_runs(unbroken: list[dict[str, Any]], tmp_path: Path) -> None:
    study = begin(tmp_path / "study", *OPTIONS, "--images", "4000", "--seeds", "2")
    wait_for_results(tmp_path / "study", study, 1)
    study.send_signal(signal.SIGINT)
    assert "stopped and saved; go on with: steadygan study --resume --out" in finish(study)
    finish(begin(tmp_path / "study", "--resume"))
    assert rows(tmp_path / "study") == unbroken


def test_a_search_finds_a_recipe(tmp_path: Path) -> None:
    options = (*OPTIONS, "--images", "900", "--search", "0.3")
    assert "best recipe: steadygan train DATA --recipe" in finish(begin(tmp_path / "study", *options))
    best = Study(tmp_path / "study").best
    assert best.settings.width == 4
    train = [sys.executable, "-m", "steadygan", "train", "ring8", "--recipe", str(tmp_path / "study" / "best.toml")]
    subprocess.run([*train, "--images", "300", "--out", str(tmp_path / "run")], check=True, capture_output=True)


def test_a_cluster_that_is_not_there_is_said(tmp_path: Path) -> None:
    command = [*STUDY, *OPTIONS, "--images", "64", "--out", str(tmp_path / "study"), "--address", "127.0.0.1:1"]
    study = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert study.returncode == 2
    assert "There is no Ray cluster to join at '127.0.0.1:1'" in study.stderr

"""How threads wait is decided before PyTorch is loaded, so that each test is a process of its own."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from steadygan import cores

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux counts and schedules")


def said(program: str, **variables: str) -> list[str]:
    """What a program prints that knows nothing of how threads wait but these variables."""
    kept = {name: value for name, value in os.environ.items() if name not in cores._VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", program], env=kept | variables, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.split()


def test_importing_the_package_loads_no_pytorch_and_changes_nothing() -> None:
    program = (
        "import os, sys; before = dict(os.environ)\n"
        "import steadygan; print('torch' in sys.modules, dict(os.environ) == before)"
    )
    assert said(program) == ["False", "True"]


def test_everything_that_is_offered_is_there_and_a_wrong_name_is_an_error() -> None:
    program = (
        "import steadygan as sg\n"
        "from steadygan.recipe import Recipe\n"
        "assert all(callable(getattr(sg, name)) for name in sg.__all__)\n"
        "assert set(sg.__all__) <= set(dir(sg))\n"
        "assert sg.recipe('steady').name == 'steady' and sg.Recipe is Recipe\n"
        "print(hasattr(sg, 'nothing'))"
    )
    assert said(program) == ["False"]


def test_openmp_learns_how_long_to_spin_before_it_is_loaded() -> None:
    program = "import os, steadygan as sg; print(sg.share_cores(), os.environ['GOMP_SPINCOUNT'])"
    assert said(program) == ["True", str(cores.SPINS)]


@pytest.mark.parametrize(("name", "value"), [("GOMP_SPINCOUNT", "7"), ("OMP_WAIT_POLICY", "ACTIVE")])
def test_what_the_user_has_set_stays(name: str, value: str) -> None:
    program = (
        f"import os, steadygan as sg; print(sg.share_cores(), os.environ['{name}'], os.environ.get('GOMP_SPINCOUNT'))"
    )
    assert said(program, **{name: value}) == ["True", value, value if name == "GOMP_SPINCOUNT" else "None"]


def test_after_pytorch_it_is_too_late() -> None:
    program = "import os, torch, steadygan as sg; print(sg.share_cores(), 'GOMP_SPINCOUNT' in os.environ)"
    assert said(program) == ["False", "False"]


@linux
def test_threads_that_share_one_core_wait_for_it_and_one_that_sleeps_does_not() -> None:
    """Two threads that only count, on one core: while one counts, the other waits."""
    program = (
        "import os, subprocess, sys, time\n"
        "from steadygan.cores import core_wait_seconds\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "def count(seconds):\n"
        "    end = time.process_time() + seconds\n"
        "    while time.process_time() < end: pass\n"
        "begun = core_wait_seconds(); time.sleep(0.5); slept = core_wait_seconds() - begun\n"
        "other = subprocess.Popen([sys.executable, '-c', 'while True: pass'])\n"
        "time.sleep(0.2); begun = core_wait_seconds(); count(0.5); waited = core_wait_seconds() - begun\n"
        "other.kill()\n"
        "print(slept < 0.1, waited > 0.2)"
    )
    assert said(program) == ["True", "True"]


def test_where_nobody_counts_nothing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cores, "_TASKS", tmp_path / "none")
    assert cores.core_wait_seconds() is None


@linux
def test_all_threads_count() -> None:
    stop = threading.Event()
    others = [threading.Thread(target=stop.wait) for _ in range(3)]
    for each in others:
        each.start()
    counted = cores.core_wait_seconds()
    threads = sum(1 for _ in cores._TASKS.iterdir())
    stop.set()
    assert counted is not None
    assert threads >= 4

import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings

from tests import tiny
from tests.eager import doubled

SAID = "said"

# Keras reads it when it is first imported; make test-keras names each backend in turn.
os.environ.setdefault("KERAS_BACKEND", "torch")

# How long an example takes says how busy the machine is; and examples may share the precision of their test.
settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("patient")


def pytest_configure() -> None:
    """Give each of several workers, and the programs that it starts, its share of the cores.

    Two workers with two threads each would wait for each other on two cores. ``OMP_NUM_THREADS`` overrules this.
    """
    workers = os.environ.get("PYTEST_XDIST_WORKER_COUNT")
    if workers and "OMP_NUM_THREADS" not in os.environ:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        threads = max(1, cores // int(workers))
        os.environ["OMP_NUM_THREADS"] = str(threads)
        torch.set_num_threads(threads)


@pytest.fixture(scope="session", autouse=True)
def _apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Caches of prepared data and of compiled code that are nobody's: what a killed program left there is not found."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STEADYGAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        environment.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path_factory.mktemp("compiled")))
        yield


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """The same random numbers in every run, whatever tests came before."""
    torch.manual_seed(0)


@pytest.fixture
def float64() -> Iterator[None]:
    """Everything in double precision, for tests of values that are equal but for rounding.

    In float32 their difference depends on the processor: on the order of its sums, and on the rectifiers whose input is
    as near to 0 as rounding is. In float64 a tolerance of 1e-7 is hundreds of millions of roundings.
    """
    with doubled():
        yield


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer pictures and smaller measurements; everything else is as it is."""
    for name, value in tiny.BRIEF.items():
        monkeypatch.setattr(name, value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a run may be saved; it is not there yet."""
    return tmp_path / "run"


@pytest.fixture
def say(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Print something below the results of all tests, whichever process it was found in."""
    return lambda text: record_property(SAID, text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests had to say."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == SAID:
                terminalreporter.write_line(str(text))
    if find_spec("keras") is None and any(
        "tests/keras/" in each.nodeid for each in terminalreporter.getreports("skipped")
    ):
        terminalreporter.write_line("tests/keras needs Keras, which is not installed here: make test-keras")

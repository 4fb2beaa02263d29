import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from tests import tiny

SAID = "said"


@pytest.fixture(scope="session", autouse=True)
def _quiet_and_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One thread, and a cache of prepared data that is nobody's."""
    torch.set_num_threads(1)
    before = os.environ.get("STEADYGAN_CACHE")
    os.environ["STEADYGAN_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["STEADYGAN_CACHE"]
    else:
        os.environ["STEADYGAN_CACHE"] = before


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

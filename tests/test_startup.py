"""Each test is a process of its own, because a restart replaces it."""

import os
import platform
import subprocess
import sys

import pytest

from steadygan import startup

old_glibc = pytest.mark.skipif(not startup._leaves_slivers(), reason="only an old glibc needs a restart")
PROGRAM = """
import os
print(os.getpid(), flush=True)
{before}
from steadygan.startup import restart_for_memory
restart_for_memory()
print(os.environ.get("GLIBC_TUNABLES"))
"""


def lines(before: str = "pass", **variables: str) -> list[str]:
    kept = {name: value for name, value in os.environ.items() if name != "GLIBC_TUNABLES"}
    command = [sys.executable, "-c", PROGRAM.format(before=before)]
    done = subprocess.run(command, env=kept | variables, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()


@old_glibc
def test_a_program_starts_anew_once_in_the_same_process_with_the_cache_off() -> None:
    first, second, tunables = lines()
    assert first == second
    assert tunables == "glibc.malloc.tcache_count=0"


@old_glibc
def test_whoever_has_set_the_tunables_keeps_them_and_the_process() -> None:
    assert lines(GLIBC_TUNABLES="glibc.malloc.perturb=0")[1:] == ["glibc.malloc.perturb=0"]


@pytest.mark.parametrize("library", [("glibc", "2.39"), ("glibc", "2.41"), ("", ""), ("musl", "1.2")])
def test_other_libraries_need_no_restart(library: tuple[str, str]) -> None:
    assert lines(f"import platform; platform.libc_ver = lambda: {library}")[1:] == ["None"]


@old_glibc
def test_a_system_that_cannot_start_anew_goes_on() -> None:
    broken = "os.execv = lambda *a: (_ for _ in ()).throw(OSError())"
    assert lines(broken)[1:] == ["glibc.malloc.tcache_count=0"]


def test_releases_are_compared_as_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.4"))
    assert startup._leaves_slivers()

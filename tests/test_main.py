"""The program from its first moment on: Ctrl-C and too little memory while it is still importing."""

import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

import steadygan
from steadygan.startup import BROKEN_OFF, REFUSED

ROOT = Path(__file__).parent.parent
INTERRUPTED = "import os, signal; os.kill(os.getpid(), signal.SIGINT)\n"
PROGRAM = (sys.executable, "-m", "steadygan")


def started(folder: Path, *arguments: str, ignored: bool = False, **variables: str) -> "subprocess.Popen[str]":
    """The program, which finds modules in ``folder`` before others."""
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"} | variables
    return subprocess.Popen(
        [*PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=folder,
        preexec_fn=None if ignored else heard,  # tests that run in the background inherit that it is ignored
    )


def heard() -> None:
    """Let an interruption end the program, as at a terminal."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.mark.parametrize("module", ["torch", "typer"])
@pytest.mark.parametrize(
    "kept_on",
    [
        INTERRUPTED,
        f"try:\n    {INTERRUPTED}except BaseException as error:\n    raise ImportError('wrapped') from error\n",
        f"import weakref\nclass A: pass\na = A()\nweakref.finalize(a, lambda: exec({INTERRUPTED!r}))\ndel a\n",
    ],
    ids=["raised", "wrapped", "printed and forgotten"],
)
def test_an_interruption_while_a_module_is_imported_ends_the_program(module: str, kept_on: str, tmp_path: Path) -> None:
    (tmp_path / f"{module}.py").write_text(f"{kept_on}\nprint('went on')\nraise SystemExit(7)\n")
    status, out, err = ended(started(tmp_path, "train", "digits", "--images", "8"))
    assert (status, out, err) == (BROKEN_OFF, "", "broken off; what was saved before is intact\n")


def test_the_command_is_this_program() -> None:
    """A command that began with an import of its own would be interrupted with a traceback."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert declared == {"steadygan": "steadygan.__main__:main"}


def test_of_several_processes_one_says_that_it_was_interrupted(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text(INTERRUPTED)
    assert ended(started(tmp_path, "recipes", RANK="1", WORLD_SIZE="2")) == (BROKEN_OFF, "", "")


def test_an_interruption_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    (tmp_path / "filelock.py").write_text(f"{INTERRUPTED}print('went on', flush=True)\nimport os; os._exit(7)\n")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = started(tmp_path, "train", "digits", ignored=True)
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended(process) == (7, "went on\n", "")


@pytest.mark.parametrize("seconds", [0.2, 0.6, 1.6])
def test_an_early_interruption_leaves_no_traceback(seconds: float, tmp_path: Path) -> None:
    process = started(tmp_path, "train", "digits", "--minutes", "5", "--out", "run", STEADYGAN_CACHE=str(tmp_path))
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    status, _, err = ended(process)
    if str(Path(steadygan.__file__).parent) not in err and status in (1, -signal.SIGINT):
        pytest.skip("the interpreter itself was still starting")
    assert "Traceback" not in err
    assert status in (0, BROKEN_OFF)  # training may have begun, and then it ends well


def test_what_starts_anew_can_be_interrupted(tmp_path: Path) -> None:
    """Ctrl-C is held back while the program starts anew, and must be heard again."""
    (tmp_path / "torch.py").write_text(
        "import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, ())); import os, sys\n"
        "print(os.environ.get('GLIBC_TUNABLES')); sys.stdout.flush(); os._exit(7)\n"
    )
    status, out, _ = ended(started(tmp_path, "train", "digits"))
    assert (status, out.splitlines()[0]) == (7, "set()")


@pytest.mark.parametrize(
    ("module", "error"),
    [
        ("typer", "MemoryError()"),
        ("torch", "MemoryError()"),
        ("torch", "ImportError('libtorch_cpu.so: failed to map segment from shared object')"),
        ("torch", "OSError(12, 'Cannot allocate memory')"),
        ("torch", "RuntimeError('std::bad_alloc')"),
    ],
)
def test_too_little_memory_for_imports_is_said_in_a_sentence(module: str, error: str, tmp_path: Path) -> None:
    (tmp_path / f"{module}.py").write_text(f"raise {error}")
    status, out, err = ended(started(tmp_path, "train", "digits"))
    assert (status, out) == (REFUSED, "")
    assert err.startswith("error: There is not enough memory to load PyTorch")
    assert err.count("\n") == 1


@pytest.mark.parametrize("error", ["ImportError('cannot allocate memory in static TLS block')", "ValueError('a bug')"])
def test_other_errors_while_importing_are_shown_as_they_are(error: str, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text(f"raise {error}")
    status, _, err = ended(started(tmp_path, "train", "digits"))
    assert status == 1
    assert error.partition("(")[0] in err.splitlines()[-1]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit")
def test_a_limit_on_memory_is_too_low_for_pytorch(tmp_path: Path) -> None:
    limited = ["bash", "-c", f"ulimit -v 300000; {sys.executable} -m steadygan train digits"]
    done = subprocess.run(limited, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    assert done.returncode == REFUSED
    assert done.stderr.startswith("error: There is not enough memory to load PyTorch")

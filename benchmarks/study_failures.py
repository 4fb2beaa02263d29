"""Breaks studies off and compares their tables with that of a study that nobody broke off.

    python benchmarks/study_failures.py --data glyphs --work runs/study-failures [--images 2000] [--seeds 2]

A study runs on two nodes of a Ray cluster, which are separate processes on this machine; one of them is killed in the
middle. Another study runs by itself, and is killed in the middle with all that it started; then it goes on. Each table
must hold every trial once, and equal that of the unbroken study in all columns but those of time. The exit status is 1
otherwise.
"""

import argparse
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from steadygan.amounts import things
from steadygan.study.result import NOT_REPEATED
from steadygan.study.study import Study

STEADYGAN = [sys.executable, "-m", "steadygan"]
RAY = [sys.executable, "-m", "ray.scripts.scripts"]
PATIENCE = 900.0
STARTED = b"Ray runtime started"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="glyphs")
    parser.add_argument("--recipe", default="dcgan")
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--options", default="--set width=8 --resolution 16", help="further ones of steadygan study")
    parser.add_argument("--work", type=Path, default=Path("runs/study-failures"))
    arguments = parser.parse_args()
    command = [*STEADYGAN, "study", arguments.data, "--recipe", arguments.recipe, "--take-out", "batch-norm,leaky-relu"]
    command += ["--try", "r1,ema", "--images", str(arguments.images), "--seeds", str(arguments.seeds)]
    command += ["--samples", str(arguments.samples), *shlex.split(arguments.options)]
    unbroken, with_node_lost, with_driver_lost = (arguments.work / name for name in ("unbroken", "node", "driver"))
    subprocess.run([*command, "--threads", "1", "--out", str(unbroken)], check=True)
    lose_a_node([*command, "--threads", "1"], with_node_lost)
    lose_the_driver([*command, "--threads", "1"], with_driver_lost)
    expected = repeatable(Study(unbroken).rows)
    good = [equals(expected, each) for each in (with_node_lost, with_driver_lost)]
    sys.exit(0 if all(good) else 1)


def lose_a_node(command: list[str], out: Path) -> None:
    """Run a study on two nodes, and kill one of them after a third of its trials."""
    address = f"127.0.0.1:{free_port()}"
    # a token of this cluster alone, which all that take part in it know
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    usage = {**os.environ, **token, "RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
    node = [*RAY, "start", "--block", "--num-cpus=1", "--object-store-memory=100000000"]
    head = ["--head", f"--port={address.partition(':')[2]}", "--include-dashboard=false"]
    nodes: list[subprocess.Popen[bytes]] = []
    try:
        for further in (head, [f"--address={address}"]):
            with tempfile.NamedTemporaryFile() as said:
                nodes.append(start([*node, *further], usage, said.file))
                wait_for(lambda said=said: STARTED in Path(said.name).read_bytes(), "a node", nodes[-1])
        study = start([*command, "--out", str(out), "--address", address], usage)
        wait_for(lambda: ended(out) >= 3, "a few trials", study)
        busy = [path.name for path in (out / "trials").iterdir() if not (path / "result.json").exists()]
        kill_all(nodes.pop())
        print(f"killed a node after {things(ended(out), 'trial')}, while {', '.join(busy)} ran", flush=True)
        study.wait()
    finally:
        for node in nodes:
            kill_all(node)


def lose_the_driver(command: list[str], out: Path) -> None:
    """Run a study, kill it with all of its processes after a third of its trials, and let it go on."""
    study = start([*command, "--out", str(out)], dict(os.environ))
    wait_for(lambda: ended(out) >= 3, "a few trials", study)
    os.kill(study.pid, signal.SIGKILL)
    study.wait()
    print(f"killed the study after {things(ended(out), 'trial')}", flush=True)
    subprocess.run([*STEADYGAN, "study", "--resume", "--out", str(out)], check=True)


def equals(expected: list[dict[str, Any]], out: Path) -> bool:
    """Whether the table of a study is the expected one."""
    found = repeatable(Study(out).rows)
    names = [row["trial"] for row in found]
    once = len(set(names)) == len(names) == len(expected)
    same = sum(one == other for one, other in zip(expected, found, strict=False))
    print(f"{out.name}: {things(len(names), 'trial')}, each once: {once}; rows as in the unbroken study: {same}")
    return once and found == expected


def repeatable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without what differs when the same trial runs again."""
    return [{name: value for name, value in row.items() if name not in NOT_REPEATED} for row in rows]


def ended(out: Path) -> int:
    """How many trials of a study have ended."""
    return len(list(out.glob("trials/*/result.json")))


def start(
    command: list[str], environment: dict[str, str], output: IO[bytes] | None = None
) -> "subprocess.Popen[bytes]":
    """Start a program in a session of its own, so that it can be killed with all that it starts."""
    return subprocess.Popen(command, env=environment, start_new_session=True, stdout=output, stderr=output)


def kill_all(process: "subprocess.Popen[bytes]") -> None:
    """Kill a program and all that it has started."""
    for child in descendants(process.pid):
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()


def descendants(pid: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def wait_for(condition: Callable[[], bool], what: str, process: "subprocess.Popen[bytes] | None" = None) -> None:
    """Wait until something is so."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > PATIENCE or (process is not None and process.poll() is not None):
            raise SystemExit(f"Waited in vain for {what}")
        time.sleep(0.2)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


if __name__ == "__main__":
    main()

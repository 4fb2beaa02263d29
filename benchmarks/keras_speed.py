"""Times a step of `steady` through the Keras face beside plain Keras and beside the package itself; prints a table.

    python benchmarks/keras_speed.py [--backend tensorflow jax torch] [--size 32] [--width 16] [--batch 64]
        [--rounds 5] [--steps 40] [--threads N] [--keras-python PYTHON] [--write docs/keras.md]

Plain Keras is the same maths by hand, a keras.Model with a train_step for each backend (peers/keras_plain.py): once
with layers of Keras alone, and once with the networks of the face, so that what layers cost and what the step costs can
be told apart. Every contestant is a process; they are timed in turn, round after round, and are stopped otherwise.
A ratio is the median of the ratios in all rounds to plain Keras on the same backend; the goal is at most 1.05. The same
ratio of the CPU's time says more where other programs run. PYTHON is an interpreter that has Keras, its backends and
this package. Run nothing else on the machine meanwhile.
"""

import argparse
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from peers.keras_gan import CYCLE
from race import Contestant, Result, race
from tables import machine, table, write_section
from workloads import Workload

BACKENDS = ("tensorflow", "jax", "torch")
FACE, PLAIN, PLAIN_NETWORKS, PACKAGE = "steadygan.keras", "plain Keras", "plain Keras, our networks", "steadygan"
KINDS = {PLAIN: "plain", PLAIN_NETWORKS: "plain-networks", FACE: "face"}
SECTION = "keras-speed"
GUESSED_STEP_SECONDS = 0.03
"""Of a step at the default sizes, from which the length of a window follows."""


def contestants(arguments: argparse.Namespace, workload: Workload) -> list[Contestant]:
    """Three on each backend, and the package's own step in both precisions."""
    found = []
    for backend in arguments.backend:
        variables = {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
        for name, kind in KINDS.items():
            words = ("peers.keras_gan", workload.text, kind)
            found.append(Contestant(f"{backend}: {name}", words, arguments.keras_python, variables=variables))
    for precision in ("fp32", "auto"):
        words = ("peers.keras_gan", workload.text, "package", precision)
        found.append(Contestant(f"{PACKAGE}, {precision}", words))
    return found


def rows(results: Mapping[str, Result], backends: Sequence[str]) -> list[tuple[str, ...]]:
    """A row for each contestant, those of one backend together; the package's own step stands beside PyTorch's."""
    made = []
    for backend in backends:
        yardstick = results.get(f"{backend}: {PLAIN}")
        for name in KINDS:
            result = results.get(f"{backend}: {name}")
            if result is not None:
                made.append((backend, name, *cells(result, yardstick)))
    own, auto = (results.get(f"{PACKAGE}, {precision}") for precision in ("fp32", "auto"))
    yardstick = results.get(f"torch: {PLAIN}")
    if own is not None:
        made.append(("PyTorch", f"{PACKAGE}, fp32", *cells(own, yardstick)))
    if auto is not None and auto.fact("bf16"):
        made.append(("PyTorch", f"{PACKAGE}, bf16", *cells(auto, yardstick)))
    return made


def cells(result: Result, yardstick: Result | None) -> tuple[str, ...]:
    """Milliseconds of a step, their ratio to those of plain Keras, its range, that of the CPU's time, and memory."""
    milliseconds = f"{1000 * result.step_seconds / CYCLE:.1f}"
    memory = f"{result.peak_bytes / 1e6:,.0f}"
    if yardstick is None:
        return milliseconds, "", "", "", memory
    ratios = yardstick.ratios(result)  # how many times as fast plain Keras is
    spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
    return milliseconds, f"{statistics.median(ratios):.3f}", spread, f"{cpu_ratio(result, yardstick):.3f}", memory


def cpu_ratio(result: Result, yardstick: Result) -> float:
    """The same ratio of the processor's time, which other programs disturb less."""
    pairs = zip(result.windows, yardstick.windows, strict=True)
    return statistics.median((own.cpu / own.steps) / (other.cpu / other.steps) for own, other in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", nargs="+", choices=BACKENDS, default=list(BACKENDS))
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=40, help="of a window, about")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--keras-python", default=sys.executable, help="a Python that has Keras and its backends")
    parser.add_argument("--write", type=Path, help="a page with a section for the table")
    arguments = parser.parse_args()
    workload = Workload(arguments.size, 3, arguments.batch, filters=arguments.width)
    seconds = arguments.steps * GUESSED_STEP_SECONDS
    results = race(contestants(arguments, workload), arguments.rounds, seconds, arguments.threads, say)
    head = ("backend", "", "ms a step", "to plain Keras", "rounds", "CPU time", "memory, MB")
    worst = max(results.values(), key=lambda result: result.foreign)
    text = "\n\n".join(
        (
            f"{machine(threads=arguments.threads)}; {workload.size}x{workload.size}x3, width {workload.filters}, "
            f"batch {workload.batch}.",
            table(head, rows(results, arguments.backend)),
            f"Most disturbed: a round of {worst.contestant.name}, {worst.foreign:.2f} cores busy elsewhere.",
        )
    )
    print(text, flush=True)
    if arguments.write is not None:
        write_section(arguments.write, SECTION, text)


def say(message: str) -> None:
    """Tell how far the race is."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

"""Races our training loop against other programs; prints the tables of docs/performance.md.

    python benchmarks/throughput.py [--workloads W64-b64 W64-b128 W32-b128 W28-b128 small] [--rounds 7] [--seconds 3]
        [--keras-python PYTHON] [--only NAME ...] [--device cpu] [--threads N] [--write docs/performance.md]
    python benchmarks/throughput.py --overhead 5 [--workloads ...]      whole runs of so many minutes beside their steps
    python benchmarks/throughput.py --growth [--rounds 3]               batches of 16 to 512, images of 32 to 128 px
    python benchmarks/throughput.py --before CHECKOUT [--workloads ...] the recipes beside those of another version

PYTHON is an interpreter that has Keras and TensorFlow. CHECKOUT is a clone of this repository at the commit to compare
with; its own package and its own benchmarks run there. Run nothing else on the machine meanwhile.
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from peers.ours import LIKE_EXAMPLE
from race import TRIES, Contestant, Result, Window, Worker, race
from steadygan.layers.kernels.tuning import own_processor
from tables import machine, table, write_section
from workloads import WORKLOADS, Workload

PRECISIONS = ("fp32", "bf16")
EXAMPLE, LIMIT, BEFORE = "PyTorch's example", "limit", ", before"
RUN_MINUTES = 5.0
"""The loops that are timed belong to runs of at least this length, which decides how often they draw and measure."""
GROWING_BATCHES, GROWING_SIZES = (16, 32, 64, 128, 256, 512), (32, 64, 128)
GIGA, MEGA = 1e9, 1e6
UNPREFIXED_PROCESSOR = "amx"
"""The sections of the page for this kind of processor have no prefix."""


# --- who takes part


class RaceSetup(NamedTuple):
    """The workload and the resources of a race.

    Attributes:
        workload: the sizes of the networks and of the batch.
        device: the device on which they train.
        folder: a folder to which contestants may write.
        minutes: the budget of the runs whose loops are timed; no race may take longer.
    """

    workload: Workload
    device: str
    folder: Path
    minutes: float = RUN_MINUTES


def example(setup: RaceSetup) -> Contestant:
    """PyTorch's example, to which all others are compared."""
    return Contestant(EXAMPLE, ("peers.example", setup.workload.text, setup.device))


def ours(kind: str, recipe: str, precision: str, setup: RaceSetup) -> Contestant:
    """The loop of this package, its step, or the bare computations of that step.

    Args:
        kind: ``loop``, ``step`` or ``bare``.
        recipe: the recipe; ``example`` computes the same as the example.
        precision: ``fp32`` or ``bf16``.
        setup: the workload and the resources of the race.
    """
    name = " ".join(word for word in (kind, "" if recipe == LIKE_EXAMPLE else recipe, precision) if word)
    own = setup.folder / name.replace(" ", "-")
    own.mkdir()
    words = ("peers.ours", setup.workload.text, setup.device, kind, recipe, precision, str(own), str(setup.minutes))
    return Contestant(name, words, precision=precision)


def earlier(contestant: Contestant, checkout: Path, setup: RaceSetup) -> Contestant:
    """The same contestant with the package and the benchmarks of another checkout.

    Args:
        contestant: one of ours.
        checkout: the root of that checkout.
        setup: of the race.
    """
    name = contestant.name + BEFORE
    own = setup.folder / name.replace(" ", "-").replace(",", "")
    own.mkdir()
    words = (*contestant.words[:-2], str(own), contestant.words[-1])  # the folder comes before the minutes
    paths = os.pathsep.join(str((checkout / each).resolve()) for each in ("benchmarks", "src"))
    return Contestant(name, words, contestant.python, contestant.precision, {"PYTHONPATH": paths})


def keras(python: str, precision: str, setup: RaceSetup) -> Contestant:
    """Keras on TensorFlow."""
    policy = {"fp32": "float32", "bf16": "mixed_bfloat16"}[precision]
    words = ("peers.keras_dcgan", setup.workload.text, policy)
    return Contestant(f"Keras {precision}", words, python, precision, {"KERAS_BACKEND": "tensorflow"})


def limit(precision: str, setup: RaceSetup) -> Contestant:
    """The limit of the machine."""
    return Contestant(f"{LIMIT} {precision}", ("peers.limit", setup.device, precision), precision=precision)


def all_contestants(arguments: argparse.Namespace, setup: RaceSetup) -> list[Contestant]:
    """All contestants, or those that the arguments name."""
    found = [example(setup)]
    for kind in ("loop", "step", "bare"):
        found += [ours(kind, LIKE_EXAMPLE, precision, setup) for precision in PRECISIONS]
    for recipe in ("dcgan", "steady"):
        found += [ours("loop", recipe, precision, setup) for precision in PRECISIONS]
    if arguments.before:
        found += [earlier(each, arguments.before, setup) for each in found if each.name.startswith("loop")]
    if arguments.keras_python:
        found += [keras(arguments.keras_python, precision, setup) for precision in PRECISIONS]
    found += [limit(precision, setup) for precision in PRECISIONS]
    return [
        each for each in found if not arguments.only or each.name.removesuffix(BEFORE) in (EXAMPLE, *arguments.only)
    ]


def run_race(arguments: argparse.Namespace, workload: Workload, names: Sequence[str] = ()) -> dict[str, Result]:
    """The results of a race of all contestants, or of those with the given names."""
    longest = arguments.rounds * TRIES * (arguments.seconds + 5) / 60
    with tempfile.TemporaryDirectory() as folder:
        setup = RaceSetup(workload, arguments.device, Path(folder), max(RUN_MINUTES, longest))
        contestants = [each for each in all_contestants(arguments, setup) if not names or each.name in names]
        return race(contestants, arguments.rounds, arguments.seconds, arguments.threads, say)


# --- speed


def speed(arguments: argparse.Namespace) -> None:
    """Publish a table and conclusions for every workload."""
    for name in arguments.workloads:
        workload = WORKLOADS[name]
        results = run_race(arguments, workload)
        text = f"{speed_table(results, workload)}\n\n{conclusions(results, workload)}"
        publish(arguments, name, f"{machine(arguments.device, arguments.threads)}.\n\n{text}")


def speed_table(results: Mapping[str, Result], workload: Workload) -> str:
    """A table of images per second, compared with the example and with the limit of the machine.

    Args:
        results: the results of all contestants, including the example.
        workload: the workload that they trained.
    """
    yardstick = results[EXAMPLE]
    head = ("", "images/s", "ms a step", "to the example", "rounds", "useful GFLOP/s", "of the limit", "memory, MB")
    rows = []
    for name, result in results.items():
        if name.startswith(LIMIT):
            continue
        images = workload.batch / result.step_seconds
        ratios = result.ratios(yardstick)
        # other recipes compute something else, so that this count says nothing about them
        useful = None if "dcgan" in name or "steady" in name else images * workload.useful_flop()
        most = peak(results, result.contestant.precision)
        cells = [
            name,
            f"{images:,.0f}",
            f"{1000 * result.step_seconds:.1f}",
            f"{statistics.median(ratios):.2f}",
            f"{min(ratios):.2f} to {max(ratios):.2f}",
        ]
        cells += ["" if useful is None else f"{useful / GIGA:,.0f}"]
        cells += ["" if useful is None or most is None else f"{useful / most:.0%}", f"{result.peak_bytes / MEGA:,.0f}"]
        rows.append(cells)
    return table(head, rows)


def peak(results: Mapping[str, Result], precision: str) -> float | None:
    """The FLOP/s of a large convolution; None if it was not measured."""
    result = results.get(f"{LIMIT} {precision}")
    flop = None if result is None else result.fact("flop")
    return None if result is None or flop is None else flop / result.step_seconds


def conclusions(results: Mapping[str, Result], workload: Workload) -> str:
    """A list of what the table does not show by itself."""
    lines = [line for precision in PRECISIONS for line in comparisons(results, precision)]
    counts = {name: result.fact("parameters") for name, result in results.items()}
    said = ", ".join(f"{name} {count:,.0f}" for name, count in counts.items() if count is not None)
    lines.append(f"useful work: {workload.useful_flop() / MEGA:,.0f} MFLOP an image; parameters: {said}")
    worst = max(results.values(), key=lambda result: result.foreign)
    lines.append(f"most disturbed: a round of {worst.contestant.name}, {worst.foreign:.2f} cores busy elsewhere")
    return "\n".join(f"- {line}" for line in lines)


def comparisons(results: Mapping[str, Result], precision: str) -> Iterator[str]:
    """Ratios between contestants other than the example, of one precision."""
    flops = peak(results, precision)
    if flops is not None:
        yield f"the limit in {precision}: {flops / GIGA:,.0f} GFLOP/s, a large convolution"
    pairs = (
        ("loop", "Keras", "Keras's step takes {:.2f} times as long as ours, its loop included"),
        ("step", "loop", "a step in the loop takes {:.3f} times as long as `step()`"),
        ("bare", "loop", "a step in the loop takes {:.3f} times as long as bare maths"),
        ("loop dcgan", "loop steady", "an image of `steady` costs {:.2f} of `dcgan`"),
    )
    for one, other, words in pairs:
        quick, slow = results.get(f"{one} {precision}"), results.get(f"{other} {precision}")
        if quick is not None and slow is not None:
            yield f"{precision}: {words.format(quick.ratio(slow))}"
    for name, result in results.items():
        other = results.get(name + BEFORE)
        if other is not None and result.contestant.precision == precision:
            ratios = result.ratios(other)
            spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
            yield f"{precision}: {name} is {result.ratio(other):.2f} times as fast as before ({spread})"


# --- the loop around a step


def overhead(arguments: argparse.Namespace) -> None:
    """Compare whole runs, from the first step to the last save, with the same step outside of the loop."""
    head = (
        "workload",
        "precision",
        "steps of the run",
        "run, ms a step",
        "`step()`",
        "bare",
        "run to `step()`",
        "run to bare",
    )
    rows = []
    for name in arguments.workloads:
        for precision in arguments.precisions:
            with tempfile.TemporaryDirectory() as folder:
                setup = RaceSetup(WORKLOADS[name], arguments.device, Path(folder), arguments.overhead)
                rows.append((name, precision, *whole_run(arguments, setup, precision)))
    publish(arguments, "overhead", f"{machine(arguments.device, arguments.threads)}.\n\n{table(head, rows)}")


def whole_run(arguments: argparse.Namespace, setup: RaceSetup, precision: str) -> Sequence[str]:
    """Cells of a row: steps, milliseconds of the three kinds of step, and the ratios of their means."""
    kinds = [ours(kind, LIKE_EXAMPLE, precision, setup) for kind in ("loop", "step", "bare")]
    windows: list[list[Window]] = [[], [], []]
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(each, arguments.threads)) for each in kinds]
        for worker in workers:
            worker.steps(1)  # and everything that happens before it
        count = max(1, round(arguments.seconds / workers[-1].steps(3).step_seconds))
        while not windows[0] or not windows[0][-1].done:
            for each, worker in zip(windows, workers, strict=True):
                each.append(worker.steps(count))
            say(f"{sum(window.seconds for window in windows[0]):.0f} s of a run in {precision}")
        say(f"most disturbed: {max(window.foreign for each in windows for window in each):.2f} cores busy elsewhere")
    means = [sum(one.seconds for one in each) / sum(one.steps for one in each) for each in windows]
    made = sum(window.steps for window in windows[0])
    return (f"{made:,}", *(f"{1000 * mean:.2f}" for mean in means), *(f"{means[0] / mean:.3f}" for mean in means[1:]))


# --- growth


def growth(arguments: argparse.Namespace) -> None:
    """Compare larger batches and larger images with the example."""
    batches = [Workload(64, 3, batch) for batch in arguments.batches]
    sizes = [Workload(size, 3, 64) for size in arguments.sizes]
    names = (EXAMPLE, "loop fp32", "loop bf16")
    head = ["px", "batch", *(f"{name}: images/s" for name in names), *(f"{name}: MB" for name in names)]
    rows = []
    for workload in dict.fromkeys([*batches, *sizes]):
        results = run_race(arguments, workload, names)
        found = [results.get(name) for name in names]
        yardstick = results[EXAMPLE]
        cells = [str(workload.size), str(workload.batch)]
        for each in found:
            beside = "" if each is None or each is yardstick else f" ({each.ratio(yardstick):.2f})"
            cells.append("" if each is None else f"{workload.batch / each.step_seconds:,.0f}{beside}")
        cells += ["" if each is None else f"{each.peak_bytes / MEGA:,.0f}" for each in found]
        rows.append(cells)
    publish(arguments, "growth", f"{machine(arguments.device, arguments.threads)}.\n\n{table(head, rows)}")


# --- all of them


def say(words: str) -> None:
    """Print progress to the standard error."""
    print(words, file=sys.stderr, flush=True)


def publish(arguments: argparse.Namespace, section: str, text: str) -> None:
    """Print a section, and write it into the page if one is given; each kind of machine has sections of its own."""
    kind = own_processor() if arguments.device == "cpu" else arguments.device
    section = section if kind == UNPREFIXED_PROCESSOR else f"{kind}-{section}"
    print(f"## {section}\n\n{text}\n", flush=True)
    if arguments.write is not None:
        write_section(arguments.write, section, text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--overhead", type=float, metavar="MINUTES")
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--batches", nargs="*", type=int, default=GROWING_BATCHES)
    parser.add_argument("--sizes", nargs="*", type=int, default=GROWING_SIZES)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0, help="of a window")
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS, help="of whole runs")
    parser.add_argument("--only", nargs="*", help="names of contestants, beside the example")
    parser.add_argument("--before", type=Path, metavar="CHECKOUT", help="another version, beside this one")
    parser.add_argument("--keras-python", help="a Python that has Keras and TensorFlow")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--threads", type=int)
    parser.add_argument("--write", type=Path, help="a page with a section for each table")
    arguments = parser.parse_args()
    if arguments.overhead is not None:
        overhead(arguments)
    elif arguments.growth:
        growth(arguments)
    else:
        speed(arguments)


if __name__ == "__main__":
    main()

"""Measures the memory of training, beside PyTorch's example; prints the section on memory of docs/performance.md.

    python benchmarks/memory.py [--batches 16 64 128 512] [--sizes 32 128] [--minutes 0.5] [--steps 4] [--tensors]
        [--compact] [--write docs/performance.md]

Batches grow at 64 px, and images grow at a batch of 64. Nothing is timed, so other programs may run meanwhile. With
--compact, glibc's cache of small blocks is off in all processes; see :func:`steadygan.keep_memory`.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from peers.ours import LIKE_EXAMPLE
from race import Contestant, Worker
from tables import machine, table, write_section
from workloads import Workload

PRECISIONS = ("fp32", "bf16")
MEGA = 1e6
FOREVER = 10**9
"""More steps than a run makes before its budget ends it."""


def peak_megabytes(words: tuple[str, ...], steps: int, arguments: argparse.Namespace) -> float:
    """The peak memory of a contestant's process, in MB.

    Args:
        words: the module of ``peers`` and its arguments.
        steps: the number of steps that it makes.
        arguments: the arguments of the benchmark.
    """
    variables = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"} if arguments.compact else {}
    with Worker(Contestant(words[0], words, variables=variables), arguments.threads) as worker:
        return worker.steps(steps).peak_bytes / MEGA


def memory_cells(workload: Workload, arguments: argparse.Namespace) -> list[str]:
    """A row of the table: the memory of the example, and that of whole runs of this package in both precisions."""
    example = peak_megabytes(("peers.example", workload.text, "cpu"), arguments.steps, arguments)
    row = [str(workload.size), str(workload.batch), f"{example:,.0f}"]
    for precision in PRECISIONS:
        with tempfile.TemporaryDirectory() as folder:
            words = ("peers.ours", workload.text, "cpu", "loop", LIKE_EXAMPLE, precision, folder)
            taken = peak_megabytes((*words, str(arguments.minutes)), FOREVER, arguments)
        row.append(f"{taken:,.0f} ({taken / example:.2f})")
        print(row, file=sys.stderr, flush=True)
    return row


def tensor_cells(workload: Workload, arguments: argparse.Namespace) -> list[str]:
    """Further cells of a row: the memory that the tensors of one step take."""
    row = []
    for kind, precision in (("example", "fp32"), *(("step", precision) for precision in PRECISIONS)):
        with tempfile.TemporaryDirectory() as folder:
            words = ("peers.tensors", workload.text, kind, precision, folder)
            row.append(f"{peak_megabytes(words, 1, arguments):,.0f}")
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", nargs="*", type=int, default=(16, 64, 128, 512))
    parser.add_argument("--sizes", nargs="*", type=int, default=(32, 128))
    parser.add_argument("--minutes", type=float, default=0.5, help="budget of each run of ours")
    parser.add_argument("--steps", type=int, default=4, help="of the example")
    parser.add_argument("--tensors", action="store_true", help="count tensors too")
    parser.add_argument("--compact", action="store_true", help="without glibc's cache of small blocks")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--write", type=Path, help="a page with a section for the table")
    arguments = parser.parse_args()
    names = ("the example", "a run in fp32", "a run in bf16")
    head = ["px", "batch", *(f"{name}, MB" for name in names)]
    head += [f"tensors of a step: {name}" for name in names if arguments.tensors]
    workloads = [
        *(Workload(64, 3, batch) for batch in arguments.batches),
        *(Workload(size, 3, 64) for size in arguments.sizes),
    ]
    rows = [
        [*memory_cells(each, arguments), *(tensor_cells(each, arguments) if arguments.tensors else ())]
        for each in workloads
    ]
    section = "memory-compact" if arguments.compact else "memory"
    text = f"{machine(threads=arguments.threads)}.\n\n{table(head, rows)}"
    print(f"## {section}\n\n{text}\n", flush=True)
    if arguments.write is not None:
        write_section(arguments.write, section, text)


if __name__ == "__main__":
    main()

"""Prepares and trains on more images than fit into memory; prints a table of docs/performance.md.

    python benchmarks/large_data.py [--count 1000000] [--size 32] [--filters 8] [--batch 256] [--limit 1000]
        [--recipe dcgan] [--threads N] [--folder FOLDER] [--write docs/performance.md]

Makes COUNT random images. A separate process then prepares them and trains for one epoch, while its own memory (all
except the pages of files, which the system can take back) is limited to LIMIT megabytes. Prepared images are dropped
from the system's cache before training begins, so that each is read from the disk. The benchmark takes twice the size
of the images on the disk of FOLDER, which is a temporary folder by default.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from tables import machine, table, write_section

BLOCK = 5000
POLL_SECONDS = 0.02
"""Seconds between two measurements of memory."""
MEGA = 1e6
Facts = dict[str, Any]


# --- the images


def discs(count: int, size: int, random: np.random.Generator) -> np.ndarray:
    """Images of a disc on a background that grows brighter from top to bottom: uint8 [count, size, size, 3]."""
    across = np.arange(size, dtype=np.float32)
    left, top = random.uniform(0.2 * size, 0.8 * size, (2, count, 1)).astype(np.float32)
    radius = random.uniform(0.1 * size, 0.3 * size, (count, 1, 1)).astype(np.float32)
    inside = ((across - left) ** 2)[:, None, :] + ((across - top) ** 2)[:, :, None] < radius**2
    disc, background = random.integers(0, 256, (2, count, 1, 1, 3), dtype=np.uint8)
    shade = np.linspace(0, 100, size, dtype=np.uint8)[None, :, None, None]
    return np.where(inside[..., None], disc, background // 2 + shade)


def write_images(path: Path, count: int, size: int) -> None:
    """Write a file of random images, block by block."""
    random = np.random.default_rng(0)
    with path.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (count, size, size, 3)}
        np.lib.format.write_array_header_1_0(file, header)
        for low in range(0, count, BLOCK):
            file.write(discs(min(BLOCK, count - low), size, random).tobytes())


# --- the process with little memory


class MemoryMonitor:
    """A thread that records the peaks of this process's memory."""

    def __init__(self) -> None:
        self.peaks = {"RssAnon": 0, "VmRSS": 0, "VmData": 0}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            for line in Path("/proc/self/status").read_text().splitlines():
                name, _, value = line.partition(":")
                if name in self.peaks:
                    self.peaks[name] = max(self.peaks[name], 1024 * int(value.split()[0]))

    def end(self) -> dict[str, int]:
        """End the thread and return the peaks, in bytes."""
        self._over.set()
        self._thread.join()
        return self.peaks


def read_bytes() -> int:
    """The bytes that this process has read from disks so far."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("read_bytes"))


def drop_from_cache(path: Path) -> None:
    """Drop a file from the system's cache."""
    file = os.open(path, os.O_RDONLY)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


def run_confined(arguments: argparse.Namespace) -> Facts:
    """Prepare and train for an epoch within the limit of memory."""
    limit = round(arguments.limit * MEGA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    monitor = MemoryMonitor()
    import torch

    import steadygan as sg
    from steadygan.data import prepare
    from steadygan.training.process_settings import keep_memory

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    keep_memory()
    source, cache = arguments.folder / "images.npy", arguments.folder / "cache"
    prepared = prepare(source, cache=cache)
    facts: Facts = {"images": len(prepared), "prepare": prepared.seconds, "fingerprint": prepared.fingerprint}
    again = prepare(source, cache=cache)
    facts["open"] = again.seconds
    drop_from_cache(Path(str(again.images.filename)))  # type: ignore[attr-defined]
    recipe = sg.recipe(arguments.recipe).change(values={"width": arguments.filters, "batch": arguments.batch})
    begun, fetched = time.perf_counter(), read_bytes()
    run = sg.train(again, recipe, images=len(again), out=arguments.folder / "run", observers=[])
    facts |= {"train": time.perf_counter() - begun, "fetched": read_bytes() - fetched, "row": run.metrics[-1]}
    return facts | waiting(run.metrics) | monitor.end()


def waiting(rows: list[dict[str, Any]]) -> Facts:
    """The share of its time for which the loop waited for data, in the whole run and in the worst row."""
    rows = [row for row in rows if "time/data" in row]
    ends = [row["seconds"] for row in rows]
    lengths = np.diff([0.0, *ends])
    shares = np.array([row["time/data"] for row in rows])
    return {"waited": float((shares * lengths).sum() / lengths.sum()), "most_waited": float(shares.max())}


# --- the table


def measure(arguments: argparse.Namespace) -> Facts:
    """Make images, and start a process with little memory that prepares them and trains."""
    source = arguments.folder / "images.npy"
    write_images(source, arguments.count, arguments.size)
    size = source.stat().st_size
    print(f"{arguments.count:,} images in {size / MEGA:,.0f} MB", file=sys.stderr, flush=True)
    command = [sys.executable, __file__, *sys.argv[1:], "--folder", str(arguments.folder), "--confined"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    facts: Facts = json.loads(done.stdout.splitlines()[-1])
    return facts | {"size": size}


def facts_table(facts: Facts, arguments: argparse.Namespace) -> str:
    """The table of results."""
    images = facts["images"]
    rows = [
        ("images", f"{images:,} of {arguments.size}x{arguments.size}x3"),
        ("their size on the disk", f"{facts['size'] / MEGA:,.0f} MB"),
        ("memory of its own that the process may have", f"{arguments.limit:,.0f} MB"),
        ("that it had at most", f"{facts['RssAnon'] / MEGA:,.0f} MB"),
        ("with the pages of files, at most", f"{facts['VmRSS'] / MEGA:,.0f} MB"),
        ("preparing", f"{facts['prepare']:,.1f} s, {images / facts['prepare']:,.0f} images/s"),
        ("opening what is prepared", f"{1000 * facts['open']:,.1f} ms"),
        ("an epoch, first grid to report", f"{facts['train']:,.0f} s, {images / facts['train']:,.0f} images/s"),
        ("read from the disk in the epoch", f"{facts['fetched'] / MEGA:,.0f} MB"),
        ("waiting for data, of the loop's time", f"{facts['waited']:.2%}"),
        ("in the worst 20 steps", f"{facts['most_waited']:.2%}"),
    ]
    kind = f"`{arguments.recipe}` with {arguments.filters} filters and a batch of {arguments.batch}"
    return f"{machine('cpu', arguments.threads)}; {kind}.\n\n{table(('', ''), rows)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--filters", type=int, default=8)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--limit", type=float, default=1000.0, metavar="MEGABYTES")
    parser.add_argument("--recipe", default="dcgan")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--write", type=Path, help="a page with the section large-data")
    parser.add_argument("--confined", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.confined:
        print(json.dumps(run_confined(arguments)))
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        arguments.folder = Path(folder)
        text = facts_table(measure(arguments), arguments)
    print(text)
    if arguments.write is not None:
        write_section(arguments.write, "large-data", text)


if __name__ == "__main__":
    main()

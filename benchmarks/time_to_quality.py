"""Measures quality over time and images, for recipes and PyTorch's example; prints the tables of docs/performance.md.

    python benchmarks/time_to_quality.py --data mnist.npz [--recipes steady dcgan] [--example-sizes 32] [--seeds 0 1 2]
        [--times 15 30 60 90 120 300] [--example-times 60 120 300] [--precision auto] [--samples 10000]
        [--evaluator EVALUATOR.py --name mnist] [--work runs/time-to-quality] [--write docs/performance.md]

Samples are judged by features of the data (benchmarks/judges.py); EVALUATOR.py, if one is named, gets a table of its
own. Every run is evaluated on 10,000 samples at each of the times, which are wall-clock times from before the first
step, without those in which samples are made. Runs that exist already are not repeated. Run nothing else on the machine
meanwhile, because time is the budget.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from judges import Judge, add_options, cell, column, judges_of, side_by_side
from race import environment
from tables import machine, table, write_section

FIGURE = "fid"
Figures = dict[str, dict[str, float]]
"""By time: the figures of the judges, and the images and seconds of training."""


def contestants(arguments: argparse.Namespace) -> dict[str, tuple[str, ...]]:
    """The contestants by name, as arguments of ``peers.timed``."""
    found: dict[str, tuple[str, ...]] = {
        f"`{recipe}`": ("ours", recipe, arguments.precision) for recipe in arguments.recipes
    }
    return found | {f"PyTorch's example, {size} px": ("example", str(size)) for size in arguments.example_sizes}


def train_and_evaluate(
    arguments: argparse.Namespace, judges: Sequence[Judge], words: Sequence[str], seed: int
) -> Figures:
    """Train once, and evaluate the samples that were saved meanwhile."""
    chosen = arguments.example_times if words[0] == "example" and arguments.example_times else arguments.times
    times = [f"{each:g}" for each in sorted(chosen)]
    folder = arguments.work / "-".join([arguments.name, *words, "_".join(times), f"seed{seed}"]).replace("/", "_")
    names = " and ".join(judge.name for judge in judges).replace("/", "_")
    result = folder / f"figures by {names}.json"
    if not result.exists():
        folder.mkdir(parents=True, exist_ok=True)
        peer = [sys.executable, "-m", "peers.timed", arguments.data, str(folder), str(seed), ",".join(times), *words]
        subprocess.run(peer, check=True, stdout=sys.stderr, env=environment(arguments.threads))
        spent: Figures = json.loads((folder / "spent.json").read_text())
        figures = {}
        for each in times:
            found = [judge.figures(folder / f"{each}.npz", arguments.samples) for judge in judges]
            figures[each] = side_by_side(judges, found) | spent[each]
        result.write_text(json.dumps(figures))
        for each in times:
            (folder / f"{each}.npz").unlink()
    read: Figures = json.loads(result.read_text())
    print(f"{folder.name}: {json.dumps({time: each[FIGURE] for time, each in read.items()})}", file=sys.stderr)
    return read


def medians(runs: Sequence[Figures], column: str) -> dict[float, float]:
    """Medians over seeds, by time in seconds.

    Args:
        runs: the runs of one contestant.
        column: the name of a figure.
    """
    return {float(each): statistics.median(run[each][column] for run in runs) for each in runs[0]}


def cells(name: str, runs: Sequence[Figures], times: Sequence[float], fid: str) -> list[str]:
    """A row: the median FID at each time, with thousands of images in brackets, and the range at the last time."""
    quality, images = medians(runs, fid), medians(runs, "images")
    row = [f"{quality[each]:.2f} ({images[each] / 1000:,.0f}k)" if each in quality else "" for each in times]
    last = [list(run.values())[-1][fid] for run in runs]
    return [name, str(len(runs)), *row, f"{min(last):.2f} to {max(last):.2f}"]


def reached(quality: Mapping[float, float], goal: float) -> str:
    """Say when a contestant first reached a goal.

    Args:
        quality: its FID, by seconds.
        goal: the FID to reach.
    """
    early = next((seconds for seconds, value in quality.items() if value <= goal), None)
    return "not in this time" if early is None else f"after {early:g} s"


def verdict(results: Mapping[str, Sequence[Figures]], fid: str) -> str:
    """Say when each recipe reaches the final FID of the example."""
    lines = []
    for example, runs in results.items():
        if example.startswith("`"):
            continue
        seconds, goal = list(medians(runs, fid).items())[-1]
        for name, own in results.items():
            if name.startswith("`"):
                when = reached(medians(own, fid), goal)
                lines.append(f"- {name} has what {example} has after {seconds:g} s (FID {goal:.2f}): {when}")
    return "\n".join(lines)


def part(
    judge: Judge, results: Mapping[str, Sequence[Figures]], times: Sequence[float], arguments: argparse.Namespace
) -> str:
    """The table of one judge, what it says of it, and who it is."""
    fid, floor = column(judge, FIGURE), judge.floor(arguments.samples).get(FIGURE)
    head = (fid, "seeds", *(f"{each:g} s" for each in times), "range at the end")
    figures = table(head, [cells(name, runs, times, fid) for name, runs in results.items()])
    least = "" if floor is None else f" Held-out images have {cell(FIGURE, floor)}."
    texts = (figures, verdict(results, fid), judge.caption(arguments.samples) + least)
    return "\n\n".join(text for text in texts if text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--recipes", nargs="*", default=["steady", "dcgan"])
    parser.add_argument("--example-sizes", nargs="*", type=int, default=[32])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--times", nargs="+", type=float, default=[15, 30, 60, 90, 120, 300], help="in seconds")
    parser.add_argument("--example-times", nargs="+", type=float, help="the times of the example, if they differ")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--work", type=Path, default=Path("runs/time-to-quality"))
    parser.add_argument("--write", type=Path, help="a page with a section time-to-quality-NAME")
    arguments = parser.parse_args()
    judges = judges_of(arguments)
    times = sorted({*arguments.times, *(arguments.example_times or ())})
    results: dict[str, list[Figures]] = {name: [] for name in contestants(arguments)}
    for seed in arguments.seeds:  # in turn, so that a drift of the machine's speed affects all alike
        for name, words in contestants(arguments).items():
            results[name].append(train_and_evaluate(arguments, judges, words, seed))
    parts = [part(judge, results, times, arguments) for judge in judges]
    text = "\n\n".join([f"{machine(threads=arguments.threads)}.", *parts])
    print(text)
    if arguments.write is not None:
        write_section(arguments.write, f"time-to-quality-{arguments.name}", text)


if __name__ == "__main__":
    main()

"""Trains recipes for equal time and judges 10,000 samples of each by a ruler: prints the table of docs/quality.md.

    python benchmarks/quality.py --ruler RULER.py --name mnist --data mnist.npz --recipes dcgan steady --seeds 0 1 2
        [--minutes 5] [--precision auto] [--work runs/quality]
        [--with NAME ...] [--without NAME ...] [--set KEY=VALUE ...]

RULER.py is called as `RULER.py NAME SAMPLES.npz` and prints one JSON object. Runs that are there are not run again.
Leave the machine alone meanwhile: time is the budget.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

COLUMNS = ("fid", "kid", "precision", "recall", "density", "coverage", "class_kl")
SAMPLES = "10000"


def changes(arguments: argparse.Namespace) -> list[str]:
    """The options that change a recipe, as the command line takes them."""
    named = (("--with", arguments.add), ("--without", arguments.remove), ("--set", arguments.set))
    return [part for option, values in named for value in values for part in (option, value)]


def judged(arguments: argparse.Namespace, recipe: str, seed: int) -> dict[str, float]:
    """Train one recipe with one seed, sample, and ask the ruler."""
    changed = "".join(changes(arguments)).replace("--", "+")
    name = f"{arguments.name}-{Path(recipe).stem}{changed}-{arguments.precision}-{arguments.minutes:g}m-seed{seed}"
    run = arguments.work / name
    result = run / "ruler.json"
    if not result.exists():
        steadygan = [sys.executable, "-m", "steadygan"]
        train = [*steadygan, "train", arguments.data, "--recipe", recipe, "--minutes", f"{arguments.minutes:g}"]
        train += ["--out", str(run), "--seed", str(seed), "--precision", arguments.precision, "--overwrite"]
        subprocess.run([*train, *changes(arguments)], check=True, stdout=sys.stderr)
        samples = run / "samples.npz"
        subprocess.run(
            [*steadygan, "sample", str(run), "-n", SAMPLES, "--out", str(samples)], check=True, stdout=sys.stderr
        )
        asked = [sys.executable, arguments.ruler, arguments.name, str(samples)]
        answer = subprocess.run(asked, check=True, capture_output=True, text=True)
        samples.unlink()
        rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        last = [row for row in rows if "seconds" in row][-1]
        figures = json.loads(answer.stdout) | {"images": last["images"], "seconds": last["seconds"]}
        result.write_text(json.dumps(figures))
    figures = json.loads(result.read_text())
    print(f"{name}: {json.dumps(figures)}", file=sys.stderr, flush=True)
    return figures


def line(recipe: str, runs: list[dict[str, float]]) -> str:
    """A row of the table: medians over seeds, and the spread of the first column."""
    spread = (
        f" ({min(run['fid'] for run in runs):.2f} to {max(run['fid'] for run in runs):.2f})" if len(runs) > 1 else ""
    )
    medians = {column: statistics.median(run[column] for run in runs) for column in COLUMNS}
    images = statistics.median(run["images"] for run in runs)
    speed = statistics.median(run["images"] / run["seconds"] for run in runs)
    cells = [recipe, str(len(runs)), f"{images:,.0f}", f"{speed:,.0f}", f"{medians['fid']:.2f}{spread}"]
    cells += [f"{medians['kid']:.0f}", *(f"{medians[column]:.2f}" for column in COLUMNS[2:-1])]
    return "| " + " | ".join([*cells, f"{medians['class_kl']:.3f}"]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ruler", required=True)
    parser.add_argument("--name", required=True, help="what the ruler calls the data")
    parser.add_argument("--data", required=True)
    parser.add_argument("--recipes", nargs="+", required=True)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--with", nargs="*", default=[], dest="add")
    parser.add_argument("--without", nargs="*", default=[], dest="remove")
    parser.add_argument("--set", nargs="*", default=[])
    parser.add_argument("--work", type=Path, default=Path("runs/quality"))
    arguments = parser.parse_args()
    suffix = " ".join(["", *changes(arguments)])
    rows = [
        line(each + suffix, [judged(arguments, each, seed) for seed in arguments.seeds]) for each in arguments.recipes
    ]
    print(f"| recipe | seeds | images | images/s | {' | '.join(COLUMNS)} |")
    print("| --- " * (4 + len(COLUMNS)) + "|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()

"""How many trainings that fail end healthy with ``--rescue``, what that costs, and that healthy ones stay as they are.

    python benchmarks/rescue.py SHARED --work WORK [--twins CLINIC] [--part 1/2] [--only TEXT] [--minutes 60]
    python benchmarks/rescue.py SHARED --work WORK [--twins CLINIC] --report

SHARED is a folder with an evaluator (`ruler/ruler.py`) and `data/mnist.npz`; CLINIC is the folder of
`benchmarks/clinic/run.py`, whose healthy trainings serve as twins. Every case is trained as it is; those that come out
clearly worse than their healthy twins (see `clinic/outcome.py`) are trained again with ``rescue``. The faults are
heuristics inside the recipe, which a rescue can counteract and not take out. Healthy cases are trained twice as well,
and their weights compared bit for bit. What is in WORK already is skipped, so that the command can be stopped and given
again.
"""

import argparse
import json
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import binomtest

import steadygan as sg
from steadygan.runs.folder import RunFolder
from steadygan.runs.rescues import lines_begun, read_rescues

sys.path.append(str(Path(__file__).parent / "clinic"))
import faults
from cases import GLYPH_BASES, IMAGE_BASES, IMAGES, OTHER_BASES, VECTOR_BASES, VECTORS, Case, Fault
from outcome import SAMPLES, failed, judged
from run import SIZE, named_data

SEEDS = (20, 21, 23)
TWIN_SEEDS = (0, 1, 2)
_NOT_WASSERSTEIN = ("dcgan", "hinge-sn", "dcgan-hacks", "lsgan", "steady", "steady-stddev", "steady-32")
IMAGE_FAULTS = (
    Fault("weak-discriminator", "30th", (faults.Rates(discriminator=1 / 30),)),
    Fault("strong-discriminator", "x8", values={"alternate.discriminator_moves": 8}, only=_NOT_WASSERSTEIN),
    Fault("weak-discriminator", "300th", (faults.Rates(discriminator=1 / 300),)),
    Fault("generator-rate", "x100", (faults.Rates(generator=100),)),
    Fault(
        "clipping",
        "1e-4",
        add=("wasserstein", "weight-clipping"),
        values={"weight-clipping.bound": 1e-4},
        only=("dcgan",),
    ),
    Fault("saturating", "plain", add=("minimax",), remove=("batch-norm",), only=("dcgan", "lsgan")),
    Fault("discriminator-rate", "x100", (faults.Rates(discriminator=100),)),
    Fault("momentum", "0.95-fast", values={"adam.betas": (0.95, 0.999), "adam.lr": 5e-3}),
    Fault("rates", "x50", values={"adam.lr": 1e-2}),
    Fault("batch", "2", values={"batch": 2}),
    Fault("slow-generator", "300th", (faults.Rates(generator=1 / 300),)),
)
VECTOR_FAULTS = (
    Fault("weak-discriminator", "100th", (faults.Rates(discriminator=1 / 100),)),
    Fault("momentum", "0.95-fast", values={"adam.betas": (0.95, 0.999), "adam.lr": 1e-2}),
    Fault("generator-rate", "x30", (faults.Rates(generator=30),)),
    Fault("slow-generator", "100th", (faults.Rates(generator=1 / 100),)),
    Fault("no-penalty", "plain", add=("non-saturating",), remove=("r1", "r2"), only=("steady",)),
    Fault("saturating", "plain", add=("minimax",), remove=("r1", "r2"), only=("steady",)),
)
BASES = {"mnist": IMAGE_BASES, "glyphs": GLYPH_BASES, "grid25": VECTOR_BASES}
FAULTS = {"mnist": IMAGE_FAULTS, "glyphs": IMAGE_FAULTS[:3], "grid25": VECTOR_FAULTS}


def failing() -> list[Case]:
    """Trainings with a fault, of all data by turns."""
    return list(_by_turns([_of(data) for data in BASES]))


def _of(data: str) -> list[Case]:
    """The cases of some data: each fault in another base training than the one before."""
    made = []
    for turn, seed in enumerate(SEEDS):
        for place, fault in enumerate(FAULTS[data]):
            bases = [base for base in BASES[data] if not fault.only or base.name in fault.only]
            made += [Case(data, bases[(place + step) % len(bases)], fault, seed) for step in (2 * turn, 2 * turn + 1)]
    return list({case.name: case for case in made}.values())


def healthy() -> list[Case]:
    """Twenty trainings without a fault."""
    more = [Case("mnist", base, None, 22) for base in OTHER_BASES[:7]]
    return [*(Case(data, base, None, 22) for data, bases in BASES.items() for base in bases), *more][:20]


def _by_turns(lists: list[list[Case]]) -> Iterator[Case]:
    for row in zip_longest(*lists):
        yield from (case for case in row if case is not None)


# --- training


def outcome(case: Case, rescue: bool, arguments: argparse.Namespace) -> dict[str, Any]:
    """What became of a training, which is trained now unless it has been before."""
    folder = arguments.work / (case.name + ("-rescue" if rescue else ""))
    if not (folder / "outcome.json").exists():
        if time.monotonic() > arguments.until:
            raise TimeoutError
        found = _trained(case, rescue, folder, arguments)
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
        (folder / "outcome.json").write_text(json.dumps(found))
        said = {key: found[key] for key in ("figures", "seconds", "rescues", "gave_up") if key in found}
        print(f"{folder.name}: {said}", flush=True)
    found = json.loads((folder / "outcome.json").read_text())
    assert isinstance(found, dict)
    return found


def _trained(case: Case, rescue: bool, folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    source = named_data(case.data, arguments.shared)
    size: dict[str, Any] = {} if case.data in VECTORS else {"resolution": SIZE}
    began = time.process_time()
    run = sg.train(
        source,
        case.recipe(),
        images=IMAGES[case.data],
        out=folder,
        seed=case.seed,
        features="none",
        overwrite=True,
        rescue=rescue,
        observers=(),
        **size,
    )
    seconds = time.process_time() - began
    samples = np.asarray(run.sample(SAMPLES if case.data not in VECTORS else 5000, seed=1))
    decisions = read_rescues(RunFolder(folder))
    begun = lines_begun(decisions)
    return {
        "figures": judged(case.data, samples, arguments.shared),
        "seconds": round(seconds, 1),
        "images": IMAGES[case.data] + (begun[-1].spent if begun else 0),
        "rescues": [[each.finding, each.since, each.back_to, each.in_force[-1].name] for each in begun],
        "gave_up": any(each.gave_up for each in decisions),
    }


def twins(case: Case, arguments: argparse.Namespace) -> list[dict[str, float]]:
    """The figures of healthy trainings of the same recipe and data."""
    found = []
    for seed in TWIN_SEEDS:
        twin = Case(case.data, case.base, None, seed)
        known = None if arguments.twins is None else arguments.twins / twin.name / "outcome.json"
        if known is not None and known.exists():
            found.append(json.loads(known.read_text())["figures"])
    if len(found) < 2:
        found += [outcome(Case(case.data, case.base, None, seed), False, arguments)["figures"] for seed in (0, 1)]
    return found


def train_all(arguments: argparse.Namespace) -> None:
    """Train what has not been trained."""
    place, parts = (int(number) for number in arguments.part.split("/"))
    chosen = list(_by_turns([failing(), healthy()]))
    for case in [each for each in chosen if arguments.only in each.name][place - 1 :: parts]:
        try:
            plain = outcome(case, False, arguments)
            if case.fault is None or failed(plain["figures"], twins(case, arguments)):
                outcome(case, True, arguments)
        except TimeoutError:
            return
        except sg.SteadyganError as error:
            print(f"{case.name}: refused: {error}", flush=True)


# --- the tables


def report(arguments: argparse.Namespace) -> None:
    """Print what is known so far."""
    arguments.until = 0.0
    by_cause: dict[str, list[tuple[bool | None, dict[str, Any], dict[str, Any]]]] = defaultdict(list)
    for case in failing():
        try:
            plain, rescued = outcome(case, False, arguments), None
            usual = twins(case, arguments)
            if not failed(plain["figures"], usual):
                continue
            rescued = outcome(case, True, arguments)
        except TimeoutError:
            continue
        assert case.fault is not None
        by_cause[f"{case.fault.cause} {case.fault.severity}"].append(
            (failed(rescued["figures"], usual), plain, rescued)
        )
    print("| cause | fail without | healthy with | between | still fail | a rescue began | images for one budget |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for cause, group in sorted(by_cause.items()):
        print(_line(cause, group))
    everything = [each for group in by_cause.values() for each in group]
    if everything:
        print(_line("**all**", everything))
        cured = sum(end is False for end, _, _ in everything)
        low, high = binomtest(cured, len(everything)).proportion_ci(method="wilson")
        print(f"\nhealthy with rescue: {cured} of {len(everything)} ({low:.0%} to {high:.0%})")
        begun = [each for each in everything if each[2]["rescues"]]
        cured_begun = sum(end is False for end, _, _ in begun)
        print(f"of those in which anything critical was found: {cured_begun} of {len(begun)}")
        times = [rescued["seconds"] / max(plain["seconds"], 1e-9) for _, plain, rescued in begun]
        if times:
            print(f"processor time against the same training without rescue: {np.median(times):.2f} times (median)")
        print(_treatments(everything))
    print(_unchanged(arguments))


def _line(name: str, group: list[tuple[bool | None, dict[str, Any], dict[str, Any]]]) -> str:
    ends = [end for end, _, _ in group]
    images = [rescued["images"] / plain["images"] for _, plain, rescued in group if rescued["rescues"]]
    begun = sum(bool(rescued["rescues"]) for _, _, rescued in group)
    cost = f"{np.mean(images):.2f}" if images else ""
    counts = ends.count(False), ends.count(None), ends.count(True), begun
    return f"| {name} | {len(group)} | {' | '.join(str(each) for each in counts)} | {cost} |"


def _treatments(group: list[tuple[bool | None, dict[str, Any], dict[str, Any]]]) -> str:
    """How often the last treatment of a run was which, and how many of those runs ended healthy."""
    counts: dict[str, list[bool]] = defaultdict(list)
    for end, _, rescued in group:
        if rescued["rescues"]:
            finding, *_, name = rescued["rescues"][-1]
            counts[f"{name} against {finding}"].append(end is False)
    lines = [f"- {name}: {sum(ends)} of {len(ends)}" for name, ends in sorted(counts.items())]
    return "\n".join(["\nlast treatments, and how many of their trainings ended healthy:", *lines])


def _unchanged(arguments: argparse.Namespace) -> str:
    same, rescued, seen = 0, 0, 0
    for case in healthy():
        folders = [arguments.work / (case.name + end) for end in ("", "-rescue")]
        if not all((folder / "outcome.json").exists() for folder in folders):
            continue
        one, other = ((folder / "generator.safetensors").read_bytes() for folder in folders)
        seen, same = seen + 1, same + (one == other)
        rescued += bool(json.loads((folders[1] / "outcome.json").read_text())["rescues"])
    return f"\nhealthy trainings: {seen}, of which {same} end with the same bits with rescue; {rescued} were rescued"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--twins", type=Path)
    parser.add_argument("--part", default="1/1")
    parser.add_argument("--only", default="")
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--report", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.until = time.monotonic() + 60 * arguments.minutes
    if arguments.report:
        report(arguments)
    else:
        train_all(arguments)


if __name__ == "__main__":
    main()

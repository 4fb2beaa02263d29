"""How well the doctor does on the clinic: what is found, named, and when, and how often it cries wolf.

    python benchmarks/clinic/score.py WORK [--half held-out] [--without DATA] [--objective NAME] [--losses] [--list]

WORK is the folder of `run.py`. A training with a fault has failed if it came out clearly worse than its healthy twins
(see `outcome.py`); one whose fault did no harm is healthy, and one between the two counts nowhere. Rules were tuned on
the first two rounds. The third, with other seeds and other pairs of recipe and fault, was looked at once, when they
stood.
"""

import argparse
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases import Fault, cases, third_round
from outcome import failed, harm
from scipy.stats import binomtest

from steadygan.doctor import Examiner, Finding, Severity
from steadygan.doctor.checkup import setting_of
from steadygan.doctor.history import Setting
from steadygan.runs.folder import RunFolder
from steadygan.runs.stored import read_stored_run

OBJECTIVES = (
    "non-saturating",
    "relativistic",
    "wasserstein",
    "hinge",
    "least-squares",
    "minimax",
    "relativistic-average",
)
SERIOUS = (Severity.WARNING, Severity.CRITICAL)


@dataclass(frozen=True)
class Result:
    """A training of the clinic, what became of it, and what the doctor says of it."""

    name: str
    data: str
    objective: str
    cause: str | None
    names: tuple[str, ...]
    failed: bool | None
    findings: tuple[Finding, ...]
    images: int
    half: str
    figures: dict[str, float]
    harm: float | None

    @property
    def serious(self) -> list[Finding]:
        """Findings of which a user is warned."""
        return [finding for finding in self.findings if finding.severity in SERIOUS]

    @property
    def first(self) -> Finding | None:
        """The first of them."""
        return min(self.serious, key=lambda each: each.seen_at, default=None)

    @property
    def named(self) -> bool:
        """Whether a right name is among them."""
        return any(finding.kind.value in self.names for finding in self.serious)


@dataclass(frozen=True)
class Training:
    """A training of the clinic with its rows, before anyone judges it."""

    name: str
    data: str
    objective: str
    cause: str | None
    names: tuple[str, ...]
    failed: bool | None
    half: str
    figures: dict[str, float]
    harm: float | None
    setting: Setting
    rows: list[dict[str, Any]]


def gathered(work: Path) -> list[Training]:
    """All trainings in the folder of the clinic."""
    outcomes = [json.loads(path.read_text()) for path in sorted(work.glob("*/outcome.json"))]
    twins: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    for each in outcomes:
        if each["cause"] is None:
            twins[each["data"], each["base"]].append(each["figures"])
    held_out = {case.name for case in third_round()}
    faults = {case.name: case.fault for case in cases()}
    return [
        _training(
            work / each["case"],
            each,
            faults[each["case"]],
            twins[each["data"], each["base"]],
            "held-out" if each["case"] in held_out else "tuning",
        )
        for each in outcomes
        if twins[each["data"], each["base"]]
    ]


def results(work: Path, losses: bool = False) -> list[Result]:
    """All trainings, as the doctor judges them."""
    return [judged_by(each, losses) for each in gathered(work)]


def _training(
    folder: Path, outcome: dict[str, Any], fault: Fault | None, twins: list[dict[str, float]], half: str
) -> Training:
    run, stored = RunFolder(folder), read_stored_run(RunFolder(folder))
    data = stored.manifest.data
    return Training(
        name=outcome["case"],
        data=outcome["data"],
        objective=stored.recipe.objective.name,
        cause=outcome["cause"],
        names=() if fault is None else fault.names,
        failed=failed(outcome["figures"], twins),
        harm=harm(outcome["figures"], twins),
        half=half,
        figures=outcome["figures"],
        setting=setting_of(data.kind, data.shape[0], data.count, stored.recipe),
        rows=run.read_rows(run.metrics),
    )


def judged_by(training: Training, losses: bool = False) -> Result:
    """What the doctor says of a training, by looks or by losses alone."""
    if losses:
        from steadygan.doctor.rules_of_losses import RULES_OF_LOSSES

        kept = ("images", "discriminator/loss", "generator/loss", "not_finite")
        rows = [{name: row[name] for name in kept if name in row} for row in training.rows]
        examiner = Examiner(training.setting, RULES_OF_LOSSES).read(rows)
    else:
        examiner = Examiner(training.setting).read(training.rows)
    return Result(
        name=training.name,
        data=training.data,
        objective=training.objective,
        cause=training.cause,
        names=training.names,
        failed=training.failed,
        findings=tuple(examiner.findings),
        images=max((row["images"] for row in training.rows), default=1),
        half=training.half,
        figures=training.figures,
        harm=training.harm,
    )


def share(hits: int, of: int) -> str:
    """A share with its counts and the exact 95 % interval."""
    if of == 0:
        return "- (0)"
    interval = binomtest(hits, of).proportion_ci()
    return f"{hits / of:.3f} ({hits}/{of}; {interval.low:.2f} to {interval.high:.2f})"


def table(found: list[Result]) -> list[str]:
    """The figures that matter, as lines of a table."""
    failing = [each for each in found if each.failed is True]
    healthy = [each for each in found if each.failed is False]
    seen = [each for each in failing if each.serious]
    alarms = [each for each in healthy if each.serious]
    critical = [each for each in healthy if any(one.severity is Severity.CRITICAL for one in each.serious)]
    known = [each for each in seen if each.names]
    early = [each for each in seen if each.first is not None and each.first.seen_at <= each.images / 2]
    when = sorted(each.first.seen_at / each.images for each in seen if each.first is not None)
    return [
        f"| failing, found at warning or above (recall) | {share(len(seen), len(failing))} |",
        f"| found before half of the run, of the failing | {share(len(early), len(failing))} |",
        f"| rightly named, of those found | {share(sum(each.named for each in known), len(known))} |",
        f"| healthy, warned of | {share(len(alarms), len(healthy))} |",
        f"| healthy, called critical | {share(len(critical), len(healthy))} |",
        f"| precision of a warning | {share(len(seen), len(seen) + len(alarms))} |",
        f"| median time of the first finding | {when[len(when) // 2]:.2f} of the run |" if when else "",
    ]


def confusion(found: list[Result]) -> list[str]:
    """For each cause, what the first serious finding was."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for each in found:
        if each.failed is not None:
            row = "healthy" if not each.failed else (each.cause or "none known")
            counts[row]["nothing" if each.first is None else each.first.kind.value] += 1
    columns = sorted({name for row in counts.values() for name in row})
    lines = ["| cause | " + " | ".join(columns) + " |", "| --- " * (len(columns) + 1) + "|"]
    return [
        *lines,
        *(
            f"| {cause} | " + " | ".join(str(row[each] or "") for each in columns) + " |"
            for cause, row in sorted(counts.items())
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--half", choices=["tuning", "held-out", "both"], default="both")
    parser.add_argument("--data", default="")
    parser.add_argument("--objective", default="")
    parser.add_argument("--losses", action="store_true")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    found = [
        each
        for each in results(arguments.work, arguments.losses)
        if arguments.half in ("both", each.half)
        and arguments.data in each.data
        and arguments.objective in ("", each.objective)
    ]
    states = Counter(each.failed for each in found)
    print(f"{len(found)} trainings: {states[True]} failing, {states[False]} healthy, {states[None]} between\n")
    print("\n".join(["| | |", "| --- | --- |", *table(found), "", *confusion(found)]))
    if arguments.list:
        for each in sorted(found, key=lambda one: (str(one.failed), one.cause or "", one.name)):
            said = ", ".join(f"{one.kind.value}/{one.severity.value[:4]}@{one.seen_at}" for one in each.findings)
            print(f"{each.failed!s:6} {each.name}: {said or '-'} | {each.figures}")


if __name__ == "__main__":
    main()

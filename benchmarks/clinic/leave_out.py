"""Would the doctor know a kind of data, or an objective, that its limits were never tuned on?

    python benchmarks/clinic/leave_out.py WORK

For each set of data, and each objective, the limits of the rules are tuned anew on the tuning half of all other
trainings, and tried on all trainings of what was left out. Which figures the rules read was decided by one who had seen
the tuning half of every set; only their limits are free here.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from score import Result, gathered, judged_by, share

from steadygan.doctor import rules

GRID: dict[str, tuple[float, ...]] = {
    "FAR": (0.1, 0.15, 0.2, 0.3, 0.4),
    "ALIKE": (0.15, 0.2, 0.3, 0.4, 0.5),
    "TWINS": (0.3, 0.5, 0.7),
    "FOOLED": (0.2, 0.3, 0.4),
    "SURE": (0.95, 0.98, 0.995),
    "FAR_OFF": (0.3, 0.4, 0.6),
    "RESTLESS": (0.5, 0.65, 0.8),
    "UNLIKE": (0.6, 0.8, 1.2),
}
ALARM = 3.0
"""How many failures that are found outweigh a false alarm, in shares."""


@dataclass(frozen=True)
class Tuned:
    """Limits, and how they did."""

    limits: dict[str, float]
    score: float


def score(found: list[Result]) -> float:
    """The share of failures that are found, less three times that of healthy trainings warned of."""
    failing = [each for each in found if each.failed is True]
    healthy = [each for each in found if each.failed is False]
    recall = sum(bool(each.serious) for each in failing) / max(len(failing), 1)
    return recall - ALARM * sum(bool(each.serious) for each in healthy) / max(len(healthy), 1)


def tune(judge: Callable[[], list[Result]]) -> Tuned:
    """Each limit by itself, once through: the best value, or the one that is there where others are no better."""
    limits = {name: getattr(rules, name) for name in GRID}
    best = score(judge())
    for name, values in GRID.items():
        for value in values:
            setattr(rules, name, value)
            now = score(judge())
            if now > best + 1e-9:
                best, limits[name] = now, value
            setattr(rules, name, limits[name])
    return Tuned(limits, best)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    arguments = parser.parse_args()
    trainings = gathered(arguments.work)
    usual = {name: getattr(rules, name) for name in GRID}
    print("| left out | limits that changed | found | rightly named | healthy, warned of | healthy, called critical |")
    print("| --- | --- | --- | --- | --- | --- |")
    for kind, name in [
        *(("data", each.data) for each in trainings),
        *(("objective", each.objective) for each in trainings),
    ]:
        if (kind, name) in _seen:
            continue
        _seen.add((kind, name))
        others = [each for each in trainings if getattr(each, kind) != name and each.half == "tuning"]
        left = [each for each in trainings if getattr(each, kind) == name]
        tuned = tune(lambda others=others: [judged_by(each) for each in others])  # type: ignore[misc]
        for limit, value in tuned.limits.items():
            setattr(rules, limit, value)
        _print(
            name,
            {key: value for key, value in tuned.limits.items() if value != usual[key]},
            [judged_by(each) for each in left],
        )
        for limit, value in usual.items():
            setattr(rules, limit, value)


_seen: set[tuple[str, str]] = set()


def _print(name: str, changed: dict[str, float], found: list[Result]) -> None:
    failing = [each for each in found if each.failed is True]
    healthy = [each for each in found if each.failed is False]
    seen = [each for each in failing if each.serious]
    warned = sum(bool(each.serious) for each in healthy)
    critical = sum(any(one.severity.value == "critical" for one in each.serious) for each in healthy)
    limits = ", ".join(f"{key} {value:g}" for key, value in changed.items()) or "none"
    named = sum(each.named for each in seen)
    cells = [
        share(len(seen), len(failing)),
        share(named, len(seen)),
        share(warned, len(healthy)),
        share(critical, len(healthy)),
    ]
    print(f"| {name} | {limits} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from steadygan.recipes import recipe
from steadygan.study.plan import Plan
from steadygan.study.result import Result
from steadygan.study.trial import Trial
from tests.study import fake

pytestmark = pytest.mark.sweep
optuna = pytest.importorskip("optuna")
from steadygan.data import prepare  # noqa: E402
from steadygan.study import search  # noqa: E402
from steadygan.study.search import SHARES, run_search  # noqa: E402


class Clock:
    """Time that goes on with the trials."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(search, "time", clock)
    return clock


class Timed(fake.FakeExecutor):
    """Each trial takes as long as its share of 9 minutes says."""

    clock: Clock

    def ended(self, seconds: float) -> list[fake.Ended]:
        self.clock.now += 540 / 9 / self.room
        return super().ended(seconds)


def score(trial: Trial, share: float) -> float | None:
    """Longer is better, ``r1`` is worth much, ``hinge`` diverges."""
    if "hinge" in trial.edit.heuristics:
        return None
    return 10 / (1 + share) - (5 if "r1" in trial.edit.heuristics else 0) + len(trial.edit.heuristics) / 10


def plan(seed: int = 0, minutes: float = 60.0) -> Plan:
    return fake.plan(
        search=minutes,
        take_out=("batch-norm",),
        try_in=("r1", "ema", "hinge", "horizontal-flip", "batch=16"),
        training={"minutes": 9.0, "seed": seed},
    )


def searched(path: Path, chosen: Plan, clock: Clock, **given: object) -> tuple[Timed, list[Result]]:
    executor = Timed(fake.folder(path, chosen), score, **given)  # type: ignore[arg-type]
    executor.clock = clock
    listener = fake.Listener()
    with suppress(KeyboardInterrupt):
        run_search(executor.folder, chosen, prepare("ring8"), executor, listener)
    return executor, list(listener.standings[-1].results)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_best_is_found_and_only_the_better_go_on(seed: int, tmp_path: Path, clock: Clock) -> None:
    executor, results = searched(tmp_path, plan(seed), clock)
    best = recipe(executor.folder.best)
    assert best.has("r1")
    assert best.heuristics == recipe("dcgan").with_("r1").heuristics
    shares = Counter(share for _, share in executor.started)
    assert sorted(shares) == sorted(SHARES)
    assert shares[SHARES[0]] >= shares[SHARES[1]] >= shares[SHARES[2]] > 0
    assert shares[SHARES[0]] > shares[SHARES[2]]
    assert clock.now <= 3600 + 540
    assert len({result.trial for result in results}) == len(results)
    finished = [result for result in results if result.status == "finished"]
    assert all(result.share == 1 for result in finished)
    assert {result.status for result in results if "horizontal-flip" in result.heuristics} <= {"refused"}
    assert {result.status for result in results if "hinge" in result.heuristics} <= {"diverged", "refused"}
    names = [name for name, share in executor.started if share == SHARES[0]]
    assert len(set(names)) == len(names)


def test_a_search_that_was_broken_off_goes_on_with_what_it_has(tmp_path: Path, clock: Clock) -> None:
    chosen = plan()
    first, before = searched(tmp_path, chosen, clock, break_off=7)
    spent = clock.now
    second, after = searched(tmp_path, chosen, clock)
    known = {result.trial: result for result in before}
    assert {result.trial: result for result in after}.items() >= known.items()
    twice = Counter(start for executor in (first, second) for start in executor.started)
    assert {start for start, times in twice.items() if times > 1} == {
        (trial.name, share) for _, trial, share in first.running
    }  # those that ran, and had not been judged
    assert clock.now - spent <= 3600 - spent + 540


def test_a_search_ends_when_all_has_been_tried(tmp_path: Path, clock: Clock) -> None:
    small = fake.plan(search=1e6, take_out=("batch-norm",), training={"minutes": 9.0})
    _, results = searched(tmp_path, small, clock)
    assert {result.variant for result in results} == {"dcgan", "dcgan without batch-norm"}

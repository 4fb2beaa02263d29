"""An executor that runs nothing: it makes results up, loses some, and ends trials in any order."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from steadygan.study.executor import Ended
from steadygan.study.folder import StudyFolder
from steadygan.study.plan import Plan
from steadygan.study.planning import Request, make_plan
from steadygan.study.result import Result
from steadygan.study.trial import Trial
from steadygan.study.watching import Standing, Watcher

Score = Callable[[Trial, float], float | None]


def by_name(trial: Trial, share: float) -> float:
    """A score that a trial has whoever runs it."""
    return sum(map(ord, trial.name)) % 97 + 10 / share


class FakeExecutor:
    """Ends trials in an order that a seed decides.

    Args:
        folder: of the study.
        score: of a trial after a share of its budget; None diverges.
        room: how many trials run at the same time.
        lose: which starts are lost, counted from 0.
        break_off: after how many ended trials the user presses Ctrl-C.
        seed: of the order.
    """

    def __init__(
        self,
        folder: StudyFolder,
        score: Score = by_name,
        room: int = 3,
        lose: frozenset[int] = frozenset(),
        break_off: int | None = None,
        seed: int = 0,
    ) -> None:
        self.folder, self.score, self.room, self.lose, self.break_off = folder, score, room, lose, break_off
        self.started: list[tuple[str, float]] = []
        self.running: list[tuple[int, Trial, float]] = []
        self.most = 0
        self.stopped = False
        self._random = np.random.default_rng(seed)
        self._ended = 0

    def capacity(self) -> int:
        return self.room

    def start(self, trial: Trial, share: float) -> None:
        assert trial.name not in [each.name for _, each, _ in self.running]
        self.running.append((len(self.started), trial, share))
        self.started.append((trial.name, share))
        self.most = max(self.most, len(self.running))

    def ended(self, seconds: float) -> list[Ended]:
        if self._ended == self.break_off:
            raise KeyboardInterrupt
        number, trial, share = self.running.pop(self._random.integers(len(self.running)))
        self._ended += 1
        if number in self.lose:
            return [Ended(trial.name, "its machine burnt down")]
        self.folder.write_result(result(trial, self.score(trial, share), share))
        return [Ended(trial.name)]

    def stop(self) -> None:
        self.stopped = True


def result(trial: Trial, score: float | None, share: float = 1.0) -> Result:
    """What came of a trial."""
    return Result(
        trial=trial.name,
        variant=trial.variant,
        change=trial.change,
        heuristics=trial.edit.heuristics,
        seed=trial.seed,
        status="diverged" if score is None else "finished",
        healthy=score is not None,
        images_seen=round(100 * share),
        seconds=share,
        score=score,
        share=share,
    )


class Listener(Watcher):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.standings: list[Standing] = []

    def says(self, sentence: str) -> None:
        self.sentences.append(sentence)

    def update(self, standing: Standing) -> None:
        self.standings.append(standing)


def plan(**given: object) -> Plan:
    """A plan on points of the plane, which take no time to prepare."""
    request = {"data": "ring8", "recipe": "dcgan", "take_out": ("all",), "seeds": 2, "training": {"images": 256}}
    return make_plan(Request.model_validate(request | given), None)[0]


def folder(path: Path, chosen: Plan) -> StudyFolder:
    """A study that has begun."""
    study = StudyFolder(path / "study")
    study.write_plan(chosen)
    return study

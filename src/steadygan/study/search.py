"""Searches for the best recipe by successive halving: many for a short time, the better ones for longer.

Optuna chooses what is tried and what goes on: its tree of Parzen estimators, and its asynchronous successive halving.
A trial that goes on does so from its checkpoint, so that no training is done twice.

Source: Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020; Bergstra et al., Algorithms for
Hyper-Parameter Optimization, NeurIPS 2011.
"""

import time
from typing import Any

from steadygan.data import Prepared
from steadygan.study.best import best_of, write_best
from steadygan.study.executor import Executor
from steadygan.study.folder import StudyFolder
from steadygan.study.libraries import library
from steadygan.study.plan import Plan
from steadygan.study.result import Result
from steadygan.study.space import Space
from steadygan.study.table import write_table
from steadygan.study.trial import Trial
from steadygan.study.watching import Standing, Watcher
from steadygan.study.work import without_run

FACTOR = 3
"""Of so many, one goes on, for so many times as long."""
RUNGS = 3
SHARES = tuple(float(FACTOR) ** (rung + 1 - RUNGS) for rung in range(RUNGS))
"""Of the budget of a trial, after which it is judged."""
WAIT_SECONDS = 0.5
MOST_IN_VAIN = 300
"""Choices one after another that are refused, or were tried before, after which there is nothing left to try."""


def run_search(folder: StudyFolder, plan: Plan, data: Prepared, executor: Executor, watcher: Watcher) -> None:
    """Search until the time is used; a search that was broken off goes on with the time that it has left.

    Args:
        folder: of the study; the table and the best recipe are there then.
        plan: of the study.
        data: the prepared data.
        executor: who runs trials.
        watcher: is told how it goes.
    """
    Search(folder, plan, Space(plan, data), executor, watcher).run()


class Search:
    """A search.

    Args:
        folder: of the study.
        plan: of the study.
        space: what is chosen from.
        executor: who runs trials.
        watcher: is told how it goes.
    """

    def __init__(self, folder: StudyFolder, plan: Plan, space: Space, executor: Executor, watcher: Watcher) -> None:
        self._folder, self._plan, self._space, self._executor, self._watcher = folder, plan, space, executor, watcher
        self._optuna = optuna = library("optuna")
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._study = _optuna_study(optuna, folder, plan.training.seed)
        self._trials: list[Trial] = []
        self._results: dict[str, Result] = {}
        self._running: dict[str, Any] = {}
        self._is_exhausted = False
        self._spent_before = float(self._study.user_attrs.get("spent", 0.0))
        self._began = time.monotonic()

    @property
    def spent(self) -> float:
        """Seconds of the search, in all sittings."""
        return self._spent_before + time.monotonic() - self._began

    def run(self) -> None:
        """Search until the time is used."""
        try:
            self._take_up()
            while self._fill() or self._running:
                self._tell_watcher()
                for name, lost in self._executor.ended(WAIT_SECONDS):
                    self._settle(name, lost)
        finally:
            self._study.set_user_attr("spent", self.spent)
            self._write()
            self._tell_watcher()

    def _take_up(self) -> None:
        """Begin with the recipes as they are, or go on with what an earlier sitting left."""
        known = self._study.get_trials(deepcopy=False)
        if not known:
            for chosen in self._space.plain():
                self._study.enqueue_trial(chosen)
        for frozen in known:
            if not frozen.params:
                continue  # waits in the queue
            trial = self._space.trial(frozen.number, frozen.params)
            self._trials.append(trial)
            if frozen.state.is_finished():
                found = self._folder.result(trial.name)
                self._results[trial.name] = found or without_run(
                    trial, "refused", trial.refusal or "It was tried before"
                )
            else:
                again = self._optuna.trial.Trial(self._study, frozen._trial_id)
                self._start(trial, again)

    def _fill(self) -> bool:
        """Start new trials while there is room and time; whether any was started."""
        started = False
        while len(self._running) < self._executor.capacity() and self._has_time(0) and not self._is_exhausted:
            started = self._ask() or started
        return started

    def _ask(self) -> bool:
        for _ in range(MOST_IN_VAIN):
            asked = self._study.ask()
            trial = self._space.trial(asked.number, self._space.choose(asked))
            twin = any((each.base, each.edit) == (trial.base, trial.edit) for each in self._trials)
            if not twin:
                self._trials.append(trial)
            if not trial.refusal and not twin:
                self._start(trial, asked)
                return True
            self._study.tell(asked, state=self._optuna.trial.TrialState.FAIL)
            if not twin:
                self._results[trial.name] = without_run(trial, "refused", trial.refusal)
        self._is_exhausted = True
        return False

    def _start(self, trial: Trial, asked: Any) -> None:
        self._running[trial.name] = asked
        self._executor.start(trial, SHARES[self._rung(asked)])

    def _rung(self, asked: Any) -> int:
        """How often the trial has been judged."""
        frozen = self._study.get_trials(deepcopy=False)[asked.number]
        return min(len(frozen.intermediate_values), RUNGS - 1)

    def _settle(self, name: str, lost: str) -> None:
        """Decide what becomes of a trial that has been judged once more."""
        trial, asked = next(each for each in self._trials if each.name == name), self._running.pop(name)
        rung, states = self._rung(asked), self._optuna.trial.TrialState
        result = self._folder.result(name) or without_run(trial, "failed", lost or "It ended without a result")
        if result.status != "finished" or result.score is None:
            self._end(asked, result, states.FAIL if result.score is None else states.PRUNED)
            return
        asked.report(result.score, FACTOR**rung)
        if rung == RUNGS - 1:
            self._end(asked, result, None)
        elif asked.should_prune():
            self._end(asked, _stopped(result, "Others are better after as much training"), states.PRUNED)
        elif not self._has_time(rung + 1):
            self._end(asked, _stopped(result, "The time of the search is used"), states.PRUNED)
        else:
            self._start(trial, asked)

    def _end(self, asked: Any, result: Result, state: Any) -> None:
        if state is None:
            self._study.tell(asked, result.score)
        else:
            self._study.tell(asked, state=state)
        self._folder.write_result(result)
        self._results[result.trial] = result
        self._study.set_user_attr("spent", self.spent)
        self._write()

    def _has_time(self, rung: int) -> bool:
        """Whether there is time to train from the rung before to this one."""
        assert self._plan.search is not None  # otherwise this is no search
        before = SHARES[rung - 1] if rung else 0.0
        return self.spent + (SHARES[rung] - before) * self._seconds_of_a_trial() <= 60 * self._plan.search

    def _seconds_of_a_trial(self) -> float:
        """How long a trial takes that is given its whole budget, as far as that is known."""
        if self._plan.training.minutes is not None:
            return 60 * self._plan.training.minutes
        known = [result.seconds / result.share for result in self._results.values() if result.status == "finished"]
        return max(known, default=0.0)

    def _tell_watcher(self) -> None:
        self._watcher.update(Standing(self._trials, self._in_order(), tuple(self._running)))

    def _write(self) -> None:
        results = self._in_order()
        write_table(self._folder.table, results)
        best = best_of(results)
        if best is not None:
            trial = next(each for each in self._trials if each.name == best.trial)
            write_best(self._folder.best, trial, best, self._plan)

    def _in_order(self) -> list[Result]:
        return [self._results[trial.name] for trial in self._trials if trial.name in self._results]


def _stopped(result: Result, why: str) -> Result:
    return result.model_copy(update={"status": "stopped", "reason": why})


def _optuna_study(optuna: Any, folder: StudyFolder, seed: int) -> Any:
    backend = library("optuna.storages.journal").JournalFileBackend(str(folder.search))
    return optuna.create_study(
        study_name="search",
        storage=optuna.storages.JournalStorage(backend),
        load_if_exists=True,
        direction="minimize",
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=FACTOR),
    )

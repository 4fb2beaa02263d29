"""The loop of a study: it starts what is missing, and writes down what has ended."""

import time
from collections.abc import Sequence

from steadygan.study.executor import Executor
from steadygan.study.folder import StudyFolder
from steadygan.study.result import Result
from steadygan.study.table import write_table
from steadygan.study.trial import Trial
from steadygan.study.watching import Standing, Watcher
from steadygan.study.work import without_run

WAIT_SECONDS = 0.5
TABLE_SECONDS = 10.0
"""Time between two versions of the table while trials end one after another."""


def run_missing(
    folder: StudyFolder, trials: Sequence[Trial], executor: Executor, watcher: Watcher, share: float = 1.0
) -> list[Result]:
    """Run those of the trials that have no result yet.

    Args:
        folder: of the study.
        trials: all of them, in the order in which they begin.
        executor: who runs them.
        watcher: is told how it goes.
        share: of the budget.

    Returns:
        The results of all trials, in their order; the table holds them too.
    """
    results = {result.trial: result for result in folder.results(trials) if result.counts and result.share >= share}
    results |= {trial.name: without_run(trial, "refused", trial.refusal, share) for trial in trials if trial.refusal}
    by_name = {trial.name: trial for trial in trials}
    waiting = [trial for trial in trials if trial.name not in results]
    running: list[str] = []
    written = time.monotonic()
    try:
        while waiting or running:
            while waiting and len(running) < executor.capacity():
                running.append(waiting[0].name)
                executor.start(waiting.pop(0), share)
            watcher.update(Standing(trials, _in_order(results, trials), tuple(running)))
            for name, lost in executor.ended(WAIT_SECONDS):
                running.remove(name)
                results[name] = _result(folder, by_name[name], lost, share)
            if time.monotonic() - written > TABLE_SECONDS:
                write_table(folder.table, _in_order(results, trials))
                written = time.monotonic()
    finally:
        write_table(folder.table, _in_order(results, trials))
        watcher.update(Standing(trials, _in_order(results, trials)))
    return _in_order(results, trials)


def _result(folder: StudyFolder, trial: Trial, lost: str, share: float) -> Result:
    found = folder.result(trial.name)
    if found is not None and (found.share >= share or found.status != "finished"):
        return found
    found = without_run(trial, "failed", lost or "It ended without a result", share)
    folder.write_result(found)
    return found


def _in_order(results: dict[str, Result], trials: Sequence[Trial]) -> list[Result]:
    return [results[trial.name] for trial in trials if trial.name in results]

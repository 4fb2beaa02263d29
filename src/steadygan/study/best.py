"""The best recipe of a search."""

from collections.abc import Sequence
from pathlib import Path

from steadygan.amounts import things
from steadygan.recipes import parse
from steadygan.runs.folder import write_atomically
from steadygan.study.plan import Plan
from steadygan.study.result import Result
from steadygan.study.trial import Trial


def best_of(results: Sequence[Result]) -> Result | None:
    """The best result: of those with the most training the one with the least score.

    Args:
        results: of a search.

    Returns:
        None if no trial has a score.
    """
    judged = [result for result in results if result.score is not None and result.status in ("finished", "stopped")]
    return min(judged, key=lambda result: (-result.share, result.score), default=None)


def write_best(path: Path, trial: Trial, result: Result, plan: Plan) -> None:
    """Write the recipe of a trial as TOML that ``train --recipe`` takes.

    Args:
        path: of the file.
        trial: that is the best.
        result: what came of it.
        plan: of the study.
    """
    base = parse(trial.recipe, trial.name) if trial.recipe else plan.recipe
    said = (
        f"{trial.variant}: {result.score:.4g} by {plan.features} after {things(result.images_seen, 'image')} in "
        f"{result.seconds:.0f} s, found by a search of {plan.search:g} minutes on {plan.data}"
    )
    changed = trial.edit.apply(base).model_copy(
        update={"name": "best", "summary": f"What a search found: {trial.variant}", "measured": said}
    )
    write_atomically(path, changed.to_toml())

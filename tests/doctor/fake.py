"""A doctor for tests, who finds what he is told to find, when he is told to."""

from collections.abc import Callable
from functools import partial

import pytest

from steadygan.doctor.examiner import Examiner
from steadygan.doctor.finding import Evidence, Severity
from steadygan.doctor.history import History
from steadygan.doctor.rule import Rule
from steadygan.vocabulary import Failure
from tests import tiny

ROW = 20
"""Images from one row to the next, with batches of four."""


def rule(
    fires: Callable[[History], bool],
    kind: Failure = Failure.MODE_COLLAPSE,
    severity: Severity = Severity.CRITICAL,
) -> Rule:
    """A rule that sees a failure wherever ``fires`` says so, at any row with losses."""

    def check(history: History) -> tuple[Evidence, ...]:
        if not fires(history):
            return ()
        return (Evidence(figure="images", value=history.images, sentence=f"{history.images} images were seen"),)

    return Rule(kind, severity, ("not_finite",), check, persists=1, after=0.0, judged_by="losses")


def finds(patch: pytest.MonkeyPatch, *rules: Rule) -> None:
    """Let the doctor of every run apply these rules and no others, at short intervals."""
    patch.setattr("steadygan.training.loop.STEPS_PER_ROW", ROW // tiny.BATCH)
    patch.setattr("steadygan.doctor.checkup.Examiner", partial(Examiner, rules=rules))

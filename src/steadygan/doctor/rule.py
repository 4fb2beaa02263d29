"""What a rule is: a failure, the figures that show it, and how long they must."""

from collections.abc import Callable
from dataclasses import dataclass

from steadygan.doctor.finding import Evidence, Severity
from steadygan.doctor.history import History
from steadygan.vocabulary import Failure


@dataclass(frozen=True)
class Rule:
    """A rule is a pure function of a history, applied whenever one of its figures has a new value.

    Attributes:
        kind: the failure that it sees.
        severity: how serious that is.
        reads: figures that it reads; the first is the one that matters.
        check: from the history to the evidence at its newest row; nothing where the failure is not seen.
        persists: new values in a row at which it must be seen, and later not be seen for it to have ended.
        after: share of the images wanted (see :class:`steadygan.doctor.history.Setting`) before which it keeps silent,
            because every training begins with images that are grey and alike.
        judged_by: ``looks``, or ``losses`` for a rule that needs nothing else.
    """

    kind: Failure
    severity: Severity
    reads: tuple[str, ...]
    check: Callable[[History], tuple[Evidence, ...]]
    persists: int = 3
    after: float = 0.12
    judged_by: str = "looks"

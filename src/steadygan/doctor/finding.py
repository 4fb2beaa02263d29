"""What the doctor says: a failure that was seen, since when, by what evidence, and what treats it."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from steadygan.amounts import things
from steadygan.vocabulary import Failure


class Severity(StrEnum):
    """How serious a finding is; in order."""

    WATCH = "watch"
    """Worth a look; nothing need be done yet."""
    WARNING = "warning"
    """Training fails, or will, if nothing is done."""
    CRITICAL = "critical"
    """Training has failed: going on as it is wastes time."""

    @property
    def rank(self) -> int:
        """0 for the least serious."""
        return list(Severity).index(self)


class Evidence(BaseModel):
    """A figure that speaks for a finding.

    Attributes:
        figure: its name in the rows of metrics, such as ``doctor/variety``.
        value: what it is now; None where it is not a finite number.
        sentence: what it says, in plain words.
    """

    model_config = ConfigDict(frozen=True)

    figure: str
    value: float | None
    sentence: str


class Treatment(BaseModel):
    """A change that treats a finding.

    Attributes:
        heuristic: the heuristic that is put in, or whose parameters change; empty for advice alone.
        sentence: what it does, and where from.
        command: to run, for a shell or in Python; empty where there is nothing to run.
    """

    model_config = ConfigDict(frozen=True)

    heuristic: str = ""
    sentence: str
    command: str = ""


class Finding(BaseModel):
    """A failure that was seen in a training.

    Attributes:
        kind: which failure.
        severity: how serious it is.
        since: real images that training had seen when it began; steps, in a loop that does not say how many images.
        seen_at: the same when it was found, which is later.
        ended_at: the same when it was gone; None while it lasts.
        evidence: the figures that speak for it.
        meaning: what it means, in two sentences.
        treatments: what treats it, the likeliest first.
        judged_by: ``looks`` at outputs and logits, or ``losses`` alone, which tell less.
    """

    model_config = ConfigDict(frozen=True)

    kind: Failure
    severity: Severity
    since: int
    seen_at: int
    ended_at: int | None = None
    evidence: tuple[Evidence, ...] = ()
    meaning: str
    treatments: tuple[Treatment, ...] = ()
    judged_by: str = "looks"

    def as_row(self) -> dict[str, object]:
        """The finding as a row of ``findings.jsonl``, where one that has ended has a second row that says so."""
        return {
            "images": self.seen_at if self.ended_at is None else self.ended_at,
            "finding": self.kind.value,
            "message": self.message if self.ended_at is None else self.farewell,
            **self.model_dump(mode="json", exclude={"kind"}),
        }

    @property
    def message(self) -> str:
        """The finding in a line."""
        return f"{self.kind.value} ({self.severity.value}) since {self.since:,}: {self.reasons}"

    @property
    def reasons(self) -> str:
        """What speaks for it, in plain words."""
        return "; ".join(each.sentence for each in self.evidence)

    @property
    def farewell(self) -> str:
        """That it is gone, in a line."""
        return f"{self.kind.value} is gone since {things(self.ended_at or 0, 'image')}"

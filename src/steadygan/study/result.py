"""What came of a trial, as its folder and a row of the table say it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from steadygan.study.designs import Change

Status = Literal["finished", "stopped", "diverged", "refused", "failed"]
"""How a trial ended.

``finished``: its budget is used. ``stopped``: the doctor, or a search, ended it early. ``diverged``: its numbers are
not finite. ``refused``: this recipe cannot be trained on these data. ``failed``: the machine or a program let it down,
which says nothing of the recipe, and ``--resume`` tries again.
"""
METRIC = "metric/"
"""How the columns of metrics begin."""
NOT_REPEATED = ("seconds", "images_per_second", "trial_seconds")
"""Columns that differ when the same trial is run again."""


class Result(BaseModel):
    """What came of a trial.

    Attributes:
        trial: its name.
        variant: what was edited, in words.
        change: what kind of change that is.
        heuristics: the names of what was edited.
        seed: of the training.
        status: how it ended.
        reason: why it did not end well.
        healthy: whether nothing lasts that the doctor calls a warning or worse; None where nobody looked.
        findings: the kinds of findings that last.
        images_seen: real images seen in training.
        seconds: of training.
        images_per_second: of training.
        trial_seconds: from its beginning to its end, judging included, in the last sitting.
        score: the distance by which it is judged, lower is better: the Fréchet distance of features of the domain, for
            vectors the sliced Wasserstein distance; None where there is nothing to judge.
        metrics: further figures of the same samples, by their names.
        grid: where the last grid of samples is, relative to the folder of the study.
        run: where the run is, likewise.
        share: how much of its budget it was given; less than 1 in a search only.
        scores: of a search: the scores at each share of the budget, in order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trial: str
    variant: str
    change: Change
    heuristics: tuple[str, ...]
    seed: int
    status: Status
    reason: str | None = None
    healthy: bool | None = None
    findings: tuple[str, ...] = ()
    images_seen: int = 0
    seconds: float = 0.0
    images_per_second: float = 0.0
    trial_seconds: float = 0.0
    score: float | None = None
    metrics: dict[str, float | None] = {}
    grid: str | None = None
    run: str | None = None
    share: float = 1.0
    scores: tuple[tuple[float, float | None], ...] = ()

    @property
    def counts(self) -> bool:
        """Whether this says something of the recipe, so that nobody need try again."""
        return self.status != "failed"

    def row(self) -> dict[str, Any]:
        """The row of the table: the fields, with a column for each metric."""
        fields = self.model_dump(exclude={"metrics", "share", "scores"})
        fields |= {name: list(fields[name]) for name in ("heuristics", "findings")}
        return fields | {f"{METRIC}{name}": value for name, value in self.metrics.items()}

"""What can be said of a run at its end, in one sentence with a command to try: what the doctor found that lasts."""

import math
import shlex
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from steadygan.amounts import things
from steadygan.data import IN_MEMORY
from steadygan.doctor.checkup import POINTS_WANTED, Checkup, images_wanted
from steadygan.doctor.finding import Finding, Severity
from steadygan.runs.folder import RunFolder
from steadygan.training.state import TrainingState

JUDGED = 0.25
"""Share of the points wanted from which on it can be said that training on vectors goes well."""
EYES = "whether samples are good, your eyes say best"


class Conclusion(BaseModel):
    """What can be said of a run.

    Attributes:
        kind: the failure that lasts, the most serious first; ``too-early``; or ``nothing-seen``.
        message: a sentence.
        command: to try next, for a shell, or in Python for data that only a program has.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    message: str
    command: str


@dataclass(frozen=True)
class Ending:
    """What a conclusion is drawn from.

    Attributes:
        folder: the run folder.
        source: the name of the data.
        pixels: side of an image; None for vectors.
        images_seen: by training.
        lasting: what the doctor found that lasts, the most serious first.
        gone: what it found that has ended.
        looked: whether a doctor looked.
        ended: whether the budget is used; a run that was stopped goes on to its own end.
    """

    folder: str
    source: str
    pixels: int | None
    images_seen: int
    lasting: tuple[Finding, ...] = ()
    gone: tuple[Finding, ...] = ()
    looked: bool = True
    ended: bool = True

    @property
    def wanted(self) -> int:
        """Items that training should see before anything but a failure is said."""
        return round(JUDGED * POINTS_WANTED) if self.pixels is None else images_wanted(self.pixels)


def estimate(pixels: int, images_seen: int, seconds: float, fraction: float) -> str:
    """Say how many images a budget will show to training, and whether they are likely to be enough.

    Args:
        pixels: side of an image.
        images_seen: so far, at least 1.
        seconds: that they took.
        fraction: share of the budget that is used, above 0.
    """
    in_all, wanted = images_seen / fraction, images_wanted(pixels)
    said = (
        f"At this speed training sees about {_rounded(in_all):,} images; pictures of {pixels} pixels are usually "
        f"recognisable after about {wanted:,}"
    )
    if in_all >= wanted:
        return said
    minutes = math.ceil(wanted / images_seen * seconds / 60)
    return f"{said}, which takes about {minutes:,} minutes (--minutes {minutes})"


def _rounded(number: float) -> int:
    """To two digits."""
    return int(float(f"{number:.1e}"))


def ending(state: TrainingState, folder: RunFolder, checkup: Checkup | None, ended: bool) -> Ending:
    """Collect what is known of a run.

    Args:
        state: of the run.
        folder: its folder.
        checkup: its doctor, if it has one.
        ended: whether its budget is used.
    """
    found = [] if checkup is None else checkup.findings
    return Ending(
        folder=str(folder.path),
        source=state.data.source,
        pixels=state.data.shape[0] if state.data.kind == "images" else None,
        images_seen=state.images_seen,
        lasting=() if checkup is None else tuple(checkup.lasting),
        gone=tuple(finding for finding in found if finding.ended_at is not None),
        looked=checkup is not None,
        ended=ended,
    )


def conclude(seen: Ending) -> Conclusion:
    """Draw the conclusion: a failure comes before how early it is, and that before what is only worth a look."""
    if seen.lasting and seen.lasting[0].severity is not Severity.WATCH:
        return _of_findings(seen)
    if seen.images_seen < seen.wanted:
        return Conclusion(kind="too-early", message=_early(seen), command=_train_on(seen))
    if seen.lasting:
        return _of_findings(seen)
    command = f"steadygan sample {shlex.quote(seen.folder)} -n 64 --out grid.png"
    return Conclusion(kind="nothing-seen", message=f"{_healthy(seen)}; {EYES}", command=command)


def _of_findings(seen: Ending) -> Conclusion:
    first, others = seen.lasting[0], [each.kind.value for each in seen.lasting[1:]]
    message = (
        f"The doctor found {first.kind} ({first.severity}), which has lasted since {things(first.since, 'image')}: "
        f"{first.reasons}"
    )
    if others := list(dict.fromkeys(each for each in others if each != first.kind)):
        message += f"; it found {_listed(others)} too"
    if first.treatments and not first.treatments[0].command:
        message += f". First {first.treatments[0].sentence}"
    commands = [treatment.command for finding in seen.lasting for treatment in finding.treatments if treatment.command]
    return Conclusion(
        kind=first.kind.value,
        message=message,
        command=commands[0] if commands else f"steadygan report {shlex.quote(seen.folder)}",
    )


def _listed(names: list[str]) -> str:
    """Names as in ``a, b and c``."""
    return " and ".join([part for part in (", ".join(names[:-1]), names[-1]) if part])


def _early(seen: Ending) -> str:
    if seen.pixels is None:
        return (
            f"It is early: {things(seen.images_seen, 'point')} of the {seen.wanted:,} or so after which it can be said "
            "how training goes"
        )
    return (
        f"It is early: {things(seen.images_seen, 'image')} of the {seen.wanted:,} or so that pictures "
        f"of {seen.pixels} pixels want"
    )


def _healthy(seen: Ending) -> str:
    if not seen.looked:
        return "No doctor looked at this run"
    if not seen.gone:
        return "Healthy: the doctor found nothing wrong"
    gone = _listed([finding.farewell for finding in seen.gone])
    return f"Healthy: what the doctor found has ended ({gone})"


def _train_on(seen: Ending) -> str:
    """A command that goes on with the run; with a larger budget, where it has used its own."""
    if seen.source.startswith(IN_MEMORY):
        return f"sg.resume({seen.folder!r}, data=data{f', images={seen.wanted}' if seen.ended else ''})"
    return f"steadygan train --resume {shlex.quote(seen.folder)}{f' --images {seen.wanted}' if seen.ended else ''}"

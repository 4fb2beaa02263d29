"""What can be said of a run at its end, in one sentence with a command to try.

What the doctor found and what lasts comes first; then whether the best generator is not the last one, and whether
training was long enough.
"""

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from steadygan.amounts import things
from steadygan.data import IN_MEMORY
from steadygan.doctor.checkup import POINTS_WANTED, Checkup, images_wanted
from steadygan.doctor.finding import Finding, Severity
from steadygan.runs.folder import RunFolder
from steadygan.training.state import TrainingState

WORSE = 1.5
"""Factor over the best judged distance, or over the floor where that is larger, from which on the newest is worse."""
EARLY = 0.25
"""Share of what training wants to see below which it is not said that the best is past, or that points go well."""
JUDGED = "quality/frechet_distance_"
"""How the names of the distances begin by which a run is judged."""
EYES = "whether samples are good, your eyes say best"


class Conclusion(BaseModel):
    """What can be said of a run.

    Attributes:
        kind: the failure that lasts, the most serious first; ``past-best``; ``too-early``; or ``nothing-seen``.
        message: a sentence.
        command: to try next, for a shell, or in Python for data that only a program has.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    message: str
    command: str


@dataclass(frozen=True)
class Judged:
    """Distances that a run was judged by, all of the newest kind.

    Attributes:
        newest: the distance of the newest samples that were judged.
        best: the least.
        best_at: images seen then.
        floor: the distance of held-out images.
    """

    newest: float
    best: float
    best_at: int
    floor: float

    @property
    def is_past_best(self) -> bool:
        """Whether the newest samples are clearly worse than the best ones, and than real images."""
        return self.newest > WORSE * max(self.best, self.floor)


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
        judged: by features; None if it was not judged, or keeps no best generator.
    """

    folder: str
    source: str
    pixels: int | None
    images_seen: int
    lasting: tuple[Finding, ...] = ()
    gone: tuple[Finding, ...] = ()
    looked: bool = True
    ended: bool = True
    judged: Judged | None = None

    @property
    def best(self) -> str:
        """Where the best generator lies."""
        return str(RunFolder(self.folder).best.path)

    @property
    def past_best(self) -> Judged | None:
        """How the run was judged, if it is past its best."""
        early = self.pixels is not None and self.images_seen < EARLY * self.wanted
        return self.judged if self.judged is not None and self.judged.is_past_best and not early else None

    @property
    def wanted(self) -> int:
        """Items that training should see before anything but a failure is said."""
        return round(EARLY * POINTS_WANTED) if self.pixels is None else images_wanted(self.pixels)


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
    return f"{said}, which takes about {things(minutes, 'minute')} (--minutes {minutes})"


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
        judged=_judged(folder.read_rows(folder.metrics)) if folder.best.generator.is_file() else None,
    )


def _judged(rows: Sequence[Mapping[str, Any]]) -> Judged | None:
    keys = [key for row in rows for key in row if key.startswith(JUDGED) and not key.endswith("/data")]
    if not keys:
        return None
    key = keys[-1]  # other features, which a run that goes on may take, have another name
    found = [(row[key], row["images"], row[f"{key}/data"]) for row in rows if row.get(key) is not None]
    if not found:
        return None
    best, best_at, floor = min(found)
    return Judged(found[-1][0], best, best_at, floor)


def conclude(seen: Ending) -> Conclusion:
    """Draw the conclusion: a failure comes before how early it is, and that before what is only worth a look."""
    if seen.lasting and seen.lasting[0].severity is not Severity.WATCH:
        return _of_findings(seen)
    if (judged := seen.past_best) is not None:
        return _past_best(seen, judged)
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
    if seen.past_best is not None:
        message += f". The best generator, of {things(seen.past_best.best_at, 'image')} seen, lies in '{seen.best}'"
    commands = [treatment.command for finding in seen.lasting for treatment in finding.treatments if treatment.command]
    return Conclusion(
        kind=first.kind.value,
        message=message,
        command=commands[0] if commands else f"steadygan report {shlex.quote(seen.folder)}",
    )


def _past_best(seen: Ending, judged: Judged) -> Conclusion:
    return Conclusion(
        kind="past-best",
        message=(
            f"The run is past its best: its newest samples lie at a Fréchet distance of {judged.newest:.3g}, and those "
            f"of {things(judged.best_at, 'image')} seen at {judged.best:.3g}; that generator lies in '{seen.best}'"
        ),
        command=f"steadygan sample {shlex.quote(seen.best)} -n 64 --out grid.png",
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

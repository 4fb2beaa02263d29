"""What a run with ``--rescue`` did about critical findings: each decision, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from steadygan.amounts import things
from steadygan.report.pictures import Picture, picture
from steadygan.report.read import RunRecord
from steadygan.report.words import sentence_case
from steadygan.runs.rescues import Rescue


@dataclass(frozen=True)
class Decision:
    """A decision as the page shows it.

    Attributes:
        title: what was found, as a heading.
        when: when it was decided, and to which state the run went back.
        evidence: what spoke for the finding.
        change: what was changed, as options of the command line; empty where the rescue gave up.
        reason: why that may help, or why nothing was tried.
        outcome: what became of it.
        given_up: the newest samples of the line that was given up, if there are any.
    """

    title: str
    when: str
    evidence: str
    change: str
    reason: str
    outcome: str
    given_up: Picture | None


def decisions(record: RunRecord) -> list[Decision]:
    """All decisions of a run, oldest first; none if it was never rescued."""
    return [_decision(each, record) for each in record.rescues]


def _decision(rescue: Rescue, record: RunRecord) -> Decision:
    found = sentence_case(rescue.finding.replace("-", " "))
    treatment = rescue.treatment
    after = f"after {things(rescue.images, 'image')}"
    if treatment is None:
        return Decision(f"No rescue from {found.lower()}", after, rescue.evidence, "", rescue.message, "", None)
    where = f"back to {things(rescue.back_to, 'image')}" if rescue.back_to else "begun anew"
    grids = record.folder.abandoned(rescue.line).sample_grids()
    return Decision(
        title=f"Rescue {rescue.line + 1} from {found.lower()}",
        when=f"{after}, {where}",
        evidence=rescue.evidence,
        change=treatment.options,
        reason=sentence_case(treatment.reason),
        outcome=_outcome(rescue, record.rescues),
        given_up=picture(grids[-1][1]) if grids else None,
    )


def _outcome(rescue: Rescue, decided: Sequence[Rescue]) -> str:
    """What was decided on next in the line that a rescue began."""
    following = [each for each in decided if each.line == rescue.line + 1]
    if not following:
        return "Nothing critical was found after it."
    next_one = following[0]
    if next_one.finding == rescue.finding:
        return f"It came again, at {things(next_one.images, 'image')}."
    return f"Then came {next_one.finding}, at {things(next_one.images, 'image')}."

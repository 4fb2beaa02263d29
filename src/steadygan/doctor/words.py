"""Findings in a few lines, for a screen."""

from collections.abc import Sequence

from steadygan.amounts import things
from steadygan.doctor.finding import Finding, Severity, Treatment

INDENT = "  "


def described(finding: Finding) -> str:
    """What was found, what it means, and what treats it, a line for each."""
    ended = "" if finding.ended_at is None else f"; gone at {finding.ended_at:,}"
    tried = [f"{INDENT}try: {line}" for line in map(treatment_line, finding.treatments)]
    return "\n".join([finding.message + ended, INDENT + finding.meaning, *tried])


def treatment_line(treatment: Treatment) -> str:
    """A treatment in a line: the command first, if there is one."""
    return f"{treatment.command}  ({treatment.sentence})" if treatment.command else treatment.sentence


def summary(findings: Sequence[Finding], images: int) -> str:
    """All findings, those that last first; or that there are none.

    Args:
        findings: in the order of time.
        images: real images seen.
    """
    if not findings:
        return f"healthy: nothing was found in {things(images, 'image')}"
    lasting = sorted((each for each in findings if each.ended_at is None), key=lambda each: -each.severity.rank)
    ended = [each for each in findings if each.ended_at is not None]
    head = "" if lasting else f"healthy now, after {things(images, 'image')}; found before:\n"
    return head + "\n".join(described(each) for each in [*lasting, *ended])


def conclusion(findings: Sequence[Finding], images: int) -> str:
    """One line for the end of a training: healthy, or what is wrong and what to try first.

    Args:
        findings: in the order of time.
        images: real images seen.
    """
    lasting = sorted((each for each in findings if each.ended_at is None), key=lambda each: -each.severity.rank)
    if not lasting:
        ended = f"; {things(len(findings), 'finding has', 'findings have')} ended" if findings else ""
        return f"healthy after {things(images, 'image')}{ended}"
    named = ", ".join(f"{each.kind.value} ({each.severity.value})" for each in lasting)
    command = next((each.command for each in lasting[0].treatments if each.command), "")
    return f"not healthy after {things(images, 'image')}: {named}" + (f"; try: {command}" if command else "")


def is_healthy(findings: Sequence[Finding]) -> bool:
    """Whether nothing lasts that is a warning or worse."""
    return not any(each.ended_at is None and each.severity is not Severity.WATCH for each in findings)

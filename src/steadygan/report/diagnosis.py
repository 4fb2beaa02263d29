"""What the doctor said of a run: each failure with when it was there, why, what it means and what treats it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from steadygan.amounts import things
from steadygan.doctor.finding import Severity
from steadygan.report.facts import own_commands
from steadygan.report.looks import PREFIX
from steadygan.report.pictures import Frame
from steadygan.report.read import RunRecord, Table, newest, number, tables, text
from steadygan.report.words import count, sentence_case

_TIMES = 3
"""The most spans that are told one by one."""


@dataclass(frozen=True)
class Span:
    """When a failure was there, in images seen.

    Attributes:
        since: when it began.
        seen: when it was found.
        until: when it was gone, or the end of the rows.
        lasts: whether it was still there at the end.
    """

    since: float
    seen: float
    until: float
    lasts: bool


@dataclass(frozen=True)
class Reason:
    """A figure that speaks for a finding."""

    figure: str
    sentence: str


@dataclass(frozen=True)
class Advice:
    """What treats a finding; without a command it is something to look at."""

    sentence: str
    command: str


@dataclass(frozen=True)
class Found:
    """A failure that was found, once or several times.

    Attributes:
        kind: its name.
        severity: the most serious that was said of it.
        spans: when it was there, oldest first.
        reasons: what spoke for it last.
        meaning: in two sentences.
        advice: what treats it.
        before: which of the page's frames is the last from before it; None if there is none.
        after: which of them is the first that shows it; None if there is none.
        pictured: whether another finding before it on the page shows the same pictures.
    """

    kind: str
    severity: str
    spans: tuple[Span, ...]
    reasons: tuple[Reason, ...]
    meaning: str
    advice: tuple[Advice, ...]
    before: int | None
    after: int | None
    pictured: bool = False

    @property
    def title(self) -> str:
        """Its name as a heading."""
        return sentence_case(self.kind.replace("-", " "))

    @property
    def lasts(self) -> bool:
        """Whether it was still there at the end."""
        return any(span.lasts for span in self.spans)

    @property
    def when(self) -> str:
        """When it was there, in words."""
        parts = [
            f"since {count(span.since)}" if span.lasts else f"from {count(span.since)} to {count(span.until)}"
            for span in self.spans
        ]
        shown = parts if len(parts) <= _TIMES else [f"{len(parts)} times", parts[-1]]
        listed = " and ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)
        return f"{listed} images, first seen at {count(self.spans[0].seen)}"


def is_of_doctor(row: Table) -> bool:
    """Whether a row of ``findings.jsonl`` is the doctor's; others tell of damaged files."""
    return "severity" in row


def end_of(record: RunRecord) -> float:
    """Images seen at the newest row."""
    return newest(record.rows, "images") or 0.0


def diagnosis(record: RunRecord, frames: Sequence[Frame]) -> list[Found]:
    """All that was found, the most serious and the lasting first.

    Args:
        record: of the run.
        frames: the page's sample grids, oldest first.
    """
    newest_rows: dict[tuple[object, ...], Table] = {}
    for row in record.findings:
        if is_of_doctor(row):  # the row that says that a finding has ended replaces the one that says that it began
            newest_rows[tuple(repr(row.get(key)) for key in ("finding", "severity", "since", "seen_at"))] = row
    kinds: dict[str, list[Table]] = {}
    for row in newest_rows.values():
        kinds.setdefault(text(row.get("finding")) or "finding", []).append(row)
    found = [_found(kind, rows, record, frames) for kind, rows in kinds.items()]
    found.sort(key=lambda each: (-_rank(each.severity), not each.lasts, each.spans[0].since))
    pairs = [(each.before, each.after) for each in found]
    return [replace(each, pictured=pairs[place] in pairs[:place]) for place, each in enumerate(found)]


def _found(kind: str, rows: Sequence[Table], record: RunRecord, frames: Sequence[Frame]) -> Found:
    spans = _joined([_span(row, end_of(record)) for row in rows])
    worst = max(rows, key=lambda row: (_rank(text(row.get("severity"))), number(row.get("images")) or 0.0))
    before, after = _frames_of(max(spans, key=lambda span: span.until - span.since), frames)
    treatments = own_commands(record, [text(each.get("command")) for each in tables(worst.get("treatments"))])
    sentences = [sentence_case(text(each.get("sentence"))) for each in tables(worst.get("treatments"))]
    return Found(
        kind=kind,
        severity=text(worst.get("severity")),
        spans=spans,
        reasons=tuple(
            Reason(text(each.get("figure")), text(each.get("sentence"))) for each in tables(worst.get("evidence"))
        ),
        meaning=text(worst.get("meaning")),
        advice=tuple(Advice(*pair) for pair in zip(sentences, treatments, strict=True)),
        before=before,
        after=after,
    )


def _rank(severity: str) -> int:
    """How serious, from 0 on; a word that this version does not know is least so."""
    known = [each.value for each in Severity]
    return known.index(severity) if severity in known else 0


def _span(row: Table, end: float) -> Span:
    seen = number(row.get("seen_at")) or number(row.get("images")) or 0.0
    ended = number(row.get("ended_at"))
    since = number(row.get("since"))
    return Span(seen if since is None else since, seen, max(end, seen) if ended is None else ended, ended is None)


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Spans in order, of which those that overlap are one: several rules may see the same failure."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda each: each.since):
        if joined and span.since <= joined[-1].until:
            last = joined.pop()
            seen, until = min(last.seen, span.seen), max(last.until, span.until)
            span = Span(last.since, seen, until, last.lasts or span.lasts)
        joined.append(span)
    return tuple(joined)


def _frames_of(span: Span, frames: Sequence[Frame]) -> tuple[int | None, int | None]:
    """The last frame from before it began, and the first after it was found while it was there."""
    before = [place for place, frame in enumerate(frames) if frame.images < span.since]
    during = [place for place, frame in enumerate(frames) if span.seen <= frame.images <= span.until]
    return before[-1] if before else None, during[0] if during else None


def bands(found: Iterable[Found]) -> list[dict[str, object]]:
    """What the charts show of findings: name, severity, spans, and the figures that speak for them."""
    return [
        {
            "title": each.title,
            "severity": each.severity,
            "spans": [[span.since, span.seen, span.until] for span in each.spans],
            "figures": [reason.figure for reason in each.reasons],
        }
        for each in found
    ]


def calm_sentence(record: RunRecord, found: Sequence[Found]) -> str:
    """The section in a sentence; nothing where there never was a doctor, as in runs of earlier versions."""
    moments = [number(row.get("images")) or 0.0 for row in record.rows if any(key.startswith(PREFIX) for key in row)]
    looks = f"The doctor looked {'once' if len(moments) == 1 else things(len(moments), 'time')}"
    if found:
        lasting = sum(each.lasts for each in found)
        ended = len(found) - lasting
        lasts = f"{things(lasting, 'finding lasts', 'findings last')}" if lasting else ""
        gone = f"{things(ended, 'finding has', 'findings have')} ended" if ended else ""
        said = " and ".join(part for part in (lasts, gone) if part)
        return f"{looks}: {said}." if moments else f"{sentence_case(said)}."
    if moments:
        return f"{looks}, up to {things(round(moments[-1]), 'image')}, and found nothing wrong."
    if not record.training.doctor:
        return "No doctor looked at this run, because it was told not to."
    return ""

"""Applies the rules to a training row by row: what began, what lasts, what has ended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from steadygan.doctor.finding import Evidence, Finding
from steadygan.doctor.history import History, Setting
from steadygan.doctor.meanings import MEANINGS
from steadygan.doctor.rule import Rule
from steadygan.doctor.rules import RULES


@dataclass
class _Progress:
    """How long a rule has held, or has not."""

    began: int = 0
    held: int = 0
    missed: int = 0
    evidence: tuple[Evidence, ...] = ()


@dataclass
class Examiner:
    """Reads rows in order and keeps what was found.

    The same rows always give the same findings, whether they are read while a training writes them or afterwards.

    Args:
        setting: what is known of the training.
        rules: the rules to apply.
    """

    setting: Setting = field(default_factory=Setting)
    rules: Sequence[Rule] = RULES

    def __post_init__(self) -> None:
        self.history = History(self.setting)
        self._progress = [_Progress() for _ in self.rules]
        self._lasting: dict[int, Finding] = {}
        self._ended: list[Finding] = []
        self._ended_before = 0

    @property
    def findings(self) -> list[Finding]:
        """All that was found, in the order of time; those that have ended say when."""
        return sorted([*self._ended, *self._lasting.values()], key=lambda each: (each.seen_at, each.kind))

    @property
    def lasting(self) -> list[Finding]:
        """What lasts at the newest row, the most serious first."""
        return sorted(self._lasting.values(), key=lambda each: (-each.severity.rank, each.since))

    @property
    def ended(self) -> list[Finding]:
        """What has ended by the newest row."""
        return self._ended[self._ended_before :]

    def add(self, row: Mapping[str, Any]) -> list[Finding]:
        """Read a row.

        Args:
            row: numbers by name, with ``images``.

        Returns:
            What is found by this row and was not before.
        """
        self.history.add(row)
        self._ended_before = len(self._ended)
        found = []
        for place, rule in enumerate(self.rules):
            if any(name in row for name in rule.reads):
                finding = self._apply(place, rule)
                found += [] if finding is None else [finding]
        return found

    def read(self, rows: Iterable[Mapping[str, Any]]) -> "Examiner":
        """Read all rows, and return this examiner."""
        for row in rows:
            self.add(row)
        return self

    def _apply(self, place: int, rule: Rule) -> Finding | None:
        progress, images = self._progress[place], self.history.images
        evidence = rule.check(self.history) if images >= rule.after * self.setting.wanted else ()
        if not evidence:
            progress.missed += 1
            progress.held = 0
            if place in self._lasting and progress.missed >= rule.persists:
                self._ended.append(self._lasting.pop(place).model_copy(update={"ended_at": images}))
            return None
        if progress.held == 0 and (place not in self._lasting):
            progress.began = images
        progress.held, progress.missed, progress.evidence = progress.held + 1, 0, evidence
        if place in self._lasting or progress.held < rule.persists:
            return None
        finding = Finding(
            kind=rule.kind,
            severity=rule.severity,
            since=progress.began,
            seen_at=images,
            evidence=evidence,
            meaning=MEANINGS[rule.kind],
            judged_by=rule.judged_by,
        )
        self._lasting[place] = finding
        return finding

"""Files that were not used, grouped by the reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from steadygan.report.read import Table, text

PATHS = 200
"""The most paths on the page."""
REASONS = 40
"""The most reasons on the page."""


@dataclass(frozen=True)
class SkippedGroup:
    """Files that share the reason for which they were skipped.

    Attributes:
        reason: why.
        count: how many files.
        paths: the first of them.
    """

    reason: str
    count: int
    paths: tuple[str, ...]

    @property
    def hidden(self) -> int:
        """How many paths are not shown."""
        return self.count - len(self.paths)


def group_skipped(skipped: Sequence[Table]) -> list[SkippedGroup]:
    """Group by reason, the most frequent first.

    At most 40 reasons and 200 paths are shown. Rare reasons get their paths first, because they tell the most.

    Args:
        skipped: objects with ``path`` and ``reason``.
    """
    paths: dict[str, list[str]] = {}
    for item in skipped:
        paths.setdefault(text(item.get("reason")) or "no reason given", []).append(text(item.get("path")) or "?")
    frequent = sorted(paths, key=lambda reason: -len(paths[reason]))[:REASONS]
    groups, left = [], PATHS
    for done, reason in enumerate(reversed(frequent)):
        share = min(len(paths[reason]), left // (len(frequent) - done))
        left -= share
        groups.append(SkippedGroup(reason, len(paths[reason]), tuple(paths[reason][:share])))
    return groups[::-1]

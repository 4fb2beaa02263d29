"""An observer of the training loop that does nothing, from which other observers derive."""

from pathlib import Path
from typing import Any

from steadygan.doctor.finding import Finding


class SilentObserver:
    """An observer that does nothing; see :class:`steadygan.training.observe.Observer`."""

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """Do nothing."""

    def row(self, row: dict[str, Any]) -> None:
        """Do nothing."""

    def grid(self, images_seen: int, path: Path) -> None:
        """Do nothing."""

    def finding(self, message: str) -> None:
        """Do nothing."""

    def diagnosis(self, finding: Finding) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

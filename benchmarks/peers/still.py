"""An observer of our loop that does nothing yet."""

from pathlib import Path
from typing import Any


class Still:
    """See :class:`steadygan.training.observe.Observer`."""

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """Nothing."""

    def row(self, row: dict[str, Any]) -> None:
        """Nothing."""

    def grid(self, images_seen: int, path: Path) -> None:
        """Nothing."""

    def finding(self, message: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""

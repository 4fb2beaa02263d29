"""The progress bar: images seen, speed, time left, losses, and the newest warning."""

import math
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text


class ProgressBar:
    """Shows a run on a terminal; off a terminal it prints a line now and then.

    Args:
        console: where to.
        before: share of the budget that was used before this process began.
        lines: off a terminal, how many lines a whole run prints.
    """

    def __init__(self, console: Console, before: float = 0.0, lines: int = 20) -> None:
        self._console = console
        self._lines = lines
        self._printed = math.floor(before * lines)
        self._began: tuple[float, float] | None = None
        self._speed = 0.0
        self._seen = (0, 0.0)
        self._losses = ""
        self._warning = ""
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[words]}"),
            console=console,
            transient=False,
            refresh_per_second=4,
        )
        self._task: TaskID | None = None

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """After every step."""
        if self._began is None:
            self._began, self._seen = (seconds, fraction), (images_seen, seconds)
            if self._console.is_terminal:
                self._task = self._bar.add_task("training", total=1.0, words="")
                self._bar.start()
            return
        self._measure_speed(images_seen, seconds)
        if self._task is not None:
            self._bar.update(
                self._task, completed=min(fraction, 1.0), words=self._words(images_seen, seconds, fraction)
            )
        elif math.floor(fraction * self._lines) > self._printed:
            self._printed = math.floor(fraction * self._lines)
            line = f"{min(fraction, 1):4.0%}  {self._words(images_seen, seconds, fraction)}"
            self._console.print(Text(line), soft_wrap=True)

    def row(self, row: dict[str, Any]) -> None:
        """Remember the losses."""
        pairs = (("D", row.get("discriminator/loss")), ("G", row.get("generator/loss")))
        shown = [f"{name} {value:.3f}" for name, value in pairs if isinstance(value, float)]
        self._losses = "loss " + " ".join(shown) if shown else self._losses

    def grid(self, images_seen: int, path: Path) -> None:
        """Grids are not shown on a terminal."""

    def finding(self, message: str) -> None:
        """Show a warning until a newer one comes."""
        if not self._console.is_terminal and message != self._warning:
            self._console.print(Text(f"warning: {message}"), soft_wrap=True)
        self._warning = message

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.stop()

    def _measure_speed(self, images_seen: int, seconds: float) -> None:
        images, since = images_seen - self._seen[0], seconds - self._seen[1]
        if since < 0.5:
            return
        now = images / since
        self._speed = now if self._speed == 0 else 0.7 * self._speed + 0.3 * now
        self._seen = (images_seen, seconds)

    def _words(self, images_seen: int, seconds: float, fraction: float) -> str:
        parts = [f"{images_seen:,} images", f"{self._speed:,.0f} images/s", f"{self._left(seconds, fraction)} left"]
        if self._losses:
            parts.append(self._losses)
        if self._warning:
            parts.append(f"! {self._warning}")
        return " · ".join(parts)

    def _left(self, seconds: float, fraction: float) -> str:
        began = self._began or (seconds, fraction)
        done = fraction - began[1]
        if done <= 0:
            return "?"
        return clock((1 - fraction) / done * (seconds - began[0]))


def clock(seconds: float) -> str:
    """Seconds as h:mm:ss or m:ss."""
    whole = max(0, round(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def amount(text: str) -> int:
    """A number of images such as 60000, 600k or 1.5M.

    Raises:
        ValueError: when it is none, or below 1.
    """
    factors = {"k": 1_000, "m": 1_000_000}
    lowered = text.strip().lower().replace("_", "").replace(",", "")
    factor = factors.get(lowered[-1:], 1)
    number = float(lowered[:-1] if factor > 1 else lowered) * factor
    if not math.isfinite(number) or number < 1 or number != int(number):
        raise ValueError
    return int(number)

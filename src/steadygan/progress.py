"""The progress line: images seen, speed, time left, losses, accuracy on what is held out, and the newest warning.

It also says when other programs keep the machine busy, because training is slow then. What the doctor finds is printed
above the line, where it stays.
"""

import math
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from steadygan.amounts import things
from steadygan.cores import BUSY
from steadygan.errors import printable
from steadygan.screen import print_command, print_finding, print_words

if TYPE_CHECKING:
    from steadygan.doctor.finding import Finding

BARS = (24, 6)
"""Columns of the bar where there is room, and where there is little; it is left out before any word is."""
BETWEEN = " · "
LEGEND = (
    "D and G are the losses of the discriminator, which tells real images from generated ones, and of the generator; "
    "they need not fall"
)
"""What the letters of the line mean."""
SILENCE_SECONDS = 300.0
"""Off a terminal, the longest time without a line."""
MEASURE_SECONDS = 0.5
"""Time over which a speed is measured."""
KEEP = 0.7
"""Share of the speed shown before that a new measurement leaves."""
MOST_IMAGES = 10**15
HELD_OUT_ACCURACY = "/held-out-accuracy"
"""How the name ends under which a heuristic measures the accuracy on what no move is trained on."""


class ProgressLine:
    """Shows a run on a terminal; off a terminal it prints a line now and then.

    Args:
        console: where to.
        lines: off a terminal, how many lines a run prints that does not last for hours.
    """

    def __init__(self, console: Console, lines: int = 20) -> None:
        self._console = console
        self._lines = lines
        self._printed, self._spoke = 0, 0.0
        self._began: tuple[float, float] | None = None
        self._now = (0, 0.0, 0.0)
        self._measured = (0, 0.0)
        self._speed: float | None = None
        self._losses = ""
        self._accuracy = ""
        self._busy = ""
        self._conclusion = ("", "")
        self._earlier = 0.0
        self._warning = ""
        self._lasting: list[Finding] = []
        self._closing = False
        self._live: Live | None = None

    def begin(self, images_seen: int, seconds: float, fraction: float) -> None:
        """Before the first step of a sitting."""
        self._now = (images_seen, seconds, min(fraction, 1.0))
        self._closing, self._warning = False, ""
        self._earlier = seconds
        self._began, self._measured = (seconds, fraction), (images_seen, seconds)
        self._printed, self._spoke = math.floor(fraction * self._lines), seconds
        if self._console.is_terminal:
            self._live = Live(get_renderable=self._picture, console=self._console, refresh_per_second=4)
            self._live.start()

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """After every step."""
        if self._began is None:
            self.begin(0, 0.0, 0.0)
        self._now = (images_seen, seconds, min(fraction, 1.0))
        self._measure_speed(images_seen, seconds)
        if self._live is None and self._is_due(seconds, fraction):
            self._printed, self._spoke = math.floor(fraction * self._lines), seconds
            self._console.print(Text(BETWEEN.join(self._words())), soft_wrap=True)

    def row(self, row: dict[str, Any]) -> None:
        """Remember the losses, how busy the machine is, and how many held-out images are classified rightly."""
        pairs = (("D", row.get("discriminator/loss")), ("G", row.get("generator/loss")))
        shown = [f"{name} {value:.3f}" for name, value in pairs if isinstance(value, float)]
        self._losses = "loss " + " ".join(shown) if shown else self._losses
        if "time/without_core" in row:
            share = row["time/without_core"]
            self._busy = f"machine busy: {share:.0%} of the time without a core" if share >= BUSY else ""
        for key, value in row.items():
            if key.endswith(HELD_OUT_ACCURACY) and isinstance(value, float):
                self._accuracy = f"held-out accuracy {value:.1%}"

    def grid(self, images_seen: int, path: Path) -> None:
        """Grids are not shown on a terminal."""

    def finding(self, message: str) -> None:
        """Show a warning until a newer one comes."""
        message = printable(message)
        if not self._console.is_terminal and message != self._warning:
            self._console.print(Text(f"warning: {message}"), soft_wrap=True)
        self._warning = message

    def diagnosis(self, finding: "Finding") -> None:
        """Print once what the doctor has found, or that it is gone; it stays above the line, which is redrawn.

        While a failure lasts, the same one is not told again as a less serious one.
        """
        if finding.ended_at is not None:
            self._lasting = [each for each in self._lasting if (each.kind, each.severity) != _named(finding)]
        known = [each.severity.rank for each in self._lasting if each.kind == finding.kind]
        if finding.ended_at is None:
            self._lasting.append(finding)
        if not known or (finding.ended_at is None and finding.severity.rank > max(known)):
            print_finding(self._console, finding)

    def note(self, message: str) -> None:
        """Print a sentence that is no warning."""
        self._console.print(Text(printable(message)), soft_wrap=True)

    def conclusion(self, message: str, command: str) -> None:
        """Remember what is said below the last line."""
        self._conclusion = (printable(message), printable(command))

    def close(self) -> None:
        """Leave the last line as it is, with the whole of the newest warning and the conclusion below it."""
        self._closing = True
        if self._live is not None:
            self._live.stop()
        elif self._console.is_terminal and self._warning:
            self._console.print(self._warning_line())
        message, command = self._conclusion
        if message:
            print_words(self._console, Text(message))
            print_command(self._console, Text(f"try: {command}"))

    def _is_due(self, seconds: float, fraction: float) -> bool:
        return math.floor(fraction * self._lines) > self._printed or seconds - self._spoke >= SILENCE_SECONDS

    def _measure_speed(self, images_seen: int, seconds: float) -> None:
        images, since = images_seen - self._measured[0], seconds - self._measured[1]
        if since < MEASURE_SECONDS:
            return
        now = images / since
        self._speed = now if self._speed is None else KEEP * self._speed + (1 - KEEP) * now
        self._measured = (images_seen, seconds)

    def _words(self) -> list[str]:
        """What there is to say, the most important first."""
        images_seen, seconds, fraction = self._now
        speed = self._speed
        at = "" if speed is None else f" at {speed:,.{0 if speed >= 10 else 1}f}/s"
        words = [f"{fraction:4.0%}", f"{things(images_seen, 'image')}{at}", self._time(seconds, fraction)]
        return words + [word for word in (self._busy, self._losses, self._accuracy) if word]

    def _time(self, seconds: float, fraction: float) -> str:
        if fraction >= 1:
            sitting = f" ({clock(seconds - self._earlier)} in this sitting)" if self._earlier else ""
            return f"done in {clock(seconds)}{sitting}"
        began = self._began or (0.0, 0.0)
        # before the first step of a sitting the earlier ones say how long it takes
        since, done = (seconds - began[0], fraction - began[1]) if fraction > began[1] else (seconds, fraction)
        return f"{clock((1 - fraction) / done * since)} left" if done > 0 else "? left"

    def _picture(self) -> RenderableType:
        width = self._console.width
        words = fitting(self._words(), width)
        line = Table.grid(padding=(0, 1, 0, 0))
        cells: list[RenderableType] = [Text(words, no_wrap=True, overflow="ellipsis")]
        # two sizes only, or the bar would change with every digit
        bar = next((bar for bar in BARS if bar + 2 + len(words) <= width), None)
        if bar is not None:
            cells.insert(0, ProgressBar(total=1.0, completed=self._now[2], width=bar))
        line.add_row(*cells)
        return Group(line, self._warning_line()) if self._warning else line

    def _warning_line(self) -> Text:
        # one row while it is redrawn, so that the screen does not jump; all of it in the end
        text = f"warning: {self._warning}"
        if self._closing:
            return Text(text, style="yellow", overflow="fold")
        return Text(text, style="yellow", no_wrap=True, overflow="ellipsis")


def _named(finding: "Finding") -> tuple[str, str]:
    """What tells the findings of different rules apart."""
    return finding.kind, finding.severity


def fitting(words: list[str], width: int) -> str:
    """As many of the words, from the first on, as fit on a line.

    Args:
        words: the most important first.
        width: columns of the line.

    Returns:
        The words with dots between; never less than the first.
    """
    kept = words[:1]
    for word in words[1:]:
        if len(BETWEEN.join([*kept, word])) > width:
            break
        kept.append(word)
    return BETWEEN.join(kept)


def clock(seconds: float) -> str:
    """Seconds as h:mm:ss or m:ss."""
    whole = max(0, round(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def amount(text: str) -> int:
    """A number of images such as 60000, 600k or 1.5M.

    Args:
        text: digits, with ``_`` or ``,`` between them at will, then perhaps ``k`` (thousand) or ``M`` (million).

    Returns:
        The whole number, at least 1.

    Raises:
        ValueError: when it is none, is below 1, or is beyond anything that a run could see.
    """
    lowered = text.strip().lower().replace("_", "").replace(",", "")
    factor = {"k": 1_000, "m": 1_000_000}.get(lowered[-1:], 1)
    try:
        # decimal, because 1.001 * 1000 is not whole in binary
        number = Decimal(lowered[:-1] if factor > 1 else lowered) * factor
    except ArithmeticError:
        raise ValueError from None
    if not number.is_finite() or not 1 <= number <= MOST_IMAGES or number != int(number):
        raise ValueError
    return int(number)

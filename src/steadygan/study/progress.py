"""How a study goes, on a terminal as a table that is redrawn, elsewhere as a line for each trial."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import mean, median
from typing import NamedTuple

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from steadygan.amounts import things
from steadygan.errors import printable
from steadygan.progress import clock
from steadygan.study.result import Result
from steadygan.study.trial import Trial
from steadygan.study.watching import Standing, Watcher

BAR = 24
ROOM = 7
"""Lines of the terminal that are not rows of the table."""
BETWEEN = " · "


class Row(NamedTuple):
    """A variant as it stands.

    Attributes:
        variant: its name.
        trials: how many it has.
        ended: how many of them have ended.
        running: how many of them run.
        healthy: how many ended healthy.
        score: the median so far; None without any.
        note: why there is none.
    """

    variant: str
    trials: int
    ended: int
    running: int
    healthy: int
    score: float | None
    note: str


def rows_of(standing: Standing) -> list[Row]:
    """The variants of a study, the baseline first, then those that run, then the others from the best score on."""
    trials: dict[str, list[Trial]] = defaultdict(list)
    results: dict[str, list[Result]] = defaultdict(list)
    for trial in standing.trials:
        trials[trial.variant].append(trial)
    for result in standing.results:
        results[result.variant].append(result)
    running = {*standing.running}
    found = [_row(name, some, results[name], running) for name, some in trials.items()]
    first = {row.variant for row, some in zip(found, trials.values(), strict=True) if some[0].change == "baseline"}
    return sorted(
        found,
        key=lambda row: (
            row.variant not in first,
            not row.running,
            row.score is None,
            row.score or 0.0,
            bool(row.note),
        ),
    )


def _row(name: str, trials: Sequence[Trial], results: Sequence[Result], running: set[str]) -> Row:
    scores = [result.score for result in results if result.score is not None]
    notes = [f"{result.status}: {result.reason}" for result in results if result.score is None]
    return Row(
        variant=name,
        trials=len(trials),
        ended=len(results),
        running=sum(trial.name in running for trial in trials),
        healthy=sum(bool(result.healthy) for result in results),
        score=median(scores) if scores else None,
        note=notes[0] if notes and not scores else "",
    )


def seconds_left(standing: Standing) -> float | None:
    """About how long the study will still take; None where nothing is known yet."""
    took = [result.trial_seconds for result in standing.results if result.trial_seconds]
    if not took or not standing.running:
        return None
    return mean(took) * (standing.left + len(standing.running) / 2) / len(standing.running)


class StudyProgress(Watcher):
    """Shows a study.

    Args:
        console: where to.
        search_minutes: time of a search, whose trials are not known before; None for other studies.
    """

    def __init__(self, console: Console, search_minutes: float | None = None) -> None:
        self._console, self._search_minutes = console, search_minutes
        self._standing: Standing | None = None
        self._step, self._printed = "", ""
        self._live: Live | None = None
        self._told: dict[str, Result] = {}

    def says(self, sentence: str) -> None:
        """Print a sentence, above the table."""
        self._step = ""
        self._console.print(Text(printable(sentence)), soft_wrap=True)

    def step(self, what: str, done: int = 0, total: int = 0) -> None:
        """Show a step of the preparation, on a terminal as long as it takes, elsewhere once."""
        if not self._console.is_terminal and what != self._printed:
            self._console.print(Text(printable(what)), soft_wrap=True)
        self._printed = what
        self._step = f"{what}: {done / total:.0%}" if total else what
        self._redraw()

    def update(self, standing: Standing) -> None:
        """Redraw the table, or print a line for each trial that has ended since the last time."""
        self._step = ""
        new = [result for result in standing.results if self._told.get(result.trial) != result]
        first = self._standing is None
        self._standing = standing
        self._told |= {result.trial: result for result in new}
        if self._console.is_terminal:
            self._redraw()
            return
        if first:
            if new:
                self._console.print(Text(f"{things(len(new), 'trial')} of {len(standing.trials):,} need not run"))
            return
        for result in new:
            self._console.print(Text(printable(self._line(result, standing))), soft_wrap=True)

    def close(self) -> None:
        """Leave the last table on the screen."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        if self._standing is not None:
            self._console.print(self._table(self._standing, len(self._standing.trials)))

    def _redraw(self) -> None:
        if not self._console.is_terminal:
            return
        if self._live is None:
            self._live = Live(get_renderable=self._picture, console=self._console, refresh_per_second=2, transient=True)
            self._live.start()

    def _picture(self) -> RenderableType:
        if self._step or self._standing is None:
            return Text(printable(self._step), "dim")
        room = max(3, self._console.height - ROOM)
        return Group(self._head(self._standing), self._table(self._standing, room))

    def _head(self, standing: Standing) -> RenderableType:
        words = Text(BETWEEN.join(self._words(standing)))
        bar = ProgressBar(total=max(1, len(standing.trials)), completed=len(standing.results), width=BAR)
        grid = Table.grid(padding=(0, 2))
        grid.add_row(bar, words)
        return grid

    def _words(self, standing: Standing) -> Iterator[str]:
        yield f"{len(standing.results):,} of {things(len(standing.trials), 'trial')} done"
        yield f"{len(standing.running):,} running"
        if self._search_minutes is None:
            yield f"{standing.left:,} left"
        left = seconds_left(standing)
        if left is not None and self._search_minutes is None:
            yield f"about {clock(left)} to go"

    def _table(self, standing: Standing, room: int) -> RenderableType:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for name, justify in (("variant", "left"), ("done", "right"), ("healthy", "right"), ("score", "right")):
            table.add_column(name, justify=justify, no_wrap=True, overflow="ellipsis")  # type: ignore[arg-type]
        table.add_column("")  # gives way where there is no room
        rows = rows_of(standing)
        for row in rows[:room]:
            table.add_row(*_cells(row), style="" if row.running or row.ended else "dim")
        more = Text(f"and {things(len(rows) - room, 'more variant')}", "dim") if len(rows) > room else Text("")
        return Group(table, more) if more.plain else table

    def _line(self, result: Result, standing: Standing) -> str:
        scores = [each.score for each in standing.results if each.variant == result.variant and each.score is not None]
        parts = [f"{len(standing.results):,} of {len(standing.trials):,}: {result.variant}, seed {result.seed}"]
        parts.append(result.status if result.reason is None else f"{result.status} ({result.reason})")
        parts += [] if result.score is None else [f"score {result.score:.4g} (median {median(scores):.4g})"]
        parts.append(f"{result.trial_seconds:.1f} s")
        left = seconds_left(standing)
        parts += [] if left is None or self._search_minutes is not None else [f"about {clock(left)} to go"]
        return BETWEEN.join(parts)


def _cells(row: Row) -> tuple[str, str, str, str, Text]:
    running = f"{row.running} running" if row.running else ""
    return (
        printable(row.variant),
        f"{row.ended}/{row.trials}",
        f"{row.healthy}/{row.ended}" if row.ended and not row.note else "",
        "" if row.score is None else f"{row.score:.4g}",
        Text(printable(running or row.note), no_wrap=True, overflow="ellipsis"),
    )

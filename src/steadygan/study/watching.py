"""Who is told how a study goes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from steadygan.study.result import Result
from steadygan.study.trial import Trial


@dataclass(frozen=True)
class Standing:
    """How far a study has come.

    Attributes:
        trials: all of them, as far as they are known.
        results: of those that have ended.
        running: the names of those that run.
    """

    trials: Sequence[Trial]
    results: Sequence[Result]
    running: Sequence[str] = field(default=())

    @property
    def left(self) -> int:
        """How many have not begun."""
        return len(self.trials) - len(self.results) - len(self.running)


class Watcher:
    """Is told how a study goes; this one says nothing."""

    def says(self, sentence: str) -> None:
        """There is something to say."""

    def step(self, what: str, done: int = 0, total: int = 0) -> None:
        """A step of the preparation goes on.

        Args:
            what: it is.
            done: so much of it.
            total: of so much; 0 where that is not known.
        """

    def update(self, standing: Standing) -> None:
        """Trials have ended or begun; called now and then too."""

    def close(self) -> None:
        """No more trials run."""

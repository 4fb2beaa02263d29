"""Who runs trials: the loop of a study knows no more of it than this."""

from typing import NamedTuple, Protocol

from steadygan.study.trial import Trial


class Ended(NamedTuple):
    """A trial that is no longer run.

    Attributes:
        trial: its name.
        lost: why it has no result; empty where it has one.
    """

    trial: str
    lost: str = ""


class Executor(Protocol):
    """Runs trials in other processes; each writes its result into its folder."""

    def capacity(self) -> int:
        """How many trials can run at the same time, now."""
        ...

    def start(self, trial: Trial, share: float) -> None:
        """Begin a trial, or go on with it, without waiting for it.

        Args:
            trial: to run.
            share: of its budget, in (0, 1].
        """
        ...

    def ended(self, seconds: float) -> list[Ended]:
        """The trials that have ended since the last call; waits at most so long for the first of them."""
        ...

    def stop(self) -> None:
        """Ask running trials to save and stop, and wait for that."""
        ...

"""Whoever watches an evaluation."""


class Watcher:
    """Is told what an evaluation does at the moment; this one says nothing."""

    def begins(self, what: str) -> None:
        """A step begins."""

    def progress(self, done: int, total: int) -> None:
        """So much of the step is done."""

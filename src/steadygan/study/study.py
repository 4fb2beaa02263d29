"""A study as a program sees it: its folder, its plan, its table."""

from pathlib import Path
from typing import Any

from steadygan.errors import SteadyganError
from steadygan.recipe import Recipe
from steadygan.recipes import recipe
from steadygan.study.folder import StudyFolder
from steadygan.study.plan import Plan
from steadygan.study.table import read_table


class Study:
    """A finished or interrupted study.

    Args:
        folder: where it is saved.
        interrupted: whether someone asked it to stop before all trials had ended.

    Attributes:
        interrupted: likewise.
    """

    def __init__(self, folder: Path | str, interrupted: bool = False) -> None:
        self.folder = StudyFolder(folder)
        self.interrupted = interrupted

    def __repr__(self) -> str:
        """Where it is."""
        return f"<Study {str(self.path)!r}{': interrupted' if self.interrupted else ''}>"

    @property
    def path(self) -> Path:
        """The folder."""
        return self.folder.path

    @property
    def plan(self) -> Plan:
        """What it does."""
        return self.folder.read_plan()

    @property
    def report(self) -> Path:
        """The report, one HTML file."""
        return self.folder.report

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The table: one row for each trial that has ended; ``pandas.DataFrame`` takes it as it is."""
        return read_table(self.folder.table)

    @property
    def best(self) -> Recipe:
        """The best recipe that the study has found; its report says how sure that is.

        Raises:
            SteadyganError: when it has not found any.
        """
        if not self.folder.best.is_file():
            raise SteadyganError(f"'{self.path}' has found no best recipe; its report says why")
        return recipe(self.folder.best)

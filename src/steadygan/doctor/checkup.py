"""The doctor of a run: reads its rows while it trains, or afterwards, and knows what was trained."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from steadygan.doctor.examiner import Examiner
from steadygan.doctor.finding import Finding
from steadygan.doctor.history import History, Setting
from steadygan.doctor.treatments import Patient, treated
from steadygan.recipe import Recipe

IMAGES_WANTED, AT_PIXELS = 60_000, 32
"""Images that training sees before pictures of this side are recognisable; a longer side wants more in proportion.

A rule of thumb from the package's own recipes at 28 to 64 pixels; see docs/questions.md.
"""
POINTS_WANTED = 500_000
"""The same for vectors, which are seen some fifty times as fast."""


class Checkup:
    """Reads rows, and says what is found with what treats it.

    Args:
        setting: what is known of the run.
        patient: the recipe and the data, for the treatments.
    """

    def __init__(self, setting: Setting, patient: Patient) -> None:
        self._examiner, self._patient = Examiner(setting), patient

    def read(self, row: Mapping[str, Any]) -> list[Finding]:
        """Read a row, and return what is found by it and was not before."""
        return [treated(finding, self._patient) for finding in self._examiner.add(row)]

    @property
    def ended(self) -> list[Finding]:
        """What has ended by the newest row."""
        return [treated(finding, self._patient) for finding in self._examiner.ended]

    def go_on(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Read the rows that a run has written before it was resumed."""
        self._examiner.read(rows)

    @property
    def history(self) -> History:
        """The rows that were read."""
        return self._examiner.history

    @property
    def wanted(self) -> int:
        """Images that training usually sees before samples show what the data do."""
        return self._examiner.setting.wanted

    @property
    def findings(self) -> list[Finding]:
        """All that was found, in the order of time."""
        return [treated(finding, self._patient) for finding in self._examiner.findings]

    @property
    def lasting(self) -> list[Finding]:
        """What lasts at the newest row, the most serious first."""
        return [treated(finding, self._patient) for finding in self._examiner.lasting]


def images_wanted(pixels: int) -> int:
    """Images that training sees, as a rule of thumb, before pictures of this side are recognisable."""
    wanted = IMAGES_WANTED * max(1.0, pixels / AT_PIXELS)
    return math.ceil(wanted / 10_000) * 10_000


def setting_of(kind: str, pixels: int, items: int, recipe: Recipe) -> Setting:
    """What is known of a run before it begins.

    Args:
        kind: of the data, ``images`` or ``vectors``.
        pixels: side of an image.
        items: how many the data have.
        recipe: what is trained.
    """
    wanted = images_wanted(pixels) if kind == "images" else POINTS_WANTED
    return Setting(kind=kind, items=items, wanted=wanted, even_loss=recipe.objective.even_loss)

"""Enough items for a survey, from the looks since the last one."""

import torch
from torch import Tensor

SURVEYED, FEWEST_SURVEYED = 768, 256
"""Items of each side in a survey, and the fewest that allow one."""
LOOKS_PER_SURVEY = 8


class Gathering:
    """Keeps the items of looks until there are enough of them.

    The real ones of the first survey are what all surveys compare with.
    """

    def __init__(self) -> None:
        self._reals: list[Tensor] = []
        self._fakes: list[Tensor] = []
        self._looks = 0
        self._reference: Tensor | None = None

    def add(self, real: Tensor, fake: Tensor) -> None:
        """Keep the items of a look, float [N, ...] and [M, ...]; those that are not finite are of no use."""
        self._looks += 1
        if bool(fake.isfinite().all()):
            self._fakes = _newest([*self._fakes, fake.clone()])
        if self._reference is None and bool(real.isfinite().all()):
            self._reals = _newest([*self._reals, real.clone()])

    @property
    def is_enough(self) -> bool:
        """Whether it is time for a survey, and there is something to survey."""
        reals = self._count(self._reals) if self._reference is None else FEWEST_SURVEYED
        return self._looks >= LOOKS_PER_SURVEY and min(reals, self._count(self._fakes)) >= FEWEST_SURVEYED

    def take(self) -> tuple[Tensor, Tensor]:
        """Fakes [P, ...] since the last survey, and reals [Q, ...], which are always the same."""
        fakes, self._fakes, self._looks = torch.cat(self._fakes)[-SURVEYED:], [], 0
        if self._reference is None:
            self._reference, self._reals = torch.cat(self._reals)[-SURVEYED:], []
        return fakes, self._reference

    @staticmethod
    def _count(parts: list[Tensor]) -> int:
        return sum(len(each) for each in parts)


def _newest(parts: list[Tensor]) -> list[Tensor]:
    """As few of the newest parts as are enough."""
    count = 0
    for place in range(len(parts) - 1, -1, -1):
        count += len(parts[place])
        if count >= SURVEYED:
            return parts[place:]
    return parts

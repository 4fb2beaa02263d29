"""Whether a loop shows generated items of the same latents each time."""

import torch
from torch import Tensor

LIKE_ITSELF = 0.5
"""Distance of an item to that at its place at the last look, over that to another one, below which it is the same."""
LOOKS = 4
"""Looks in a row for which this must be so."""


class Repeats:
    """Compares the generated items of each look with those at the same places at the last one."""

    def __init__(self) -> None:
        self._past: Tensor | None = None
        self._streak = 0

    @property
    def are_seen(self) -> bool:
        """Whether items have been of the same latents for some looks."""
        return self._streak >= LOOKS

    @torch.no_grad()
    def look(self, fake: Tensor) -> None:
        """Look at generated items, float [N, ...]."""
        past, self._past = self._past, fake.clone()
        if past is None or past.shape != fake.shape or len(fake) < 2:
            return
        same, other = ((fake - each).flatten(1).norm(dim=1).mean() for each in (past, past.roll(1, 0)))
        self._streak = self._streak + 1 if bool(same < LIKE_ITSELF * other) else 0

"""Generated items at a few moments of a training, and real ones, for a page."""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

SHOWN = 36
"""Items of a picture."""
POINTS = 512
"""Vectors of a picture."""
LARGEST_SIDE = 128
"""Pixels of an image's longer side; larger ones are made smaller."""
MOST = 24
"""Moments that are kept."""


@dataclass
class Album:
    """Keeps items of moments that are spread over the training, and those at which something was found.

    Attributes:
        real: real items, float [N, ...]; None until there are some.
        moments: images seen, items [N, ...], and whether something was found then; oldest first.
    """

    real: Tensor | None = None
    moments: list[tuple[int, Tensor, bool]] = field(default_factory=list)
    _newest: tuple[int, Tensor] | None = None
    _between: int = 1
    _since: int = 0

    def add(self, images: int, real: Tensor, fake: Tensor, found: bool) -> None:
        """Show the items of a look.

        Args:
            images: real images seen.
            real: real items, float [M, ...].
            fake: generated ones, float [N, ...].
            found: whether something was found at this look.
        """
        if self.real is None:
            self.real = small(real)
        self._newest = images, small(fake)
        if found or self._since % self._between == 0:
            self.moments.append((*self._newest, found))
            self._thin()
        self._since += 1

    @property
    def pictures(self) -> list[tuple[int, Tensor]]:
        """Images seen and items of all moments that are kept, and of the newest look."""
        kept = [(images, items) for images, items, _ in self.moments]
        newest = [] if self._newest is None or (kept and kept[-1][0] == self._newest[0]) else [self._newest]
        return kept + newest

    def _thin(self) -> None:
        """Keep every second of the moments at which nothing was found, and from now on half as many."""
        if len(self.moments) <= MOST:
            return
        quiet = [place for place, (_, _, found) in enumerate(self.moments) if not found]
        dropped = set(quiet[1::2]) or {1}
        self.moments = [each for place, each in enumerate(self.moments) if place not in dropped]
        self._between *= 2


def small(items: Tensor) -> Tensor:
    """The first few items, images [N, C, H, W] at most 128 pixels high and wide, or vectors [N, D], as a copy."""
    if items.ndim == 2:
        return items[:POINTS].clone()
    items, side = items[:SHOWN], max(items.shape[2:])
    if side <= LARGEST_SIDE:
        return items.clone()
    size = [max(1, round(each * LARGEST_SIDE / side)) for each in items.shape[2:]]
    return F.interpolate(torch.nan_to_num(items), size=size, mode="area")

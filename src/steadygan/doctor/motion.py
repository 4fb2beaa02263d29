"""Signals in the images of fixed latents over time: how far they move, and whether they come back to old ones."""

import torch
from torch import Tensor

from steadygan.doctor.outputs import spread

KEPT = 48
"""Looks that are remembered."""
RECENT = 2
"""Looks just before the present one, to which nothing comes back, for it has hardly left them."""


class Motion:
    """Follows fakes of the same latents from one look to the next."""

    def __init__(self) -> None:
        self._past: list[Tensor] = []

    def look(self, fake: Tensor, real: Tensor) -> dict[str, float]:
        """How the fakes have moved.

        Args:
            fake: thumbnails of fakes of the same latents each time, float [N, D].
            real: thumbnails of reals, float [M, D]; their mean distance is the unit.

        Returns:
            ``drift``: the mean distance to where each fake was at the last look. ``travel``: the same to the oldest
            look that is remembered. ``return``: the distance to the nearest of the older looks over that to the
            last look: below 1 where fakes are nearer to an old state than to the one they come from.
        """
        fake, found = fake.detach().float().cpu(), {}
        unit = spread(real)
        if self._past and self._past[-1].shape == fake.shape and unit > 0:
            moved = [float((fake - past).norm(dim=1).mean()) / unit for past in self._past]
            found = {"drift": moved[-1], "travel": moved[0]}
            if len(moved) > RECENT:
                found["return"] = min(moved[:-RECENT]) / max(moved[-1], 1e-9)
        self._past = [*self._past, fake.clone()][-KEPT:]
        return found

    def state_dict(self) -> dict[str, object]:
        """What a checkpoint keeps."""
        return {"past": torch.stack(self._past) if self._past else None}

    def load_state_dict(self, saved: dict[str, object]) -> None:
        """Go on from :meth:`state_dict`."""
        past = saved["past"]
        self._past = list(past.unbind(0)) if isinstance(past, Tensor) else []

"""One look at a training: everything that can be measured of what is shown, as one row of figures."""

import math
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from steadygan.doctor.logits import gap, separation
from steadygan.doctor.motion import Motion
from steadygan.doctor.outputs import comparison, thumbnails
from steadygan.doctor.survey import Survey, spectral_peaks
from steadygan.doctor.weights import WeightWatch

PREFIX = "doctor/"
"""What the names of the figures of looks begin with in a run's rows."""
FEWEST = 8
"""Items of a side below which nothing is said of how they are distributed."""


@dataclass(frozen=True)
class Shown:
    """What there is to look at; whatever is None is not judged.

    Attributes:
        steps: of the training so far.
        real_logits: of training images, float [N].
        fake_logits: of generated ones, float [M].
        held_out_logits: of real images that are never trained on, float [K].
        real: images, float [N, C, H, W] in [-1, 1], or vectors, float [N, D].
        fake: the same, [M, ...].
        fixed: fakes of the same latents at each look, [L, ...].
        many: hundreds of fakes, [P, ...].
        reference: hundreds of reals, the same at each look, [Q, ...].
        generator: the generator's network.
        discriminator: the discriminator's network.
    """

    steps: int
    real_logits: Tensor | None = None
    fake_logits: Tensor | None = None
    held_out_logits: Tensor | None = None
    real: Tensor | None = None
    fake: Tensor | None = None
    fixed: Tensor | None = None
    many: Tensor | None = None
    reference: Tensor | None = None
    generator: nn.Module | None = None
    discriminator: nn.Module | None = None


class Looks:
    """Makes a row of figures of each look, and remembers what the next one is compared with."""

    def __init__(self) -> None:
        self._motion = Motion()
        self._weights: dict[str, WeightWatch] = {}
        self._steps = 0
        self._survey: Survey | None = None
        self._real_peaks = math.nan

    def look(self, shown: Shown) -> dict[str, float | None]:
        """Measure what is shown.

        Args:
            shown: what there is to look at.

        Returns:
            Figures by name, which begins with ``doctor/``; None where one is not finite.
        """
        found = _of_logits(shown)
        if shown.real is not None and shown.fake is not None and min(len(shown.real), len(shown.fake)) >= FEWEST:
            found |= comparison(shown.real, shown.fake)
            if shown.fixed is not None and bool(shown.fixed.isfinite().all()):
                found |= self._motion.look(thumbnails(shown.fixed), thumbnails(shown.real))
        found |= self._of_weights(shown)
        if shown.many is not None and shown.reference is not None and bool(shown.many.isfinite().all()):
            found |= self._surveyed(shown.many, shown.reference)
        self._steps = shown.steps
        return {f"{PREFIX}{name}": round(value, 6) if math.isfinite(value) else None for name, value in found.items()}

    def _of_weights(self, shown: Shown) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, network in (("generator", shown.generator), ("discriminator", shown.discriminator)):
            if network is not None:
                watch = self._weights.setdefault(name, WeightWatch(network))
                watch.network = network
                seen = watch.look(shown.steps - self._steps)
                found |= {f"{figure}/{name}": value for figure, value in seen.items()}
        return found

    def _surveyed(self, many: Tensor, reference: Tensor) -> dict[str, float]:
        if self._survey is None:
            self._survey = Survey(thumbnails(reference))
            self._real_peaks = spectral_peaks(reference) if reference.ndim == 4 else math.nan
        found = self._survey.compare(thumbnails(many))
        if many.ndim == 4:
            found |= {"checkerboard": spectral_peaks(many), "checkerboard/data": self._real_peaks}
        return found

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps, so that a resumed training is looked at as one that never stopped."""
        return {
            "motion": self._motion.state_dict(),
            "weights": {name: watch.state_dict() for name, watch in self._weights.items()},
            "steps": self._steps,
        }

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from :meth:`state_dict`."""
        self._motion.load_state_dict(saved["motion"])
        for name, kept in saved["weights"].items():
            self._weights[name] = WeightWatch(nn.Module())
            self._weights[name].load_state_dict(kept)
        self._steps = saved["steps"]


def _of_logits(shown: Shown) -> dict[str, float]:
    found = {}
    if shown.real_logits is not None and shown.fake_logits is not None:
        found["separation"] = separation(shown.real_logits, shown.fake_logits)
        found["gap"] = gap(shown.real_logits, shown.fake_logits)
    if shown.real_logits is not None and shown.held_out_logits is not None:
        found["held_out"] = separation(shown.real_logits, shown.held_out_logits)
        found["gap/held_out"] = gap(shown.real_logits, shown.held_out_logits)
    return found

"""What tests compare with: a hand-made turn, distribution functions, distances between them and samples."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from steadygan.heuristics.base import Player, Side

Doubles = npt.NDArray[np.float64]


class FakeTurn:
    """A turn whose parts are given instead of computed; what is not given raises a KeyError."""

    def __init__(
        self,
        player: Player = Player.DISCRIMINATOR,
        images_seen: int = 0,
        seen: Mapping[Side, Tensor] | None = None,
        logits: Mapping[Side, Tensor] | None = None,
        targets: Mapping[Side, Tensor] | None = None,
        gradients: Mapping[Side, Tensor] | None = None,
    ) -> None:
        self._player, self._images_seen = player, images_seen
        self._seen, self._logits = seen or {}, logits or {}
        self._targets, self._gradients = targets or {}, gradients or {}
        self.notes: dict[str, Tensor] = {}

    @property
    def player(self) -> Player:
        return self._player

    @property
    def images_seen(self) -> int:
        return self._images_seen

    def seen(self, side: Side) -> Tensor:
        return self._seen[side]

    def logits(self, side: Side) -> Tensor:
        return self._logits[side]

    def targets(self, side: Side) -> Tensor:
        return self._targets[side]

    def input_gradient(self, side: Side) -> Tensor:
        return self._gradients[side]

    def note(self, name: str, value: Tensor) -> None:
        self.notes[name] = value


def seeded(seed: int = 0) -> torch.Generator:
    """A source of randomness of its own."""
    return torch.Generator().manual_seed(seed)


def doubles(values: Tensor) -> Doubles:
    """The values as a flat float64 array."""
    return values.detach().double().reshape(-1).numpy()


def normal_cdf(x: Doubles) -> Doubles:
    """Distribution function of N(0, 1)."""
    return np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in x])


def uniform_cdf(low: float, high: float) -> Callable[[Doubles], Doubles]:
    """Distribution function of U[low, high]."""
    return lambda x: np.clip((x - low) / (high - low), 0.0, 1.0)


def follows(sample: Tensor, cdf: Callable[[Doubles], Doubles]) -> bool:
    """Whether a sample's distribution function stays as near to ``cdf`` as all but one in 10^7 samples do.

    The Kolmogorov-Smirnov bound: P(distance > c / √n) < 2 exp(-2 c²), here with c = 2.9.
    """
    ordered = np.sort(doubles(sample))
    steps = np.arange(len(ordered) + 1) / len(ordered)
    expected = cdf(ordered)
    distance = max(np.abs(expected - steps[1:]).max(), np.abs(expected - steps[:-1]).max())
    return bool(distance < 2.9 / math.sqrt(len(ordered)))


def likely_share(count: int, total: int, probability: float) -> bool:
    """Whether ``count`` hits of ``total`` lie within 6 standard deviations of the expected number."""
    return abs(count - total * probability) <= 6 * math.sqrt(total * probability * (1 - probability))

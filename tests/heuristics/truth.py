"""What tests compare with: a hand-made turn, distribution functions, distances between them and samples."""

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from steadygan.heuristics.penalties import input_gradient
from steadygan.heuristics.state import M, Memory, Remembers
from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.vocabulary import Player, Side

Doubles = npt.NDArray[np.float64]


class FakeState:
    """A state whose parts are given instead of kept by a run."""

    def __init__(
        self,
        networks: Mapping[Player, nn.Module] | None = None,
        optimizers: Mapping[Player, torch.optim.Optimizer] | None = None,
        companions: Mapping[str, nn.Module] | None = None,
        images_seen: int = 0,
        batch: int = 4,
        latent: int = 3,
        real: Tensor | None = None,
        labels: Tensor | None = None,
    ) -> None:
        self._networks, self._optimizers, self._companions = networks or {}, optimizers or {}, companions or {}
        self._latent, self._real, self._labels = latent, real, labels
        self.images_seen, self.batch = images_seen, batch
        self.device = torch.device("cpu")
        self.memories: dict[str, Memory] = {}
        self.logged: dict[str, Tensor] = {}

    def network(self, player: Player) -> nn.Module:
        return self._networks[player]

    def optimizer(self, player: Player) -> torch.optim.Optimizer:
        return self._optimizers[player]

    def companion(self, name: str) -> nn.Module:
        return self._companions[name]

    def memory(self, heuristic: Remembers[M]) -> M:
        """The memory as it begins, when it is asked for first."""
        name = heuristic.name
        if name not in self.memories:
            self.memories[name] = heuristic.initial_memory(self)
        return self.memories[name]  # type: ignore[return-value]

    def latents(self, count: int) -> Tensor:
        return torch.randn(count, self._latent)

    def random_labels(self, count: int) -> Tensor | None:
        return None if self._labels is None else self._labels[:count]

    def reference(self, count: int) -> tuple[Tensor, Tensor | None]:
        assert self._real is not None
        return self._real[:count], None if self._labels is None else self._labels[:count]

    def labelled(self, count: int) -> tuple[Tensor, Tensor]:
        assert self._real is not None
        assert self._labels is not None
        return self._real[:count], self._labels[:count]

    def held_out(self, count: int) -> tuple[Tensor, Tensor | None]:
        return self.reference(count)

    def held_out_chunks(self, size: int) -> Iterator[tuple[Tensor, Tensor | None]]:
        yield self.reference(size)

    def log(self, name: str, value: Tensor) -> None:
        self.logged[name] = value


class FakeTurn:
    """A turn whose parts are given instead of computed; what is not given raises a KeyError.

    Args:
        judge: what answers for other images.
        make: the generator.
        look: the input heuristics.
    """

    def __init__(
        self,
        player: Player = Player.DISCRIMINATOR,
        images_seen: int = 0,
        inputs: Mapping[Side, Tensor] | None = None,
        logits: Mapping[Side, Tensor] | None = None,
        targets: Mapping[Side, Tensor] | None = None,
        gradients: Mapping[Side, Tensor] | None = None,
        *,
        images: Mapping[Side, Tensor] | None = None,
        labels: Mapping[Side, Tensor] | None = None,
        features: Mapping[Side, Tensor] | None = None,
        class_logits: Mapping[Side, Tensor] | None = None,
        classes: int | None = None,
        latents: Tensor | None = None,
        judge: Callable[[Tensor], DiscriminatorOutput] | None = None,
        make: Callable[[Tensor], Tensor] | None = None,
        look: Callable[[Tensor], Tensor] | None = None,
        state: FakeState | None = None,
    ) -> None:
        self._player = player
        self.state = state if state is not None else FakeState(images_seen=images_seen)
        self._inputs, self._logits, self._images = inputs or {}, logits or {}, images or {}
        self._targets, self._gradients, self._labels = targets or {}, gradients or {}, dict(labels or {})
        self._features, self._class_logits, self._classes = features or {}, class_logits or {}, classes
        self._latents, self._judge, self._make, self._look = latents, judge, make, look
        self.logged: dict[str, Tensor] = {}

    @property
    def player(self) -> Player:
        return self._player

    @property
    def latents(self) -> Tensor:
        assert self._latents is not None
        return self._latents

    def gather(self, values: Tensor) -> Tensor:
        return values

    def images(self, side: Side) -> Tensor:
        return self._images[side]

    def labels(self, side: Side) -> Tensor | None:
        return self._labels.get(side)

    def inputs(self, side: Side) -> Tensor:
        return self._inputs[side]

    def logits(self, side: Side) -> Tensor:
        return self._logits[side]

    def features(self, side: Side) -> Tensor:
        return self._features[side]

    def class_logits(self, side: Side) -> Tensor:
        return self._class_logits[side]

    def targets(self, side: Side) -> Tensor:
        return self._targets[side]

    def class_targets(self, labels: Tensor) -> Tensor:
        assert self._classes is not None
        return torch.nn.functional.one_hot(labels.clamp_min(0), self._classes) * (labels >= 0).float()[:, None]

    def input_gradient(self, side: Side) -> Tensor:
        return self._gradients[side]

    def generate(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        assert self._make is not None
        return self._make(latents)

    def transform(self, images: Tensor, side: Side) -> Tensor:
        return images if self._look is None else self._look(images)

    def discriminate(self, images: Tensor, labels: Tensor | None) -> DiscriminatorOutput:
        assert self._judge is not None
        return self._judge(images)

    def scores(self, side: Side) -> Tensor:
        return self._logits[side]

    def score(self, images: Tensor, labels: Tensor | None) -> Tensor:
        return self.discriminate(images, labels).logits

    def score_gradients(self, images: Tensor, labels: Tensor | None) -> Tensor:
        points = images.detach().requires_grad_()
        scores = self.score(points, labels)
        return input_gradient(scores, points).reshape(min(scores.numel(), len(points)), -1)

    def loss_of(self, player: Player, parameters: Mapping[str, Tensor]) -> Tensor:
        raise NotImplementedError

    def log(self, name: str, value: Tensor) -> None:
        self.logged[name] = value


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

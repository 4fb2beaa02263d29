"""What makes trainings fail, as heuristics: each is put into a recipe that trains well without it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from steadygan.heuristics.card import Card
from steadygan.heuristics.clock import Number
from steadygan.heuristics.latents.normal_latent import NormalLatent
from steadygan.heuristics.moments import AfterStep, Begins
from steadygan.heuristics.roles import TargetHeuristic, UpdateModifier
from steadygan.heuristics.state import State
from steadygan.vocabulary import Player

_CARD = Card(
    summary="Makes training fail.",
    formula="none",
    sources=(),
    example="none",
)


class Rates(UpdateModifier):
    """Rates too high or too low for one player; 0 freezes it. From ``after`` images on."""

    name: ClassVar[str] = "fault-rates"
    card: ClassVar[Card] = _CARD
    generator: float = Field(1.0, ge=0)
    discriminator: float = Field(1.0, ge=0)
    after: int = 0

    def rate(self, player: Player, images_seen: Number) -> Number:
        """The factor."""
        if images_seen < self.after:
            return 1.0
        return self.discriminator if player is Player.DISCRIMINATOR else self.generator


class OtherReals(UpdateModifier, Begins):
    """Real images that were prepared in another way than the generator's: another range, mean or order of channels."""

    name: ClassVar[str] = "fault-reals"
    card: ClassVar[Card] = _CARD
    scale: float = 1.0
    shift: float = 0.0

    def begin(self, state: State) -> None:
        """Let the loader scale them so."""
        loader = state.loader  # type: ignore[attr-defined]  # no heuristic but this one may know of it
        right = loader.scaling.to_network
        loader.scaling = _Scaled(right, self.scale, self.shift)


@dataclass
class _Scaled:
    """Stands for the scaling of a loader."""

    right: Callable[[Tensor], Tensor]
    scale: float
    shift: float

    def to_network(self, stored: Tensor) -> Tensor:
        """Items as the discriminator sees them."""
        return self.right(stored) * self.scale + self.shift


class SwappedLabels(TargetHeuristic):
    """A share of the discriminator's targets says the opposite."""

    name: ClassVar[str] = "fault-labels"
    card: ClassVar[Card] = _CARD
    share: float = Field(1.0, ge=0, le=1)

    def apply(self, targets: Tensor, player: Player) -> Tensor:
        """The targets."""
        if player is Player.GENERATOR:
            return targets
        return torch.where(torch.rand_like(targets) < self.share, 1 - targets, targets)


class RepeatedLatents(NormalLatent):
    """Latents of which each comes many times."""

    name: ClassVar[str] = "fault-latents"
    card: ClassVar[Card] = _CARD
    different: int = Field(1, ge=1)

    def sample(self, count: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
        """Few latents, over and over: always the same ones."""
        own = torch.Generator().manual_seed(5)
        few = torch.randn(self.different, self.dimension, generator=own)
        return few[torch.randint(self.different, (count,), generator=generator)].to(device)


class NotFinite(UpdateModifier, AfterStep):
    """A weight becomes NaN at a moment."""

    name: ClassVar[str] = "fault-nan"
    card: ClassVar[Card] = _CARD
    after: int = 8_000
    player: Player = Player.DISCRIMINATOR

    @torch.no_grad()
    def after_step(self, state: State) -> None:
        """Damage the weight."""
        if state.images_seen >= self.after:
            weight = next(state.network(self.player).parameters())
            weight[(0,) * weight.ndim] = float("nan")


class DeadRectifiers(UpdateModifier, Begins):
    """Units of the generator that begin so far below zero that rectifiers let nothing through."""

    name: ClassVar[str] = "fault-dead"
    card: ClassVar[Card] = _CARD
    bias: float = -6.0
    player: Player = Player.GENERATOR

    @torch.no_grad()
    def begin(self, state: State) -> None:
        """Move the biases."""
        for module in state.network(self.player).modules():
            scale, bias = getattr(module, "weight", None), getattr(module, "bias", None)
            if isinstance(bias, nn.Parameter) and isinstance(scale, nn.Parameter) and scale.ndim == 1:
                bias.fill_(self.bias)


class Jolt(UpdateModifier, AfterStep):
    """One step, in the middle of training, that throws the weights of a player far away."""

    name: ClassVar[str] = "fault-jolt"
    card: ClassVar[Card] = _CARD
    at: int = 20_000
    size: float = 3.0
    player: Player = Player.GENERATOR

    @torch.no_grad()
    def after_step(self, state: State) -> None:
        """Throw them, once."""
        batch = state.batch
        if self.at <= state.images_seen < self.at + batch:
            for each in state.network(self.player).parameters():
                if each.ndim > 1:
                    each.add_(torch.randn_like(each) * each.std() * self.size)

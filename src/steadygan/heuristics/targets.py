"""Slot target: what should the discriminator answer?"""

from typing import ClassVar, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from steadygan.heuristics.base import Player, TargetHeuristic
from steadygan.heuristics.card import Card, Finding, Source
from steadygan.heuristics.citations import GANHACKS, SALIMANS, TUTORIAL


def one_sided_smoothing(
    targets: Tensor, low: float = 0.9, high: float = 0.9, generator: torch.Generator | None = None
) -> Tensor:
    """Lower the targets of real images; those of fake ones stay 0.

    Args:
        targets: float32 [N], 1 for real and 0 for fake.
        low: lower end of what real targets become.
        high: upper end; equal to ``low`` for a constant.
        generator: source of randomness; the global one when None.

    Returns:
        float32 [N]: 0 where the target was 0, U[low, high] where it was 1.

    Source: Salimans et al. 2016, section 3.4; Goodfellow 2016, section 4.2.
    """
    if low == high:
        return targets * low
    return targets * torch.empty_like(targets).uniform_(low, high, generator=generator)


def soft_labels(
    targets: Tensor,
    real: tuple[float, float] | None = (0.7, 1.2),
    fake: tuple[float, float] | None = (0.0, 0.3),
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw each target from a range around its label.

    Args:
        targets: float32 [N], 1 for real and 0 for fake.
        real: range for labels 1; None leaves them.
        fake: range for labels 0; None leaves them.
        generator: source of randomness; the global one when None.

    Returns:
        float32 [N].

    Source: ganhacks, item 6.
    """
    is_real = targets > 0.5
    share = torch.rand(targets.shape, generator=generator, device=targets.device)
    soft = targets
    if real is not None:
        soft = torch.where(is_real, real[0] + (real[1] - real[0]) * share, soft)
    if fake is not None:
        soft = torch.where(is_real, soft, fake[0] + (fake[1] - fake[0]) * share)
    return soft


def flip_labels(targets: Tensor, probability: float = 0.05, generator: torch.Generator | None = None) -> Tensor:
    """Exchange real and fake for a random share of the labels.

    Args:
        targets: float32 [N], 1 for real and 0 for fake.
        probability: chance of each label to be flipped, in [0, 1].
        generator: source of randomness; the global one when None.

    Returns:
        float32 [N].

    Source: ganhacks, item 6.
    """
    flipped = torch.rand(targets.shape, generator=generator, device=targets.device) < probability
    return torch.where(flipped, 1 - targets, targets)


class OneSidedSmoothing(TargetHeuristic):
    """Real targets below 1."""

    name: ClassVar[str] = "one-sided-smoothing"
    decides: ClassVar[str] = "what the targets of real images are"
    card: ClassVar[Card] = Card(
        summary="Real targets are 0.9 instead of 1, so that the discriminator is never rewarded for extreme logits.",
        formula="t_real = 0.9 (or U[low, high]), t_fake = 0",
        sources=(Source(citation=SALIMANS, where="section 3.4"), Source(citation=TUTORIAL, where="section 4.2")),
        treats=(Finding.DISCRIMINATOR_WINS,),
        example=(
            "from steadygan.heuristics.targets import one_sided_smoothing\n"
            "targets = one_sided_smoothing(torch.ones(64))  # 0.9 each"
        ),
    )
    low: float = Field(0.9, gt=0.5, le=1)
    high: float = Field(0.9, gt=0.5, le=1)

    @model_validator(mode="before")
    @classmethod
    def _constant(cls, given: object) -> object:
        """Only one end given means a constant."""
        if isinstance(given, dict) and ("low" in given) != ("high" in given):
            value = given.get("low", given.get("high"))
            return {**given, "low": value, "high": value}
        return given

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}")
        return self

    def apply(self, targets: Tensor, player: Player) -> Tensor:
        """Smooth the discriminator's targets."""
        if player is not Player.DISCRIMINATOR:
            return targets
        return one_sided_smoothing(targets, self.low, self.high)


class SoftLabels(TargetHeuristic):
    """Targets drawn from ranges."""

    name: ClassVar[str] = "soft-labels"
    decides: ClassVar[str] = "what the targets of real images are"
    card: ClassVar[Card] = Card(
        summary="Each target is drawn from a range around its label instead of being exactly 0 or 1.",
        formula="t_real ~ U[0.7, 1.2], t_fake ~ U[0, 0.3]",
        sources=(Source(citation=GANHACKS, where="item 6"),),
        treats=(Finding.DISCRIMINATOR_WINS,),
        example=(
            "from steadygan.heuristics.targets import soft_labels\ntargets = soft_labels(torch.ones(64))  # U[0.7, 1.2]"
        ),
        note=(
            "Soft fake targets keep fakes where no data lie (Goodfellow 2016, section 4.2, advises against them); and "
            "a target above 1 rewards ever larger logits for that image. The ranges are the list's."
        ),
    )
    real: tuple[float, float] | None = (0.7, 1.2)
    fake: tuple[float, float] | None = (0.0, 0.3)
    in_generator: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for side, ends in (("real", self.real), ("fake", self.fake)):
            if ends is not None and not (-0.5 <= ends[0] <= ends[1] <= 1.5):
                raise ValueError(f"{side} is [{ends[0]}, {ends[1]}]; the ends must rise and lie within [-0.5, 1.5]")
        return self

    def apply(self, targets: Tensor, player: Player) -> Tensor:
        """Soften the targets."""
        if player is Player.GENERATOR and not self.in_generator:
            return targets
        return soft_labels(targets, self.real, self.fake)


class NoisyLabels(TargetHeuristic):
    """Some labels are wrong."""

    name: ClassVar[str] = "noisy-labels"
    relabels: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="A small share of the discriminator's labels is flipped, so that it cannot become too sure.",
        formula="t → 1 - t with probability p",
        sources=(Source(citation=GANHACKS, where="item 6"),),
        treats=(Finding.DISCRIMINATOR_WINS, Finding.DISCRIMINATOR_OVERFITS),
        example=("from steadygan.heuristics.targets import flip_labels\ntargets = flip_labels(torch.ones(64), 0.05)"),
        note="Labels are flipped before they are softened: a flipped real image gets a fake one's soft target.",
    )
    probability: float = Field(0.05, ge=0, le=0.5)

    def apply(self, targets: Tensor, player: Player) -> Tensor:
        """Flip the discriminator's labels."""
        return flip_labels(targets, self.probability) if player is Player.DISCRIMINATOR else targets

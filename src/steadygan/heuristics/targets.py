"""Slot target: what should the discriminator answer?"""

from typing import ClassVar, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from steadygan.heuristics.base import Player
from steadygan.heuristics.card import Card, Finding, Source
from steadygan.heuristics.roles import TargetHeuristic


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


def smooth_classes(targets: Tensor, smoothing: float = 0.1, one_sided: bool = False) -> Tensor:
    """Lower the target of the true class, and share what is gained among all classes.

    Args:
        targets: float32 [N, K], distributions over the classes, or 0 where the class is unknown.
        smoothing: share s that leaves the true class, in [0, 1].
        one_sided: whether nothing is shared, so that wrong classes keep the target 0.

    Returns:
        float32 [N, K]: (1 - s) t + s / K, or (1 - s) t; rows of 0 stay 0.

    Source: Szegedy et al. 2015, section 7; one-sided as in Salimans et al. 2016, section 3.4.
    """
    lowered = (1 - smoothing) * targets
    if one_sided:
        return lowered
    return lowered + smoothing / targets.shape[1] * targets.sum(1, keepdim=True)


class OneSidedSmoothing(TargetHeuristic):
    """Real targets below 1."""

    name: ClassVar[str] = "one-sided-smoothing"
    decides: ClassVar[str] = "what the targets of real images are"
    card: ClassVar[Card] = Card(
        summary="Real targets are 0.9 instead of 1, so that the discriminator is never rewarded for extreme logits.",
        formula="t_real = 0.9 (or U[low, high]), t_fake = 0",
        sources=(
            Source(citation="salimans2016improved", where="section 3.4"),
            Source(citation="goodfellow2016tutorial", where="section 4.2"),
        ),
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
        sources=(Source(citation="chintala2016ganhacks", where="item 6"),),
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
        sources=(Source(citation="chintala2016ganhacks", where="item 6"),),
        treats=(Finding.DISCRIMINATOR_WINS, Finding.DISCRIMINATOR_OVERFITS),
        example=("from steadygan.heuristics.targets import flip_labels\ntargets = flip_labels(torch.ones(64), 0.05)"),
        note="Labels are flipped before they are softened: a flipped real image gets a fake one's soft target.",
    )
    probability: float = Field(0.05, ge=0, le=0.5)

    def apply(self, targets: Tensor, player: Player) -> Tensor:
        """Flip the discriminator's labels."""
        return flip_labels(targets, self.probability) if player is Player.DISCRIMINATOR else targets


class SoftClasses(TargetHeuristic):
    """Class targets that are not one-hot."""

    name: ClassVar[str] = "soft-classes"
    decides: ClassVar[str] = "how sure the targets of the classes are"
    of_classes: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The true class has the target 0.9 instead of 1, so that the discriminator stays unsure of classes.",
        formula="t → (1 - s) t + s / K (one-sided: (1 - s) t)",
        sources=(
            Source(citation="szegedy2015inception", where="section 7"),
            Source(citation="salimans2016improved", where="section 3.4"),
        ),
        treats=(Finding.DISCRIMINATOR_OVERFITS,),
        example=(
            "from steadygan.heuristics.targets import smooth_classes\n"
            "targets = smooth_classes(torch.eye(10))  # 0.91 for the true class, 0.01 for each other"
        ),
        needs=("auxiliary-classifier", "semi-supervised"),
        note=(
            "Szegedy et al. smooth a classifier's targets; doing it to a discriminator's classes is this list's step. "
            "One-sided rows sum to 1 - s, so the loss of those images also weighs less. The generator's targets stay "
            "one-hot unless in_generator."
        ),
    )
    smoothing: float = Field(0.1, gt=0, lt=1)
    one_sided: bool = False
    in_generator: bool = False

    def apply_to_classes(self, targets: Tensor, player: Player) -> Tensor:
        """Smooth the classes."""
        if player is Player.GENERATOR and not self.in_generator:
            return targets
        return smooth_classes(targets, self.smoothing, self.one_sided)

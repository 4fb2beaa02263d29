"""Soft labels: targets are drawn from a range."""

from typing import ClassVar, Self

import torch
from pydantic import model_validator
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import TargetHeuristic
from steadygan.vocabulary import Failure, Player


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


class SoftLabels(TargetHeuristic):
    """Each target is drawn from a range around its label."""

    name: ClassVar[str] = "soft-labels"
    decision: ClassVar[str] = "what the targets of real images are"
    card: ClassVar[Card] = Card(
        summary="Each target is drawn from a range around its label instead of being exactly 0 or 1.",
        formula="t_real ~ U[0.7, 1.2], t_fake ~ U[0, 0.3]",
        sources=(Source(citation="chintala2016ganhacks", where="item 6"),),
        treats=(Failure.DISCRIMINATOR_WINS,),
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

"""Targets of real images that are a little below 1."""

from typing import ClassVar, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import TargetHeuristic
from steadygan.vocabulary import Failure, Player


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


class OneSidedSmoothing(TargetHeuristic):
    """The targets of real images are a little below 1."""

    name: ClassVar[str] = "one-sided-smoothing"
    decision: ClassVar[str] = "what the targets of real images are"
    card: ClassVar[Card] = Card(
        summary="Real targets are 0.9 instead of 1, so that the discriminator is never rewarded for extreme logits.",
        formula="t_real = 0.9 (or U[low, high]), t_fake = 0",
        sources=(
            Source(citation="salimans2016improved", where="section 3.4"),
            Source(citation="goodfellow2016tutorial", where="section 4.2"),
        ),
        treats=(Failure.DISCRIMINATOR_WINS,),
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

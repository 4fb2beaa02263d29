"""Noisy labels: a few targets are flipped."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import TargetHeuristic
from steadygan.vocabulary import Failure, Player


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


class NoisyLabels(TargetHeuristic):
    """A small share of the discriminator's targets is flipped."""

    name: ClassVar[str] = "noisy-labels"
    order: ClassVar[int] = -1  # which label an image carries comes before how soft labels are
    card: ClassVar[Card] = Card(
        summary="A small share of the discriminator's labels is flipped, so that it cannot become too sure.",
        formula="t → 1 - t with probability p",
        sources=(Source(citation="chintala2016ganhacks", where="item 6"),),
        treats=(Failure.DISCRIMINATOR_WINS, Failure.DISCRIMINATOR_OVERFITS),
        example=("from steadygan.heuristics.targets import flip_labels\ntargets = flip_labels(torch.ones(64), 0.05)"),
        note="Labels are flipped before they are softened: a flipped real image gets a fake one's soft target.",
    )
    probability: float = Field(0.05, ge=0, le=0.5)

    def apply(self, targets: Tensor, player: Player) -> Tensor:
        """Flip the discriminator's labels."""
        return flip_labels(targets, self.probability) if player is Player.DISCRIMINATOR else targets

"""Plain gradient descent for the discriminator."""

from collections.abc import Iterable
from typing import ClassVar

import torch
from pydantic import Field
from torch import nn

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import Update
from steadygan.vocabulary import Failure, Player


def sgd(parameters: Iterable[nn.Parameter], lr: float = 0.01, momentum: float = 0.0) -> torch.optim.SGD:
    """Stochastic gradient descent.

    Args:
        parameters: what to move.
        lr: learning rate.
        momentum: share of the last step that is kept.

    Returns:
        The optimiser.

    Source: ganhacks, item 9.
    """
    return torch.optim.SGD(list(parameters), lr=lr, momentum=momentum, fused=True)


class SgdDiscriminator(Update):
    """SGD for the discriminator; the generator keeps its update."""

    name: ClassVar[str] = "sgd-discriminator"
    players: ClassVar[frozenset[Player]] = frozenset({Player.DISCRIMINATOR})
    card: ClassVar[Card] = Card(
        summary="Plain gradient descent for the discriminator, which slows it; Adam stays with the generator.",
        formula="θ_D ← θ_D - lr · ∇L_D",
        sources=(Source(citation="chintala2016ganhacks", where="item 9"),),
        treats=(Failure.DISCRIMINATOR_WINS,),
        example=("from steadygan.heuristics.updates import sgd\noptimizer = sgd(discriminator.parameters(), lr=0.01)"),
        note="The list names no rate; 0.01 is our choice.",
    )
    lr: float = Field(0.01, gt=0)
    momentum: float = Field(0.0, ge=0, lt=1)

    def optimizer(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """See :func:`sgd`."""
        return sgd(parameters, self.lr, self.momentum)

"""Adam for both players."""

from collections.abc import Iterable
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import nn

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import Update
from steadygan.vocabulary import Failure

Beta = Annotated[float, Field(ge=0, lt=1)]


def adam(
    parameters: Iterable[nn.Parameter], lr: float = 2e-4, betas: tuple[float, float] = (0.5, 0.999), eps: float = 1e-8
) -> torch.optim.Adam:
    """Adam with the DCGAN paper's defaults.

    Args:
        parameters: what to move.
        lr: learning rate.
        betas: decay of the first and of the second moment.
        eps: added to the denominator.

    Returns:
        The optimiser; the fused kernel, which is the same maths.

    Source: Kingma and Ba 2014, algorithm 1; Radford et al. 2015, section 4.
    """
    return torch.optim.Adam(list(parameters), lr=lr, betas=betas, eps=eps, fused=True)


class Adam(Update):
    """Adam for both players."""

    name: ClassVar[str] = "adam"
    card: ClassVar[Card] = Card(
        summary="Adam with a lower rate and less momentum than its defaults, which make GANs oscillate.",
        formula="θ ← θ - lr · m̂ / (√v̂ + eps), with lr 2e-4 and betas (0.5, 0.999)",
        sources=(
            Source(citation="radford2015dcgan", where="section 4"),
            Source(citation="kingma2014adam", where="algorithm 1"),
        ),
        treats=(Failure.OSCILLATION, Failure.STALLED),
        cost="two moments a weight",
        example=("from steadygan.heuristics.updates import adam\noptimizer = adam(generator.parameters(), lr=2e-4)"),
    )
    lr: float = Field(2e-4, gt=0)
    betas: tuple[Beta, Beta] = (0.5, 0.999)
    eps: float = Field(1e-8, gt=0)

    def optimizer(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """See :func:`adam`."""
        return adam(parameters, self.lr, self.betas, self.eps)

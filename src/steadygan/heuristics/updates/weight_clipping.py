"""Weight clipping."""

from collections.abc import Iterable
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.moments import AfterMove
from steadygan.heuristics.roles import UpdateModifier
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player


@torch.no_grad()
def clip_weights(parameters: Iterable[Tensor], bound: float = 0.01) -> None:
    """Clip every weight to [-bound, bound], in place.

    Args:
        parameters: floating-point tensors of any shape.
        bound: above 0.

    Source: Arjovsky et al. 2017, algorithm 1, line 7.
    """
    for parameter in parameters:
        parameter.clamp_(-bound, bound)


class WeightClipping(UpdateModifier, AfterMove):
    """Keeps the discriminator's weights within a bound."""

    name: ClassVar[str] = "weight-clipping"
    card: ClassVar[Card] = Card(
        summary="The discriminator's weights are kept within a small cube, which bounds how steep it can be.",
        formula="w ← min(max(w, -c), c) after every move of D",
        sources=(Source(citation="arjovsky2017wgan", where="algorithm 1, line 7"),),
        treats=(Failure.DISCRIMINATOR_WINS, Failure.EXPLODING_GRADIENTS),
        cost="one pass over the discriminator's weights a move",
        example=(
            "from steadygan.heuristics.updates import clip_weights\nbound = 0.01\n"
            "clip_weights(discriminator.parameters(), bound)"
        ),
        note=(
            "Made for the objective 'wasserstein'; its authors call it a clearly terrible way to enforce a Lipschitz "
            "constraint (section 3). All parameters are clipped, scales of normalisation layers included, as in "
            "their code, which clips before a move instead of after it. Of a weight that is computed from others, as "
            "under spectral-norm or equalised-lr, it is the stored one that is clipped; equalised-lr stores weights of "
            "size 1 and wants a bound near 1."
        ),
    )
    bound: float = Field(0.01, gt=0, description="the paper's c")

    def after_move(self, turn: Turn) -> None:
        """See :func:`clip_weights`."""
        if turn.player is Player.DISCRIMINATOR:
            clip_weights(turn.state.network(Player.DISCRIMINATOR).parameters(), self.bound)

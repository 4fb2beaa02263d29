"""The relativistic pairing loss."""

import math
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import Objective
from steadygan.heuristics.shapes import check_same_shape
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player, Side


def relativistic_loss(winner_logits: Tensor, loser_logits: Tensor) -> Tensor:
    """log(1 + exp(loser - winner)), over pairs.

    Args:
        winner_logits: float32 [M]; reals in the discriminator's loss, fakes in the generator's.
        loser_logits: float32 [M], the other side; images are paired by their place in the batch.

    Returns:
        float32 [M].

    Raises:
        ValueError: when the shapes differ.

    Source: Jolicoeur-Martineau 2018, section 4.1; Huang et al. 2025, equation 2.
    """
    check_same_shape(winner_logits=winner_logits, loser_logits=loser_logits)
    return F.softplus(loser_logits - winner_logits)


class Relativistic(Objective):
    """The relativistic pairing loss: each fake is compared with one real image."""

    name: ClassVar[str] = "relativistic"
    even_loss: ClassVar[float | None] = math.log(2)
    card: ClassVar[Card] = Card(
        summary="Each fake is compared with a real image, which removes local minima in which modes are dropped.",
        formula="L_D = E log(1 + exp(D(G(z)) - D(x))), L_G = E log(1 + exp(D(x) - D(G(z))))",
        sources=(
            Source(citation="jolicoeur2018relativistic", where="section 4.1"),
            Source(citation="huang2025r3gan", where="section 2"),
        ),
        treats=(Failure.MODE_DROPPING, Failure.MODE_COLLAPSE, Failure.OSCILLATION),
        cost="one more pass of the discriminator over real images in the generator's move",
        example=(
            "from steadygan.heuristics.objectives import relativistic_loss\n"
            "loss = relativistic_loss(discriminator(real), discriminator(fake)).mean()  # the discriminator's"
        ),
        note="Unpenalised it need not converge (R3GAN, proposition I): put r1 and r2 beside it.",
    )

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`relativistic_loss`."""
        real, fake = turn.logits(Side.REAL), turn.logits(Side.FAKE)
        if turn.player is Player.GENERATOR:
            return relativistic_loss(fake, real)
        return relativistic_loss(real, fake)

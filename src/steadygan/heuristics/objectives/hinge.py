"""The hinge loss."""

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import Objective
from steadygan.heuristics.shapes import check_same_shape
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player, Side


def hinge_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """max(0, 1 - D(x)) + max(0, 1 + D(G(z))).

    Args:
        real_logits: float32 [M].
        fake_logits: float32 [M].

    Returns:
        float32 [M].

    Raises:
        ValueError: when the shapes differ.

    Source: Lim and Ye 2017, section 3.
    """
    check_same_shape(real_logits=real_logits, fake_logits=fake_logits)
    return F.relu(1 - real_logits) + F.relu(1 + fake_logits)


def hinge_generator_loss(fake_logits: Tensor) -> Tensor:
    """-D(G(z)).

    Args:
        fake_logits: float32 [M].

    Returns:
        float32 [M].

    Source: Lim and Ye 2017, section 3.
    """
    return -fake_logits


class Hinge(Objective):
    """The hinge loss, in which logits beyond the margin do not count."""

    name: ClassVar[str] = "hinge"
    even_loss: ClassVar[float | None] = 2.0
    zero_separates: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The discriminator learns only from images within the margin; the generator raises its logits.",
        formula="L_D = E max(0, 1 - D(x)) + E max(0, 1 + D(G(z))), L_G = -E D(G(z))",
        sources=(Source(citation="lim2017geometric", where="section 3"),),
        treats=(Failure.DISCRIMINATOR_WINS,),
        example=(
            "from steadygan.heuristics.objectives import hinge_discriminator_loss\n"
            "loss = hinge_discriminator_loss(discriminator(real), discriminator(fake)).mean()"
        ),
    )

    def side_loss(self, scores: Tensor, side: Side) -> Tensor:
        """One of the two terms."""
        return F.relu(1 - scores if side is Side.REAL else 1 + scores)

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`hinge_discriminator_loss` and :func:`hinge_generator_loss`."""
        if turn.player is Player.GENERATOR:
            return hinge_generator_loss(turn.logits(Side.FAKE))
        return hinge_discriminator_loss(turn.logits(Side.REAL), turn.logits(Side.FAKE))

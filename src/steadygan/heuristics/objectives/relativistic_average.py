"""The relativistic average loss."""

import math
from typing import ClassVar

import torch
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.objectives.cross_entropy import cross_entropy
from steadygan.heuristics.roles import Objective
from steadygan.heuristics.shapes import check_same_shape
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player, Side


def relativistic_average_loss(
    winner_logits: Tensor,
    loser_logits: Tensor,
    winner_targets: Tensor | None = None,
    loser_targets: Tensor | None = None,
) -> Tensor:
    """Cross entropy of every logit less the mean logit of the other side.

    Args:
        winner_logits: float32 [M]; reals in the discriminator's loss, fakes in the generator's.
        loser_logits: float32 [M], the other side.
        winner_targets: float32 [M]; 1 when None.
        loser_targets: float32 [M]; 0 when None.

    Returns:
        float32 [M]: -log σ(w - mean(l)) - log(1 - σ(l - mean(w))) for targets 1 and 0.

    Raises:
        ValueError: when the shapes differ.

    Source: Jolicoeur-Martineau 2018, section 4 (RaGAN).
    """
    check_same_shape(winner_logits=winner_logits, loser_logits=loser_logits)
    wins = torch.ones_like(winner_logits) if winner_targets is None else winner_targets
    loses = torch.zeros_like(loser_logits) if loser_targets is None else loser_targets
    return cross_entropy(winner_logits - loser_logits.mean(), wins) + cross_entropy(
        loser_logits - winner_logits.mean(), loses
    )


class RelativisticAverage(Objective):
    """The relativistic average loss: each image is compared with the mean of the other side."""

    name: ClassVar[str] = "relativistic-average"
    even_loss: ClassVar[float | None] = 2 * math.log(2)
    has_targets: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="Each image is judged against the other side's average: fakes should become more real than reals.",
        formula=(
            "L_D = -E log σ(D(x) - E D(G(z))) - E log(1 - σ(D(G(z)) - E D(x))), L_G the same with the sides exchanged"
        ),
        sources=(Source(citation="jolicoeur2018relativistic", where="section 4 (RaGAN)"),),
        treats=(Failure.MODE_DROPPING, Failure.DISCRIMINATOR_WINS, Failure.STALLED),
        cost="one more pass of the discriminator over real images in the generator's move",
        example=(
            "from steadygan.heuristics.objectives import relativistic_average_loss\n"
            "loss = relativistic_average_loss(discriminator(fake), discriminator(real)).mean()  # the generator's"
        ),
        note=(
            "The author's code halves both losses, which the paper does not; the average is that of the batch. Its "
            "sides can be smoothed or flipped like those of cross entropy, which the paper leaves out."
        ),
    )

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`relativistic_average_loss`."""
        winner, loser = (Side.FAKE, Side.REAL) if turn.player is Player.GENERATOR else (Side.REAL, Side.FAKE)
        logits = turn.gather(turn.logits(winner)), turn.gather(turn.logits(loser))
        # Whoever moves wants the winners to be called real.
        targets = turn.gather(turn.targets(Side.REAL)), turn.gather(turn.targets(Side.FAKE))
        return relativistic_average_loss(*logits, *targets)

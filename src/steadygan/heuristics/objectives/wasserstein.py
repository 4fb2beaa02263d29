"""The Wasserstein loss."""

from typing import ClassVar

from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import Objective
from steadygan.heuristics.shapes import check_same_shape
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player, Side


def wasserstein_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """D(G(z)) - D(x); its mean is minus an estimate of the earth mover's distance if D is 1-Lipschitz.

    Args:
        real_logits: float32 [M].
        fake_logits: float32 [M].

    Returns:
        float32 [M].

    Raises:
        ValueError: when the shapes differ.

    Source: Arjovsky et al. 2017, algorithm 1.
    """
    check_same_shape(real_logits=real_logits, fake_logits=fake_logits)
    return fake_logits - real_logits


def wasserstein_generator_loss(fake_logits: Tensor) -> Tensor:
    """-D(G(z)).

    Args:
        fake_logits: float32 [M].

    Returns:
        float32 [M].

    Source: Arjovsky et al. 2017, algorithm 1.
    """
    return -fake_logits


class Wasserstein(Objective):
    """The Wasserstein loss: the difference of the mean logits."""

    name: ClassVar[str] = "wasserstein"
    card: ClassVar[Card] = Card(
        summary="The discriminator becomes a critic that estimates how far the generator's images are from the data.",
        formula="L_D = E D(G(z)) - E D(x), L_G = -E D(G(z)), D Lipschitz",
        sources=(Source(citation="arjovsky2017wgan", where="algorithm 1"),),
        treats=(Failure.DISCRIMINATOR_WINS, Failure.STALLED, Failure.MODE_COLLAPSE),
        cost="none by itself; the paper moves the discriminator five times for each move of the generator",
        example=(
            "from steadygan.heuristics.objectives import wasserstein_discriminator_loss\n"
            "loss = wasserstein_discriminator_loss(discriminator(real), discriminator(fake)).mean()"
        ),
        note=(
            "It means a distance only if something keeps the discriminator Lipschitz: weight-clipping as in the paper, "
            "gradient-penalty or spectral-norm. It composes without one too, for the sake of ablations; the logits "
            "then grow without bound."
        ),
    )

    def side_loss(self, scores: Tensor, side: Side) -> Tensor:
        """One of the two terms."""
        return -scores if side is Side.REAL else scores

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`wasserstein_discriminator_loss` and :func:`wasserstein_generator_loss`."""
        if turn.player is Player.GENERATOR:
            return wasserstein_generator_loss(turn.logits(Side.FAKE))
        return wasserstein_discriminator_loss(turn.logits(Side.REAL), turn.logits(Side.FAKE))

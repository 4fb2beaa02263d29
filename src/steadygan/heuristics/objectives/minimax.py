"""The minimax loss of the original GAN."""

from typing import ClassVar

from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.objectives.cross_entropy import CrossEntropyObjective, cross_entropy
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Side


def minimax_generator_loss(fake_logits: Tensor, fake_targets: Tensor | None = None) -> Tensor:
    """log(1 - D(G(z))): its gradient vanishes where the discriminator is sure.

    Args:
        fake_logits: float32 [M].
        fake_targets: what the discriminator answers for fakes, float32 [M]; 0 when None.

    Returns:
        float32 [M].

    Source: Goodfellow et al. 2014, equation 1.
    """
    return -cross_entropy(
        fake_logits, fake_logits.new_zeros(()).expand_as(fake_logits) if fake_targets is None else fake_targets
    )


class Minimax(CrossEntropyObjective):
    """The minimax loss of the original GAN."""

    name: ClassVar[str] = "minimax"
    card: ClassVar[Card] = Card(
        summary="The generator minimises log(1 - D(G(z))), the game as first written; its gradient vanishes early.",
        formula="min_G max_D E log D(x) + E log(1 - D(G(z)))",
        sources=(Source(citation="goodfellow2014gan", where="equation 1"),),
        example=(
            "from steadygan.heuristics.objectives import minimax_generator_loss\n"
            "loss = minimax_generator_loss(discriminator(fake)).mean()"
        ),
    )

    def generator(self, turn: Turn) -> Tensor:
        """See :func:`minimax_generator_loss`."""
        return minimax_generator_loss(turn.logits(Side.FAKE), turn.targets(Side.FAKE))

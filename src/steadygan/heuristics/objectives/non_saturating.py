"""The non-saturating loss of the original GAN."""

from typing import ClassVar

from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.objectives.cross_entropy import CrossEntropyObjective, cross_entropy
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Side


def non_saturating_generator_loss(fake_logits: Tensor, real_targets: Tensor | None = None) -> Tensor:
    """-log D(G(z)): the labels of fakes flipped, so that gradients are strong where the discriminator is sure.

    Args:
        fake_logits: float32 [M].
        real_targets: what the generator wants the answer to be, float32 [M]; 1 when None.

    Returns:
        float32 [M].

    Source: Goodfellow et al. 2014, section 3; ganhacks, item 2.
    """
    return cross_entropy(
        fake_logits, fake_logits.new_ones(()).expand_as(fake_logits) if real_targets is None else real_targets
    )


class NonSaturating(CrossEntropyObjective):
    """The non-saturating loss: the generator is trained with flipped labels."""

    name: ClassVar[str] = "non-saturating"
    card: ClassVar[Card] = Card(
        summary="The generator minimises -log D(G(z)): strong gradients where the discriminator is sure of its fakes.",
        formula="min_G -E log D(G(z))",
        sources=(
            Source(citation="goodfellow2014gan", where="section 3"),
            Source(citation="chintala2016ganhacks", where="item 2"),
        ),
        treats=(Failure.DISCRIMINATOR_WINS, Failure.STALLED),
        example=(
            "from steadygan.heuristics.objectives import non_saturating_generator_loss\n"
            "loss = non_saturating_generator_loss(discriminator(fake)).mean()"
        ),
    )

    def generator(self, turn: Turn) -> Tensor:
        """See :func:`non_saturating_generator_loss`."""
        return non_saturating_generator_loss(turn.logits(Side.FAKE), turn.targets(Side.REAL))

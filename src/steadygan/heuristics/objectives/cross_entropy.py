"""The first objectives, which compare logits with targets by cross entropy."""

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from steadygan.heuristics.base import Player, Side
from steadygan.heuristics.card import Card, Finding, Source
from steadygan.heuristics.roles import Objective
from steadygan.heuristics.turn import Turn


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Binary cross entropy of σ(logits) with soft targets, stable for any logit.

    Args:
        logits: float32 [M].
        targets: float32 [M], 1 for real and 0 for fake.

    Returns:
        float32 [M]: -t log σ(l) - (1 - t) log(1 - σ(l)).
    """
    return F.binary_cross_entropy_with_logits(logits, targets, reduction="none")


def discriminator_cross_entropy(
    real_logits: Tensor, fake_logits: Tensor, real_targets: Tensor, fake_targets: Tensor
) -> Tensor:
    """The discriminator's loss of the original GAN.

    Args:
        real_logits: float32 [M].
        fake_logits: float32 [M].
        real_targets: float32 [M], 1 unless smoothed.
        fake_targets: float32 [M], 0 unless smoothed.

    Returns:
        float32 [M]: -log D(x) - log(1 - D(G(z))) for targets 1 and 0.

    Source: Goodfellow et al. 2014, equation 1.
    """
    return cross_entropy(real_logits, real_targets) + cross_entropy(fake_logits, fake_targets)


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


class _CrossEntropyObjective(Objective):
    """The discriminator's loss that minimax and non-saturating share."""

    has_targets: ClassVar[bool] = True

    def __call__(self, turn: Turn) -> Tensor:
        """Cross entropy for the discriminator, :meth:`generator` for the generator."""
        if turn.player is Player.GENERATOR:
            return self.generator(turn)
        return discriminator_cross_entropy(
            turn.logits(Side.REAL), turn.logits(Side.FAKE), turn.targets(Side.REAL), turn.targets(Side.FAKE)
        )

    def generator(self, turn: Turn) -> Tensor:
        """Loss of the generator, float32 [M]."""
        raise NotImplementedError


class Minimax(_CrossEntropyObjective):
    """The game as it was first written."""

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


class NonSaturating(_CrossEntropyObjective):
    """The generator's labels flipped."""

    name: ClassVar[str] = "non-saturating"
    card: ClassVar[Card] = Card(
        summary="The generator minimises -log D(G(z)): strong gradients where the discriminator is sure of its fakes.",
        formula="min_G -E log D(G(z))",
        sources=(
            Source(citation="goodfellow2014gan", where="section 3"),
            Source(citation="chintala2016ganhacks", where="item 2"),
        ),
        treats=(Finding.DISCRIMINATOR_WINS, Finding.STALLED),
        example=(
            "from steadygan.heuristics.objectives import non_saturating_generator_loss\n"
            "loss = non_saturating_generator_loss(discriminator(fake)).mean()"
        ),
    )

    def generator(self, turn: Turn) -> Tensor:
        """See :func:`non_saturating_generator_loss`."""
        return non_saturating_generator_loss(turn.logits(Side.FAKE), turn.targets(Side.REAL))

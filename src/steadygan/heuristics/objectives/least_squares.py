"""The least squares loss."""

from typing import ClassVar

import torch
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import Objective
from steadygan.heuristics.shapes import check_same_shape
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player, Side


def least_squares(logits: Tensor, targets: Tensor) -> Tensor:
    """Half the squared distance of logits from targets; no sigmoid in between.

    Args:
        logits: float32 [M].
        targets: float32 [M], 1 for real and 0 for fake.

    Returns:
        float32 [M]: (l - t)² / 2.

    Raises:
        ValueError: when the shapes differ.

    Source: Mao et al. 2016, equation 2.
    """
    check_same_shape(logits=logits, targets=targets)
    return 0.5 * (logits - targets).square()


def least_squares_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor, real_targets: Tensor, fake_targets: Tensor
) -> Tensor:
    """The discriminator's loss of least squares.

    Args:
        real_logits: float32 [M].
        fake_logits: float32 [M].
        real_targets: float32 [M], 1 unless smoothed; b in the paper.
        fake_targets: float32 [M], 0 unless smoothed; a in the paper.

    Returns:
        float32 [M]: (D(x) - 1)² / 2 + D(G(z))² / 2 for targets 1 and 0.

    Raises:
        ValueError: when the shapes differ.

    Source: Mao et al. 2016, equations 2 and 9.
    """
    check_same_shape(real_logits=real_logits, fake_logits=fake_logits)
    return least_squares(real_logits, real_targets) + least_squares(fake_logits, fake_targets)


def least_squares_generator_loss(fake_logits: Tensor, real_targets: Tensor | None = None) -> Tensor:
    """(D(G(z)) - 1)² / 2: fakes far on the right side of the border are pulled back too.

    Args:
        fake_logits: float32 [M].
        real_targets: what the generator wants the answer to be, float32 [M]; 1 when None; c in the paper.

    Returns:
        float32 [M].

    Source: Mao et al. 2016, equations 2 and 9.
    """
    return least_squares(fake_logits, torch.ones_like(fake_logits) if real_targets is None else real_targets)


class LeastSquares(Objective):
    """The least squares loss between logits and targets."""

    name: ClassVar[str] = "least-squares"
    even_loss: ClassVar[float | None] = 0.25
    has_targets: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="Logits are regressed on 1 and 0, so that gradients vanish only where the answer is exactly right.",
        formula="L_D = E (D(x) - 1)² / 2 + E D(G(z))² / 2, L_G = E (D(G(z)) - 1)² / 2",
        sources=(Source(citation="mao2016lsgan", where="equations 2 and 9"),),
        treats=(Failure.DISCRIMINATOR_WINS, Failure.STALLED),
        example=(
            "from steadygan.heuristics.objectives import least_squares_generator_loss\n"
            "loss = least_squares_generator_loss(discriminator(fake)).mean()"
        ),
        note=(
            "The codes are the paper's a = 0, b = c = 1 (equation 9), to which soft and flipped labels apply; its "
            "equation 8 has a = -1, b = 1, c = 0 instead, and minimises Pearson's χ²."
        ),
    )

    def side_loss(self, scores: Tensor, side: Side) -> Tensor:
        """One of the two terms, with the target 1 or 0."""
        return 0.5 * (scores - float(side is Side.REAL)).square()

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`least_squares_discriminator_loss` and :func:`least_squares_generator_loss`."""
        if turn.player is Player.GENERATOR:
            return least_squares_generator_loss(turn.logits(Side.FAKE), turn.targets(Side.REAL))
        return least_squares_discriminator_loss(
            turn.logits(Side.REAL), turn.logits(Side.FAKE), turn.targets(Side.REAL), turn.targets(Side.FAKE)
        )

"""What minimax and non-saturating share: binary cross entropy, and the discriminator's loss."""

import math
from abc import abstractmethod
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from steadygan.heuristics.roles import Objective
from steadygan.heuristics.shapes import check_same_shape
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Player, Side


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Binary cross entropy of σ(logits) with soft targets, stable for any logit.

    Args:
        logits: float32 [M].
        targets: float32 [M], 1 for real and 0 for fake.

    Returns:
        float32 [M]: -t log σ(l) - (1 - t) log(1 - σ(l)).

    Raises:
        ValueError: when the shapes differ.
    """
    check_same_shape(logits=logits, targets=targets)
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

    Raises:
        ValueError: when the shapes differ.

    Source: Goodfellow et al. 2014, equation 1.
    """
    check_same_shape(real_logits=real_logits, fake_logits=fake_logits)
    return cross_entropy(real_logits, real_targets) + cross_entropy(fake_logits, fake_targets)


class CrossEntropyObjective(Objective):
    """The discriminator's loss that minimax and non-saturating share."""

    even_loss: ClassVar[float | None] = 2 * math.log(2)
    has_targets: ClassVar[bool] = True
    zero_separates: ClassVar[bool] = True

    def side_loss(self, scores: Tensor, side: Side) -> Tensor:
        """One of the two terms, with the target 1 or 0."""
        return cross_entropy(scores, torch.full_like(scores, float(side is Side.REAL)))

    def __call__(self, turn: Turn) -> Tensor:
        """Cross entropy for the discriminator, :meth:`generator` for the generator."""
        if turn.player is Player.GENERATOR:
            return self.generator(turn)
        return discriminator_cross_entropy(
            turn.logits(Side.REAL), turn.logits(Side.FAKE), turn.targets(Side.REAL), turn.targets(Side.FAKE)
        )

    @abstractmethod
    def generator(self, turn: Turn) -> Tensor:
        """Loss of the generator, float32 [M]."""

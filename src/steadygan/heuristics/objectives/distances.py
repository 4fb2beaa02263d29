"""Objectives that compare logits with numbers or with each other's means."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from steadygan.heuristics.base import Player, Side
from steadygan.heuristics.card import Card, Finding, Source
from steadygan.heuristics.roles import Objective
from steadygan.heuristics.turn import Turn


def hinge_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """max(0, 1 - D(x)) + max(0, 1 + D(G(z))).

    Args:
        real_logits: float32 [M].
        fake_logits: float32 [M].

    Returns:
        float32 [M].

    Source: Lim and Ye 2017, section 3.
    """
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
    """Logits beyond the margin do not count."""

    name: ClassVar[str] = "hinge"
    card: ClassVar[Card] = Card(
        summary="The discriminator learns only from images within the margin; the generator raises its logits.",
        formula="L_D = E max(0, 1 - D(x)) + E max(0, 1 + D(G(z))), L_G = -E D(G(z))",
        sources=(Source(citation="lim2017geometric", where="section 3"),),
        treats=(Finding.DISCRIMINATOR_WINS,),
        example=(
            "from steadygan.heuristics.objectives import hinge_discriminator_loss\n"
            "loss = hinge_discriminator_loss(discriminator(real), discriminator(fake)).mean()"
        ),
    )

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`hinge_discriminator_loss` and :func:`hinge_generator_loss`."""
        if turn.player is Player.GENERATOR:
            return hinge_generator_loss(turn.logits(Side.FAKE))
        return hinge_discriminator_loss(turn.logits(Side.REAL), turn.logits(Side.FAKE))


def least_squares(logits: Tensor, targets: Tensor) -> Tensor:
    """Half the squared distance of logits from targets; no sigmoid in between.

    Args:
        logits: float32 [M].
        targets: float32 [M], 1 for real and 0 for fake.

    Returns:
        float32 [M]: (l - t)² / 2.

    Source: Mao et al. 2016, equation 2.
    """
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

    Source: Mao et al. 2016, equations 2 and 9.
    """
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
    """Logits are regressed on their targets."""

    name: ClassVar[str] = "least-squares"
    has_targets: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="Logits are regressed on 1 and 0, so that gradients vanish only where the answer is exactly right.",
        formula="L_D = E (D(x) - 1)² / 2 + E D(G(z))² / 2, L_G = E (D(G(z)) - 1)² / 2",
        sources=(Source(citation="mao2016lsgan", where="equations 2 and 9"),),
        treats=(Finding.DISCRIMINATOR_WINS, Finding.STALLED),
        example=(
            "from steadygan.heuristics.objectives import least_squares_generator_loss\n"
            "loss = least_squares_generator_loss(discriminator(fake)).mean()"
        ),
        note=(
            "The codes are the paper's a = 0, b = c = 1 (equation 9), to which soft and flipped labels apply; its "
            "equation 8 has a = -1, b = 1, c = 0 instead, and minimises Pearson's χ²."
        ),
    )

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`least_squares_discriminator_loss` and :func:`least_squares_generator_loss`."""
        if turn.player is Player.GENERATOR:
            return least_squares_generator_loss(turn.logits(Side.FAKE), turn.targets(Side.REAL))
        return least_squares_discriminator_loss(
            turn.logits(Side.REAL), turn.logits(Side.FAKE), turn.targets(Side.REAL), turn.targets(Side.FAKE)
        )


def wasserstein_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """D(G(z)) - D(x); its mean is minus an estimate of the earth mover's distance if D is 1-Lipschitz.

    Args:
        real_logits: float32 [M].
        fake_logits: float32 [M].

    Returns:
        float32 [M].

    Source: Arjovsky et al. 2017, algorithm 1.
    """
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
    """The difference of mean logits."""

    name: ClassVar[str] = "wasserstein"
    card: ClassVar[Card] = Card(
        summary="The discriminator becomes a critic that estimates how far the generator's images are from the data.",
        formula="L_D = E D(G(z)) - E D(x), L_G = -E D(G(z)), D Lipschitz",
        sources=(Source(citation="arjovsky2017wgan", where="algorithm 1"),),
        treats=(Finding.DISCRIMINATOR_WINS, Finding.STALLED, Finding.MODE_COLLAPSE),
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

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`wasserstein_discriminator_loss` and :func:`wasserstein_generator_loss`."""
        if turn.player is Player.GENERATOR:
            return wasserstein_generator_loss(turn.logits(Side.FAKE))
        return wasserstein_discriminator_loss(turn.logits(Side.REAL), turn.logits(Side.FAKE))

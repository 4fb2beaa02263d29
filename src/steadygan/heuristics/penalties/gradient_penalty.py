"""The gradient penalty of WGAN-GP."""

from typing import ClassVar

from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.penalties.slope import NOTE, Discriminator, SlopePenalty, between, slope_at
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Side


def gradient_penalty(
    discriminator: Discriminator, real: Tensor, fake: Tensor, weight: float = 10.0, target: float = 1.0
) -> Tensor:
    """λ (‖∇D(x̂)‖ - k)² at random points x̂ between real and fake images.

    Args:
        discriminator: logits of images; fewer logits than images are those of neighbours seen together.
        real: float [N, ...].
        fake: float [N, ...].
        weight: λ, at least 0.
        target: k, the slope that is wanted, at least 0.

    Returns:
        float32 [N], or as many as there are logits if these are fewer.

    Source: Gulrajani et al. 2017, equation 3.
    """
    return slope_at(discriminator, between(real, fake), weight, target)


class GradientPenalty(SlopePenalty):
    """Penalises gradients whose norm is not one between real and fake images."""

    name: ClassVar[str] = "gradient-penalty"
    card: ClassVar[Card] = Card(
        summary="The discriminator gets a gradient of norm one on the lines between real and fake images.",
        formula="λ E (‖∇D(x̂)‖ - 1)², x̂ = x + ε (G(z) - x), ε ~ U[0, 1]",
        sources=(Source(citation="gulrajani2017wgangp", where="equation 3"),),
        treats=(Failure.OSCILLATION, Failure.EXPLODING_GRADIENTS, Failure.DISCRIMINATOR_WINS),
        cost="one more pass through the discriminator, differentiated twice; every=k divides it by k",
        example=(
            "from steadygan.heuristics.penalties import gradient_penalty\n"
            "loss = loss + gradient_penalty(discriminator, real, fake, weight=10.0).mean()"
        ),
        note=(
            "Between the images as the discriminator sees them, after augmentation, with the labels of the real ones. "
            "Made for the wasserstein objective. " + NOTE
        ),
    )

    def _points(self, turn: Turn) -> Tensor:
        return between(turn.inputs(Side.REAL), turn.inputs(Side.FAKE))

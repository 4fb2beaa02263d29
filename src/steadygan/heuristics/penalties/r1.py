"""The R1 penalty: the squared gradient at real images."""

from typing import ClassVar

from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.penalties.input_gradient import input_gradient
from steadygan.heuristics.penalties.zero_centred import NOTE, ZeroCentredPenalty, zero_centred_penalty
from steadygan.vocabulary import Failure, Side


def r1_penalty(real_logits: Tensor, real: Tensor, gamma: float = 1.0) -> Tensor:
    """γ/2 ‖∇D(x)‖² at real images.

    Args:
        real_logits: float [N] (or [N, ...]).
        real: float [N, ...] that require gradients.
        gamma: weight, at least 0.

    Returns:
        float32 [N], or as many as there are logits if these are fewer, each of several images.

    Source: Mescheder et al. 2018, equation 9.
    """
    inputs = min(real_logits.numel(), len(real))  # a pack of images is one input
    return zero_centred_penalty(input_gradient(real_logits, real).reshape(inputs, -1), gamma)


class R1(ZeroCentredPenalty):
    """Penalises the discriminator's squared gradient at real images."""

    name: ClassVar[str] = "r1"
    differentiates: ClassVar[tuple[Side, ...]] = (Side.REAL,)
    card: ClassVar[Card] = Card(
        summary="The discriminator is kept flat around real images, which makes the game converge locally.",
        formula="γ/2 E ‖∇D(x)‖²",
        sources=(
            Source(citation="mescheder2018converge", where="equation 9"),
            Source(citation="karras2019stylegan2", where="appendix B (lazy)"),
        ),
        treats=(Failure.OSCILLATION, Failure.DISCRIMINATOR_WINS, Failure.EXPLODING_GRADIENTS),
        cost="a second backward pass through the discriminator; every=k divides it by k",
        example=(
            "from steadygan.heuristics.penalties import r1_penalty\n"
            "real.requires_grad_()\nloss = loss + r1_penalty(discriminator(real), real, gamma=1.0).mean()"
        ),
        note=NOTE,
    )

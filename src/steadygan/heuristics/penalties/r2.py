"""The R2 penalty: the squared gradient at fake images."""

from typing import ClassVar

from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.penalties.input_gradient import input_gradient
from steadygan.heuristics.penalties.zero_centred import NOTE, ZeroCentredPenalty, zero_centred_penalty
from steadygan.vocabulary import Failure, Side


def r2_penalty(fake_logits: Tensor, fake: Tensor, gamma: float = 1.0) -> Tensor:
    """γ/2 ‖∇D(G(z))‖² at fake images.

    Args:
        fake_logits: float [N] (or [N, ...]).
        fake: float [N, ...] that require gradients.
        gamma: weight, at least 0.

    Returns:
        float32 [N], or as many as there are logits if these are fewer, each of several images.

    Source: Mescheder et al. 2018, equation 10.
    """
    inputs = min(fake_logits.numel(), len(fake))  # a pack of images is one input
    return zero_centred_penalty(input_gradient(fake_logits, fake).reshape(inputs, -1), gamma)


class R2(ZeroCentredPenalty):
    """Penalises the discriminator's squared gradient at fake images."""

    name: ClassVar[str] = "r2"
    differentiates: ClassVar[tuple[Side, ...]] = (Side.FAKE,)
    card: ClassVar[Card] = Card(
        summary="The discriminator is kept flat around fake images too.",
        formula="γ/2 E ‖∇D(G(z))‖²",
        sources=(
            Source(citation="mescheder2018converge", where="equation 10"),
            Source(citation="huang2025r3gan", where="equation 3"),
        ),
        treats=(Failure.OSCILLATION, Failure.EXPLODING_GRADIENTS),
        cost="like r1; beside r1 both share one backward pass",
        example=(
            "from steadygan.heuristics.penalties import r2_penalty\n"
            "fake.requires_grad_()\nloss = loss + r2_penalty(discriminator(fake), fake, gamma=1.0).mean()"
        ),
        note=NOTE,
    )

"""Penalties on the gradient of a logit with respect to its image."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.base import Side
from steadygan.heuristics.card import Card, Finding, Source
from steadygan.heuristics.roles import Penalty
from steadygan.heuristics.turn import Turn


def input_gradient(logits: Tensor, images: Tensor) -> Tensor:
    """Gradient of each image's logit with respect to that image, itself differentiable.

    Args:
        logits: float [N] or [N, ...], several logits of an image are averaged; or fewer than N, each of several images.
        images: float [N, ...] that require gradients and from which the logits were computed.

    Returns:
        float [N, ...] like ``images``.
    """
    packed = logits.numel() < len(images)
    total = logits.sum() if packed else logits.reshape(len(images), -1).mean(1).sum()
    (gradient,) = torch.autograd.grad(total, images, create_graph=True)
    return gradient


def zero_centred_penalty(gradient: Tensor, gamma: float) -> Tensor:
    """γ/2 ‖∇D‖² of each image.

    Args:
        gradient: float [N, ...], from :func:`input_gradient`.
        gamma: weight, at least 0.

    Returns:
        float32 [N]; float64 for float64.

    Source: Mescheder et al. 2018, equation 9.
    """
    wide = gradient.to(torch.promote_types(gradient.dtype, torch.float32))
    return 0.5 * gamma * wide.square().flatten(1).sum(1)


def r1_penalty(real_logits: Tensor, real: Tensor, gamma: float = 1.0) -> Tensor:
    """γ/2 ‖∇D(x)‖² at real images.

    Args:
        real_logits: float [N] (or [N, ...]).
        real: float [N, ...] that require gradients.
        gamma: weight, at least 0.

    Returns:
        float32 [N].

    Source: Mescheder et al. 2018, equation 9.
    """
    return zero_centred_penalty(input_gradient(real_logits, real), gamma)


def r2_penalty(fake_logits: Tensor, fake: Tensor, gamma: float = 1.0) -> Tensor:
    """γ/2 ‖∇D(G(z))‖² at fake images.

    Args:
        fake_logits: float [N] (or [N, ...]).
        fake: float [N, ...] that require gradients.
        gamma: weight, at least 0.

    Returns:
        float32 [N].

    Source: Mescheder et al. 2018, equation 10.
    """
    return zero_centred_penalty(input_gradient(fake_logits, fake), gamma)


class _ZeroCentred(Penalty):
    """What r1 and r2 share; they differ in the side."""

    gamma: float = Field(1.0, ge=0)
    every: int = Field(1, ge=1, description="only every so many discriminator moves, with that many times the weight")

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`zero_centred_penalty`."""
        penalty = turn.whole(zero_centred_penalty(turn.input_gradient(self.differentiates[0]), self.gamma))
        turn.note(self.name, penalty.detach())
        return penalty


_LAZY = (
    "Taken at the images as the discriminator sees them, after augmentation (R3GAN: before it). With batch norm in "
    "the discriminator the gradient of an image's logit also flows through the other images of its batch."
)


class R1(_ZeroCentred):
    """Flat at the data."""

    name: ClassVar[str] = "r1"
    differentiates: ClassVar[tuple[Side, ...]] = (Side.REAL,)
    card: ClassVar[Card] = Card(
        summary="The discriminator is kept flat around real images, which makes the game converge locally.",
        formula="γ/2 E ‖∇D(x)‖²",
        sources=(
            Source(citation="mescheder2018converge", where="equation 9"),
            Source(citation="karras2019stylegan2", where="appendix B (lazy)"),
        ),
        treats=(Finding.OSCILLATION, Finding.DISCRIMINATOR_WINS, Finding.EXPLODING_GRADIENTS),
        cost="a second backward pass through the discriminator; every=k divides it by k",
        example=(
            "from steadygan.heuristics.penalties import r1_penalty\n"
            "real.requires_grad_()\nloss = loss + r1_penalty(discriminator(real), real, gamma=1.0).mean()"
        ),
        note=_LAZY,
    )


class R2(_ZeroCentred):
    """Flat at the fakes."""

    name: ClassVar[str] = "r2"
    differentiates: ClassVar[tuple[Side, ...]] = (Side.FAKE,)
    card: ClassVar[Card] = Card(
        summary="The discriminator is kept flat around fake images too.",
        formula="γ/2 E ‖∇D(G(z))‖²",
        sources=(
            Source(citation="mescheder2018converge", where="equation 10"),
            Source(citation="huang2025r3gan", where="equation 3"),
        ),
        treats=(Finding.OSCILLATION, Finding.EXPLODING_GRADIENTS),
        cost="like r1; beside r1 both share one backward pass",
        example=(
            "from steadygan.heuristics.penalties import r2_penalty\n"
            "fake.requires_grad_()\nloss = loss + r2_penalty(discriminator(fake), fake, gamma=1.0).mean()"
        ),
        note=_LAZY,
    )

"""What r1 and r2 share: the squared gradient of a logit with respect to its image."""

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.roles import Penalty
from steadygan.heuristics.turn import Turn


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


class ZeroCentredPenalty(Penalty):
    """What r1 and r2 share; they differ in the side."""

    gamma: float = Field(1.0, ge=0)
    every: int = Field(1, ge=1, description="only every so many discriminator moves, with that many times the weight")

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`zero_centred_penalty`."""
        penalty = turn.gather(zero_centred_penalty(turn.input_gradient(self.differentiates[0]), self.gamma))
        turn.note(self.name, penalty.detach())
        return penalty


NOTE = (
    "Taken at the images as the discriminator sees them, after augmentation (R3GAN: before it). With batch norm in "
    "the discriminator the gradient of an image's logit also flows through the other images of its batch."
)

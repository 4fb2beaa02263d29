"""The walk between two latents along a great circle."""

import torch
from torch import Tensor


def slerp(start: Tensor, end: Tensor, share: Tensor | float) -> Tensor:
    """Walk along the great circle from ``start`` to ``end``; the length changes evenly from one to the other.

    Args:
        start: float32 [..., D].
        end: float32 [..., D].
        share: how far, in [0, 1]; a number, or a tensor that broadcasts against [..., 1].

    Returns:
        float32 [..., D]. Where the two directions are equal or opposite there is no one great circle; there the
        walk is straight.

    Source: White 2016, section 2.1; ganhacks, item 3.
    """
    start_length, end_length = start.norm(dim=-1, keepdim=True), end.norm(dim=-1, keepdim=True)
    first, second = start / start_length.clamp_min(1e-12), end / end_length.clamp_min(1e-12)
    # From the diagonals of the rhombus: exact near 0 and π too, where an arc cosine loses half its digits.
    angle = 2 * torch.atan2((first - second).norm(dim=-1, keepdim=True), (first + second).norm(dim=-1, keepdim=True))
    sine = torch.sin(angle)
    along = (torch.sin((1 - share) * angle) * first + torch.sin(share * angle) * second) / sine.clamp_min(1e-12)
    length = (1 - share) * start_length + share * end_length
    return torch.where(sine > 1e-4, length * along, (1 - share) * start + share * end)

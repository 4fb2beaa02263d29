"""Gradient clipping."""

from collections.abc import Iterable
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.moments import BeforeUpdate
from steadygan.heuristics.roles import UpdateModifier
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure


@torch.no_grad()
def clip_gradients(parameters: Iterable[nn.Parameter], max_norm: float = 10.0) -> Tensor:
    """Shorten the gradient of all parameters together to at most ``max_norm``, in place, without waiting for a device.

    Args:
        parameters: those without a gradient do not count.
        max_norm: above 0.

    Returns:
        The Euclidean norm before, a scalar tensor.

    Source: Pascanu et al. 2012, algorithm 1.
    """
    gradients = [each.grad for each in parameters if each.grad is not None]
    if not gradients:
        return torch.zeros(())
    norm: Tensor = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(each) for each in gradients]))
    shortened = (max_norm / (norm + _TINY)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(shortened)
    return norm


_TINY = 1e-6
"""What PyTorch's own function adds to the norm."""


class GradientClipping(UpdateModifier, BeforeUpdate):
    """Bounds the norm of a player's gradient."""

    name: ClassVar[str] = "gradient-clipping"
    card: ClassVar[Card] = Card(
        summary="A gradient that is too long is shortened, so that one bad batch cannot throw a player off.",
        formula="g ← g · min(1, max_norm / ‖g‖₂), over all weights of the player who moves",
        sources=(
            Source(citation="pascanu2012recurrent", where="algorithm 1"),
            Source(citation="chintala2016ganhacks", where="item 10"),
        ),
        treats=(Failure.EXPLODING_GRADIENTS,),
        cost="one pass over the gradients a move",
        example=(
            "from steadygan.heuristics.updates import clip_gradients\nloss = discriminator(fake).mean()\n"
            "loss.backward()\nnorm = clip_gradients(discriminator.parameters(), max_norm=10.0)"
        ),
        note=(
            "No GAN paper settles the bound: 10 is our choice, well under the 100 that the list calls a sign of "
            "failure. Companions of a player count with it. Under Adam a bound that always holds changes little, as "
            "Adam divides by the gradient's size anyway; what helps is that spikes are cut."
        ),
    )
    max_norm: float = Field(10.0, gt=0)

    def before_update(self, turn: Turn) -> None:
        """See :func:`clip_gradients`."""
        groups = turn.state.optimizer(turn.player).param_groups
        clip_gradients((parameter for group in groups for parameter in group["params"]), self.max_norm)

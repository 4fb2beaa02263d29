"""Updates with a bound: on the weights themselves, or on the gradient that moves them."""

from collections.abc import Iterable
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from steadygan.heuristics.base import Player
from steadygan.heuristics.card import Card, Finding, Source
from steadygan.heuristics.roles import UpdateModifier
from steadygan.heuristics.turn import Turn


@torch.no_grad()
def clip_weights(parameters: Iterable[Tensor], bound: float = 0.01) -> None:
    """Put every weight that left [-bound, bound] back onto its edge, in place.

    Args:
        parameters: floating-point tensors of any shape.
        bound: above 0.

    Source: Arjovsky et al. 2017, algorithm 1, line 7.
    """
    for parameter in parameters:
        parameter.clamp_(-bound, bound)


def clip_gradients(parameters: Iterable[nn.Parameter], max_norm: float = 10.0) -> Tensor:
    """Shorten the gradient of all parameters together to at most ``max_norm``, in place, without waiting for a device.

    Args:
        parameters: those without a gradient do not count.
        max_norm: above 0.

    Returns:
        The Euclidean norm before, a scalar tensor.

    Source: Pascanu et al. 2012, algorithm 1.
    """
    return nn.utils.clip_grad_norm_(parameters, max_norm)


class WeightClipping(UpdateModifier):
    """A cube for the discriminator's weights."""

    name: ClassVar[str] = "weight-clipping"
    card: ClassVar[Card] = Card(
        summary="The discriminator's weights are kept within a small cube, which bounds how steep it can be.",
        formula="w ← min(max(w, -c), c) after every move of D",
        sources=(Source(citation="arjovsky2017wgan", where="algorithm 1, line 7"),),
        treats=(Finding.DISCRIMINATOR_WINS, Finding.EXPLODING_GRADIENTS),
        cost="one pass over the discriminator's weights a move",
        example=(
            "from steadygan.heuristics.updates import clip_weights\nbound = 0.01\n"
            "clip_weights(discriminator.parameters(), bound)"
        ),
        note=(
            "Made for the objective 'wasserstein'; its authors call it a clearly terrible way to enforce a Lipschitz "
            "constraint (section 3). All parameters are clipped, scales of normalisation layers included, as in "
            "their code, which clips before a move instead of after it. Of a weight that is computed from others, as "
            "under spectral-norm or equalised-lr, it is the stored one that is clipped; equalised-lr stores weights of "
            "size 1 and wants a bound near 1."
        ),
    )
    bound: float = Field(0.01, gt=0, description="the paper's c")

    def after_move(self, turn: Turn) -> None:
        """See :func:`clip_weights`."""
        if turn.player is Player.DISCRIMINATOR:
            clip_weights(turn.table.network(Player.DISCRIMINATOR).parameters(), self.bound)


class GradientClipping(UpdateModifier):
    """A bound on the length of a player's gradient."""

    name: ClassVar[str] = "gradient-clipping"
    card: ClassVar[Card] = Card(
        summary="A gradient that is too long is shortened, so that one bad batch cannot throw a player off.",
        formula="g ← g · min(1, max_norm / ‖g‖₂), over all weights of the player who moves",
        sources=(
            Source(citation="pascanu2012recurrent", where="algorithm 1"),
            Source(citation="chintala2016ganhacks", where="item 10"),
        ),
        treats=(Finding.EXPLODING_GRADIENTS,),
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
        groups = turn.table.optimizer(turn.player).param_groups
        clip_gradients((parameter for group in groups for parameter in group["params"]), self.max_norm)

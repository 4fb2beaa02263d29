"""Lookahead: slow weights follow the fast weights of both players."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.moments import AfterStep, Memory, Remembers
from steadygan.heuristics.roles import UpdateModifier
from steadygan.heuristics.state import State
from steadygan.vocabulary import Failure, Player


@torch.no_grad()
def look_back(slow: Sequence[Tensor], fast: Sequence[Tensor], alpha: float = 0.5) -> None:
    """Update both in place: slow ← slow + alpha · (fast - slow), then fast ← slow.

    Args:
        slow: the weights of the last time, floating point.
        fast: the weights of this moment, in the same order.
        alpha: share of the way that is kept, in [0, 1].

    Source: Chavdarova et al. 2020, algorithm 1, lines 10 and 11.
    """
    torch._foreach_lerp_(list(slow), list(fast), alpha)
    torch._foreach_copy_(list(fast), list(slow))


@dataclass
class SlowWeights(Memory):
    """The weights at the last update of the slow weights.

    Attributes:
        slow: weights by player.
        steps: steps so far.
    """

    slow: dict[str, list[Tensor]]
    steps: int = 0


class Lookahead(UpdateModifier, Remembers[SlowWeights], AfterStep):
    """Lookahead-minmax: every few steps both players go back part of their way."""

    name: ClassVar[str] = "lookahead"
    card: ClassVar[Card] = Card(
        summary="Every few steps both players go back part of the way that they came, which breaks their circling.",
        formula="every k steps, for both players: slow ← slow + α (fast - slow), fast ← slow",
        sources=(Source(citation="chavdarova2020lookahead", where="algorithm 1"),),
        treats=(Failure.OSCILLATION,),
        cost="one more copy of both players' weights",
        example=(
            "from steadygan.heuristics.updates import look_back\n"
            "slow = [weight.detach().clone() for weight in averaged.parameters()]\n"
            "# ... after k steps of both players, for each of them:\n"
            "look_back(slow, list(generator.parameters()), alpha=0.5)"
        ),
        note=(
            "Both players go back in the same step, as it is both together that circle. The "
            "moments of the optimisers and the running statistics of normalisation layers are left as they are, as in "
            "the authors' code. Companions go back with the generator. The paper's second, slower level (every 5,000 "
            "steps) is left out, and an average of the generator follows its weights of every step."
        ),
    )
    k: int = Field(5, ge=1, description="steps between two looks back")
    alpha: float = Field(0.5, gt=0, le=1)

    def initial_memory(self, state: State) -> SlowWeights:
        """Start with the initial weights of both players."""
        slow = {player.value: [each.detach().clone() for each in _weights(state, player)] for player in Player}
        return SlowWeights(slow)

    def after_step(self, state: State) -> None:
        """See :func:`look_back`."""
        memory = state.memory(self)
        memory.steps += 1
        if memory.steps % self.k == 0:
            for player in Player:
                look_back(memory.slow[player.value], _weights(state, player), self.alpha)


def _weights(state: State, player: Player) -> list[Tensor]:
    return [weight for group in state.optimizer(player).param_groups for weight in group["params"]]

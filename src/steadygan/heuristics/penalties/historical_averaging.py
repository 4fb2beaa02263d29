"""Historical averaging."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.clock import choose
from steadygan.heuristics.moments import AfterMove, Memory, Remembers
from steadygan.heuristics.penalties.weight_penalty import WeightPenalty
from steadygan.heuristics.state import State
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player


def historical_penalty(weights: Iterable[Tensor], means: Iterable[Tensor], weight: float = 1.0) -> Tensor:
    """λ ‖θ - θ̄‖².

    Args:
        weights: θ, floats of any shapes; at least one.
        means: θ̄, of the same shapes.
        weight: λ, at least 0.

    Returns:
        A scalar, float32 (float64 for float64).

    Source: Salimans et al. 2016, section 3.3.
    """
    distances = []
    for now, mean in zip(weights, means, strict=True):
        wide = torch.promote_types(now.dtype, torch.float32)
        distances.append((now.to(wide) - mean).square().sum())
    return weight * torch.stack(distances).sum()


@torch.no_grad()
def running_mean_update(means: Sequence[Tensor], weights: Sequence[Tensor], count: int) -> None:
    """Take one more value into plain means, in place.

    Args:
        means: means of the values before, floats of any shapes.
        weights: the new values, of the same shapes.
        count: how many values there are now, the new one included.

    Source: Salimans et al. 2016, section 3.3, which says that the mean can be kept online.
    """
    for mean, now in zip(means, weights, strict=True):
        mean.lerp_(now.to(mean.dtype), 1 / count)


@dataclass
class Past(Memory):
    """Means of the weights of each player, by the player's name.

    Attributes:
        counts: how many moves they are means of.
        means: one for each weight; zeros before the first move.
    """

    counts: dict[str, int]
    means: dict[str, list[Tensor]]


class HistoricalAveraging(WeightPenalty, Remembers[Past], AfterMove):
    """Weights stay near the mean of their past."""

    name: ClassVar[str] = "historical-averaging"
    card: ClassVar[Card] = Card(
        summary="Each player pays for being far from the mean of its own past weights, which damps their circling.",
        formula="λ ‖θ - (1/t) Σ θ_i‖²",
        sources=(Source(citation="salimans2016improved", where="section 3.3"),),
        treats=(Failure.OSCILLATION,),
        cost="one more copy of each player's weights and a pass over them a move",
        example=(
            "from steadygan.heuristics.penalties import historical_penalty, running_mean_update\n"
            "weights = list(generator.parameters())\n"
            "means = [weight.detach().clone() for weight in weights]\n"
            "loss = loss + historical_penalty(weights, means, weight=0.01)\n"
            "running_mean_update(means, weights, count=2)"
        ),
        note=(
            "θ_i are the weights after each move of the player, all of them counted alike, and θ the ones that are "
            "trained, not those that a parametrisation makes of them. The first move has no past and no penalty. The "
            "paper prints no weight, and its public code does not contain this penalty: 0.01 is this project's "
            "choice, 1 is the formula as printed."
        ),
    )
    weight: float = Field(0.01, ge=0)
    in_generator: bool = True
    in_discriminator: bool = True
    every: int = Field(1, ge=1, description="only every so many moves of a player, with that many times the weight")

    def initial_memory(self, state: State) -> Past:
        """Start without means."""
        names = sorted(player.value for player in self.players)
        networks = {name: state.network(Player(name)) for name in names}
        zeros = {name: [torch.zeros_like(each) for each in networks[name].parameters()] for name in names}
        return Past(dict.fromkeys(names, 0), zeros)

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`historical_penalty`; 0 while there is no past."""
        weights = list(turn.state.network(turn.player).parameters())
        past, name = turn.state.memory(self), turn.player.value
        # Before the first move there is no past to be far from.
        means = [choose(past.counts[name] > 0, *pair) for pair in zip(past.means[name], weights, strict=True)]
        penalty = historical_penalty(weights, means, self.weight)
        turn.log(f"{self.name}/{turn.player.value}", penalty.detach())
        return penalty

    def after_move(self, turn: Turn) -> None:
        """Add the new weights to the means."""
        if turn.player not in self.players:
            return
        weights = list(turn.state.network(turn.player).parameters())
        past, name = turn.state.memory(self), turn.player.value
        past.counts[name] += 1
        running_mean_update(past.means[name], weights, past.counts[name])

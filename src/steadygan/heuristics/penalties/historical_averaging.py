"""The distance of weights from their own past."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import SALIMANS
from steadygan.heuristics.penalties.weight_penalty import WeightPenalty
from steadygan.heuristics.turn import Memory, State, Turn
from steadygan.vocabulary import Finding


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


class HistoricalAveraging(WeightPenalty):
    """Weights stay near the mean of their past."""

    name: ClassVar[str] = "historical-averaging"
    card: ClassVar[Card] = Card(
        summary="Each player pays for being far from the mean of its own past weights, which damps their circling.",
        formula="λ ‖θ - (1/t) Σ θ_i‖²",
        sources=(Source(citation=SALIMANS, where="section 3.3"),),
        treats=(Finding.OSCILLATION,),
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

    def begin(self, state: State) -> None:
        """No player has a past."""
        for player in self.players:
            state.memory(self.name)[player.value] = {"count": 0, "means": []}

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`historical_penalty`; 0 while there is no past."""
        weights, past = list(turn.state.network(turn.player).parameters()), self._past(turn)
        means = past["means"] if past["count"] else [weight.detach() for weight in weights]
        penalty = historical_penalty(weights, means, self.weight)
        turn.note(f"{self.name}/{turn.player.value}", penalty.detach())
        return penalty

    def after_move(self, turn: Turn) -> None:
        """The new weights belong to the past of the next move."""
        if turn.player not in self.players:
            return
        weights, past = list(turn.state.network(turn.player).parameters()), self._past(turn)
        if not past["count"]:
            past["means"] = [torch.zeros_like(weight, requires_grad=False) for weight in weights]
        past["count"] += 1
        running_mean_update(past["means"], weights, past["count"])

    def _past(self, turn: Turn) -> Memory:
        past: Memory = turn.state.memory(self.name)[turn.player.value]
        return past

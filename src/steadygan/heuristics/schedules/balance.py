"""A schedule that gives more moves to the player who is behind."""

from dataclasses import dataclass
from typing import ClassVar, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.moments import AfterMove, Memory, Remembers
from steadygan.heuristics.roles import Schedule
from steadygan.heuristics.schedules.alternate import alternate
from steadygan.heuristics.state import State
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player, Side

_CHANCE = 0.5


def ranking_accuracy(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """How often the discriminator finds a real image more real than a fake one; ties count half.

    Args:
        real_logits: float [M].
        fake_logits: float [M].

    Returns:
        Scalar in [0, 1] without a gradient: 1 if it is always right, 0.5 by chance.
    """
    difference = real_logits.detach() - fake_logits.detach()
    return ((difference.sign() + 1) / 2).mean()


def balanced(accuracy: float, low: float = 0.6, high: float = 0.9, most: int = 3) -> tuple[Player, ...]:
    """The moves of one step: one each, and more for the player who is behind, the more the further.

    Args:
        accuracy: the discriminator's, in [0, 1].
        low: below it the discriminator is behind, in (0.5, 1).
        high: above it the generator is behind, in [low, 1).
        most: moves of one player in a step, at least 1; reached at an accuracy of 0.5 or 1.

    Returns:
        The players in the order of their moves, first the discriminator's.
    """
    behind = min((low - accuracy) / (low - _CHANCE), 1.0) if accuracy < low else 0.0
    ahead = min((accuracy - high) / (1 - high), 1.0) if accuracy > high else 0.0
    return alternate(1 + round((most - 1) * behind), 1 + round((most - 1) * ahead))


@dataclass
class Accuracy(Memory):
    """The discriminator's accuracy, smoothed: a scalar in [0, 1]."""

    smoothed: Tensor


class Balance(Schedule, Remembers[Accuracy], AfterMove):
    """The player who is behind gets more moves."""

    name: ClassVar[str] = "balance"
    card: ClassVar[Card] = Card(
        summary="The player who is behind, by how well the discriminator tells real from fake, gets more moves.",
        formula="a = P(D(x) > D(G(z))), smoothed; a < low: up to `most` moves of D; a > high: up to `most` of G",
        sources=(
            Source(citation="goodfellow2016tutorial", where="section 4.4"),
            Source(citation="chintala2016ganhacks", where="item 11"),
        ),
        treats=(Failure.DISCRIMINATOR_WINS,),
        cost="time grows with the moves; waits for the device once a step",
        example=(
            "from steadygan.heuristics.schedules import balanced, ranking_accuracy\n"
            "accuracy = ranking_accuracy(discriminator(real), discriminator(fake)).item()\n"
            "for player in balanced(accuracy):\n    ..."
        ),
        note=(
            "Its sources call it unreliable: a discriminator that wins is one that estimates well, and the list says "
            "that everyone has tried to find such a schedule and that it is hard. They give thresholds on the "
            "losses at most as an example; accuracy is comparable between objectives. It compares a real logit with a "
            "fake one instead of each with 0, as the logits of relativistic or Wasserstein objectives have no zero. "
            "Thresholds, smoothing and the number of moves are our choice."
        ),
    )
    low: float = Field(0.6, gt=0.5, lt=1, description="accuracy below which the discriminator gets more moves")
    high: float = Field(0.9, gt=0.5, lt=1, description="accuracy above which the generator gets more moves")
    most: int = Field(3, ge=1, le=100, description="moves of one player in a step")
    half_life: float = Field(1_000, gt=0, description="half-life of the smoothing, in images seen")
    reuse_fakes: bool = Field(
        False, description="the generator is trained on the same fakes as the discriminator's last move"
    )
    fresh_reals: bool = Field(
        False,
        description="the generator's move sees real images of its own instead of the discriminator's last ones",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}")
        return self

    def initial_memory(self, state: State) -> Accuracy:
        """Start with an accuracy at which no player is behind."""
        return Accuracy(torch.tensor((self.low + self.high) / 2, device=state.device))

    def moves(self, state: State) -> tuple[Player, ...]:
        """See :func:`balanced`."""
        return balanced(float(state.memory(self).smoothed), self.low, self.high, self.most)

    def after_move(self, turn: Turn) -> None:
        """Update the accuracy with the discriminator's latest answers."""
        if turn.player is Player.DISCRIMINATOR:
            real, fake = (turn.gather(turn.scores(side)) for side in (Side.REAL, Side.FAKE))
            accuracy = ranking_accuracy(real, fake)
            keep = 0.5 ** (turn.state.batch / self.half_life)
            memory = turn.state.memory(self)
            memory.smoothed = torch.lerp(accuracy, memory.smoothed, keep)
            turn.log("balance/accuracy", accuracy)

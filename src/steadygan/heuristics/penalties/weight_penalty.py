"""What penalties on the weights of one player or of both share."""

from typing import Self

from pydantic import model_validator

from steadygan.heuristics.roles import Penalty
from steadygan.vocabulary import Player


class WeightPenalty(Penalty):
    """A penalty on the weights of one player or of both, each in its own loss."""

    in_generator: bool
    in_discriminator: bool

    @model_validator(mode="after")
    def _someone(self) -> Self:
        if not self.players:
            raise ValueError("in_generator and in_discriminator are both off: switch one on, or leave this out")
        return self

    @property
    def players(self) -> frozenset[Player]:
        """Those whose weights are penalised."""
        wanted = {Player.GENERATOR: self.in_generator, Player.DISCRIMINATOR: self.in_discriminator}
        return frozenset(player for player, is_wanted in wanted.items() if is_wanted)

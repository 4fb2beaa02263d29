"""A discriminator that is wider than the generator."""

from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class LargerDiscriminator(ArchitectureHeuristic):
    """The discriminator is wider than the generator."""

    name: ClassVar[str] = "larger-discriminator"
    card: ClassVar[Card] = Card(
        summary="The discriminator is wider than the generator: the theory wants it near its optimum.",
        formula="width of D = width · factor",
        sources=(Source(citation="goodfellow2016tutorial", where="section 4.4"),),
        treats=(Failure.MODE_DROPPING, Failure.GARBAGE_FOOLING),
        cost="about factor² times the discriminator's work",
        example=(
            "from torch import nn\n"
            "width = 64\n"
            "generator = nn.Sequential(nn.Linear(6, width), nn.ReLU(), nn.Linear(width, 192), nn.Tanh())\n"
            "discriminator = nn.Sequential(nn.Linear(192, 2 * width), nn.ReLU(), nn.Linear(2 * width, 1))"
        ),
    )
    factor: float = Field(1.5, gt=1, le=8)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Widen the discriminator."""
        return blueprint.changed(discriminator_width=blueprint.discriminator_width * self.factor)

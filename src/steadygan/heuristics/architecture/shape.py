"""Which layers there are, and how wide."""

from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint
from steadygan.heuristics.architecture.example import in_a_recipe
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import (
    DCGAN,
    TUTORIAL,
)
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Finding


class NoHiddenDense(ArchitectureHeuristic):
    """z is projected and convolved at once; the last map goes straight to the logit."""

    name: ClassVar[str] = "no-hidden-dense"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="No hidden dense layers: z is projected, reshaped and convolved; the last map gives the logit.",
        formula="logit = w · flatten(last map)",
        sources=(Source(citation=DCGAN, where="section 3"),),
        treats=(Finding.OSCILLATION,),
        cost="less than nothing: two layers fewer",
        example=in_a_recipe("no-hidden-dense"),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Leave the hidden dense layers out."""
        return blueprint.changed(hidden_dense=False)


class LargerDiscriminator(ArchitectureHeuristic):
    """The discriminator is wider than the generator."""

    name: ClassVar[str] = "larger-discriminator"
    card: ClassVar[Card] = Card(
        summary="The discriminator is wider than the generator: the theory wants it near its optimum.",
        formula="width of D = width · factor",
        sources=(Source(citation=TUTORIAL, where="section 4.4"),),
        treats=(Finding.MODE_DROPPING, Finding.GARBAGE_FOOLING),
        cost="about factor² times the discriminator's work",
        example=in_a_recipe("larger-discriminator"),
    )
    factor: float = Field(1.5, gt=1, le=8)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Widen the discriminator."""
        return blueprint.changed(discriminator_width=blueprint.discriminator_width * self.factor)

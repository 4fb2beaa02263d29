"""A discriminator that compares its features with a vector of the class."""

from collections.abc import Iterable
from typing import ClassVar

from steadygan.heuristics.architecture.example import in_a_recipe
from steadygan.heuristics.architecture.label_embedding import TELL_THE_GENERATOR, needs_labelled_generator
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import (
    PROJECTION,
)
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Finding, Labels


class Projection(ArchitectureHeuristic):
    """The discriminator compares its features with a vector of the class."""

    name: ClassVar[str] = "projection"
    labels: ClassVar[Labels] = Labels.ALL
    card: ClassVar[Card] = Card(
        summary="The logit is that of the image plus the inner product of its features with a vector of the class.",
        formula="logit = v[class] · φ(x) + ψ(φ(x))",
        sources=(Source(citation=PROJECTION, where="equation 3 and figure 1"),),
        treats=(Finding.MODE_DROPPING, Finding.OSCILLATION),
        cost="one table of classes × features",
        example=in_a_recipe("conditional-batch-norm", "projection"),
        needs=TELL_THE_GENERATOR,
    )

    def objection(self, others: Iterable[Heuristic]) -> str | None:
        """The generator must know the class."""
        return needs_labelled_generator(self.name, others)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Put the projection in."""
        return blueprint.changed(projection=True)

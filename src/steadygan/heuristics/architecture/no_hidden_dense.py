"""Networks without hidden dense layers."""

from typing import ClassVar

from steadygan.heuristics.architecture.example import in_a_recipe
from steadygan.heuristics.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import (
    DCGAN,
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

"""Maps that become larger by laying channels side by side."""

from typing import ClassVar

from steadygan.heuristics.architecture.example import in_a_recipe
from steadygan.heuristics.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import (
    GANHACKS,
    SUBPIXEL,
)
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Finding


class PixelShuffle(ArchitectureHeuristic):
    """The generator doubles its maps by sub-pixel convolution."""

    name: ClassVar[str] = "pixel-shuffle"
    decides: ClassVar[str] = "how the generator doubles its maps"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The generator upsamples by computing four channels for each and weaving them into a larger map.",
        formula="y[c, 2i + a, 2j + b] = (W ∗ x)[4c + 2a + b, i, j]",
        sources=(Source(citation=SUBPIXEL, where="equation 4"), Source(citation=GANHACKS, where="item 5")),
        treats=(Finding.CHECKERBOARD,),
        cost="2.25 times a transposed convolution with kernel 4",
        example=in_a_recipe("pixel-shuffle"),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Set the upsampling."""
        return blueprint.changed(upsampling="pixel-shuffle")

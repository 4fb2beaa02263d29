"""Downsampling by average pooling."""

from typing import ClassVar

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class AveragePooling(ArchitectureHeuristic):
    """The discriminator halves its maps by average pooling."""

    name: ClassVar[str] = "average-pooling"
    decision: ClassVar[str] = "how the discriminator halves its maps"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The discriminator downsamples by averages, which give gradients everywhere, unlike maxima.",
        formula="y = mean of each 2×2 block of W ∗ x",
        sources=(Source(citation="chintala2016ganhacks", where="item 5"),),
        treats=(Failure.DISCRIMINATOR_WINS,),
        cost="1.44 times the work of a stride with kernel 5, 2.25 times that with kernel 4",
        example=(
            "from torch import nn\n"
            "discriminator = nn.Sequential(\n"
            "    nn.Conv2d(3, 64, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2),\n"
            "    nn.Flatten(), nn.LazyLinear(1),\n"
            ")\n"
            "logits = discriminator(real)"
        ),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Choose the downsampling."""
        return blueprint.changed(downsampling="average-pooling")

"""The standard deviation of a group of images as a further channel."""

from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class MinibatchStddev(ArchitectureHeuristic):
    """The discriminator sees how much the images of a group differ."""

    name: ClassVar[str] = "minibatch-stddev"
    card: ClassVar[Card] = Card(
        summary="One more channel near the discriminator's end: the standard deviation over a group of images.",
        formula="s = mean over features and pixels of √(Var over the group + 1e-8)",
        sources=(Source(citation="karras2017progressive", where="section 3"),),
        treats=(Failure.MODE_COLLAPSE, Failure.MODE_DROPPING),
        cost="almost none; the logits of one group depend on each other",
        example=(
            "from torch import nn\n"
            "from steadygan.layers import MinibatchStddev\n"
            "discriminator = nn.Sequential(\n"
            "    nn.Conv2d(3, 64, 4, 2, 1), nn.ReLU(),\n"
            "    MinibatchStddev(4), nn.Conv2d(64 + 1, 64, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.LazyLinear(1),\n"
            ")\n"
            "logits = discriminator(real)"
        ),
        note="The paper takes the whole batch as one group; groups of 4 are from the authors' code.",
    )
    group: int = Field(4, ge=2, le=65536)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Add the channel."""
        return blueprint.changed(minibatch_stddev=self.group)

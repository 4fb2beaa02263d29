"""Downsampling by strided convolutions."""

from typing import ClassVar

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class StridedConvolutions(ArchitectureHeuristic):
    """The discriminator halves its maps by convolutions of stride 2."""

    name: ClassVar[str] = "strided-convolutions"
    decision: ClassVar[str] = "how the discriminator halves its maps"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The discriminator learns its own downsampling by convolutions of stride 2 instead of pooling.",
        formula="y = W ∗ x with stride 2",
        sources=(Source(citation="radford2015dcgan", where="section 3"),),
        treats=(Failure.DISCRIMINATOR_WINS, Failure.OSCILLATION),
        cost="negative: 0.7 of the work of a convolution followed by pooling, and 0.44 of it with kernel 4",
        example=(
            "from torch import nn\n"
            "discriminator = nn.Sequential(\n"
            "    nn.Conv2d(3, 64, 4, stride=2, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(64 * 4 * 4, 1)\n"
            ")\n"
            "logits = discriminator(real)"
        ),
        note="The kernel is 5 with stride 2, as in the paper's figure 1, unless kernel-divisible-by-stride makes it 4.",
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Choose the downsampling."""
        return blueprint.changed(downsampling="strided")

"""Upsampling by transposed convolutions."""

from typing import ClassVar

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class TransposedConvolutions(ArchitectureHeuristic):
    """The generator doubles its maps by transposed convolutions."""

    name: ClassVar[str] = "transposed-convolutions"
    decision: ClassVar[str] = "how the generator doubles its maps"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The generator learns its own upsampling by transposed convolutions of stride 2.",
        formula="y = Wᵀ ∗ x with stride 2",
        sources=(Source(citation="radford2015dcgan", where="section 3"),),
        treats=(Failure.GARBAGE_FOOLING,),
        cost="with kernel 4 that of resize-convolutions, with kernel 5 1.56 times as much",
        example=(
            "from torch import nn\n"
            "generator = nn.Sequential(\n"
            "    nn.Linear(6, 64 * 4 * 4), nn.Unflatten(1, (64, 4, 4)), nn.ReLU(),\n"
            "    nn.ConvTranspose2d(64, 3, 4, stride=2, padding=1), nn.Tanh(),\n"
            ")\n"
            "fake = generator(z)"
        ),
        note="The kernel is 5 with stride 2, as in the paper's figure 1, unless kernel-divisible-by-stride makes it 4.",
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Choose the upsampling."""
        return blueprint.changed(upsampling="transposed")

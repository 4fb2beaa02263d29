"""Upsampling by resize-convolutions."""

from typing import ClassVar

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class ResizeConvolutions(ArchitectureHeuristic):
    """The generator doubles its maps by nearest neighbours before it convolves them."""

    name: ClassVar[str] = "resize-convolutions"
    decision: ClassVar[str] = "how the generator doubles its maps"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The generator repeats each pixel in a square of 2×2, then convolves, so that even maps stay even.",
        formula="y = W ∗ u, u[2i + a, 2j + b] = x[i, j] for a, b in {0, 1}",
        sources=(Source(citation="odena2016deconvolution", where="section on better upsampling"),),
        treats=(Failure.CHECKERBOARD,),
        cost="that of a transposed convolution with kernel 4, as which it is computed",
        example=(
            "from torch import nn\n"
            "generator = nn.Sequential(\n"
            "    nn.Linear(6, 64 * 4 * 4), nn.Unflatten(1, (64, 4, 4)), nn.ReLU(),\n"
            '    nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(64, 3, 3, padding=1), nn.Tanh(),\n'
            ")\n"
            "fake = generator(z)"
        ),
        note=(
            "The kernel is 3. The naive networks upsample in this way already, so this is for recipes that otherwise "
            "would not. In a transposed convolution each pixel of a square has weights of its own, whose sums need not "
            "agree; where they do not, a grid of dots covers the whole image."
        ),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Choose the upsampling."""
        return blueprint.changed(upsampling="nearest")

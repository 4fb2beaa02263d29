"""Upsampling by pixel shuffle."""

from typing import ClassVar

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class PixelShuffle(ArchitectureHeuristic):
    """The generator doubles its maps by sub-pixel convolution."""

    name: ClassVar[str] = "pixel-shuffle"
    decision: ClassVar[str] = "how the generator doubles its maps"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The generator upsamples by computing four channels for each and weaving them into a larger map.",
        formula="y[c, 2i + a, 2j + b] = (W ∗ x)[4c + 2a + b, i, j]",
        sources=(
            Source(citation="shi2016subpixel", where="equation 4"),
            Source(citation="chintala2016ganhacks", where="item 5"),
            Source(citation="odena2016deconvolution", where="section on better upsampling"),
        ),
        treats=(Failure.CHECKERBOARD,),
        cost="2.25 times a transposed convolution with kernel 4",
        example=(
            "from torch import nn\n"
            "generator = nn.Sequential(\n"
            "    nn.Linear(6, 64 * 4 * 4), nn.Unflatten(1, (64, 4, 4)), nn.ReLU(),\n"
            "    nn.Conv2d(64, 4 * 3, 3, padding=1), nn.PixelShuffle(2), nn.Tanh(),\n"
            ")\n"
            "fake = generator(z)"
        ),
        note=(
            "No pixel is written more often than others. Odena et al. point out that this removes one cause of "
            "checkerboards and not all: each of the four kinds of pixels has weights of its own, which need not agree. "
            "icnr-init lets them begin alike, resize-convolutions keeps them alike."
        ),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Choose the upsampling."""
        return blueprint.changed(upsampling="pixel-shuffle")

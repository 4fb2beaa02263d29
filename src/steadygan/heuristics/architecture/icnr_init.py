"""Sub-pixel convolutions that begin as nearest-neighbour resizing."""

from typing import ClassVar

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class IcnrInit(ArchitectureHeuristic):
    """Layers that double maps are initialised as nearest-neighbour upsampling and a convolution."""

    name: ClassVar[str] = "icnr-init"
    images_only: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("transposed-convolutions", "pixel-shuffle")
    card: ClassVar[Card] = Card(
        summary="Layers that double maps begin as if they repeated pixels before a convolution, so that no grid of "
        "dots lies over the first images.",
        formula="W of a pixel shuffle = w of each pixel of a square; W of a transposed convolution = c · (w ∗ 1₂ₓ₂)",
        sources=(Source(citation="aitken2017icnr", where="section on initialisation"),),
        treats=(Failure.CHECKERBOARD,),
        example=(
            "from torch import nn\n"
            "from steadygan.layers import Upsample, icnr_init\n"
            "generator = nn.Sequential(\n"
            "    nn.Linear(6, 64 * 4 * 4), nn.Unflatten(1, (64, 4, 4)), nn.ReLU(),\n"
            '    Upsample(64, 3, "pixel-shuffle"), nn.Tanh(),\n'
            ")\n"
            "fake = icnr_init(generator)(z)"
        ),
        note=(
            "The paper is about pixel shuffle. What it does there holds for a transposed convolution whose kernel is "
            "one of a size less, convolved with a square of ones; c keeps the spread of the weights. Only the "
            "beginning changes: all weights learn as before."
        ),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Turn the initialisation on."""
        return blueprint.changed(icnr_init=True)

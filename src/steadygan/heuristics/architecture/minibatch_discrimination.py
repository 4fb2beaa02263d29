"""Learnt features that say how close the images of a batch are."""

from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class MinibatchDiscrimination(ArchitectureHeuristic):
    """The discriminator sees how close each image is to the others of its batch."""

    name: ClassVar[str] = "minibatch-discrimination"
    card: ClassVar[Card] = Card(
        summary="Beside an image's last features the discriminator sees how close they are to those of its batch.",
        formula="M_i = f(x_i) T, o_b(x_i) = Σ_{j ≠ i} exp(-‖M_ib - M_jb‖₁), appended to f(x_i)",
        sources=(
            Source(citation="salimans2016improved", where="section 3.2"),
            Source(citation="chintala2016ganhacks", where="item 15"),
        ),
        treats=(Failure.MODE_COLLAPSE,),
        cost="N² · kernels · dimension numbers in memory; the logits of one batch depend on each other",
        example=(
            "from torch import nn\n"
            "from steadygan.layers import MinibatchDiscrimination\n"
            "discriminator = nn.Sequential(\n"
            "    nn.Flatten(), nn.Linear(3 * 8 * 8, 128), nn.ReLU(),\n"
            "    MinibatchDiscrimination(128, kernels=100, dimension=5), nn.Linear(128 + 100, 1),\n"
            ")\n"
            "logits = discriminator(real)"
        ),
        note=(
            "The paper's sum counts the image itself, which adds 1; the authors' code does not. T starts from "
            "N(0, 1 / features) instead of from a batch. The list of hacks reports mixed results."
        ),
    )
    kernels: int = Field(100, ge=1, le=1000)
    dimension: int = Field(5, ge=1, le=100)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Add the layer before the logit."""
        return blueprint.changed(minibatch_kernels=self.kernels, minibatch_dimension=self.dimension)

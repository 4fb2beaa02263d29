"""Instance normalisation of the hidden layers."""

from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint, Norm
from steadygan.heuristics.architecture.norm_decisions import norm_decisions
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class InstanceNormHeuristic(ArchitectureHeuristic):
    """Instance normalisation in the hidden layers."""

    name: ClassVar[str] = "instance-norm"
    card: ClassVar[Card] = Card(
        summary="Every map of every image is normalised by itself: the same in training and use, for any batch.",
        formula="y = a (x - E[x]) / √(Var[x] + eps) + b, over the pixels of one map",
        sources=(Source(citation="ulyanov2016instancenorm"), Source(citation="chintala2016ganhacks", where="item 4")),
        treats=(Failure.STALLED,),
        cost="about that of batch norm; images do not depend on each other",
        example=(
            "from torch import nn\n"
            "hidden = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.InstanceNorm2d(64, affine=True), nn.ReLU())\n"
            "maps = hidden(real)"
        ),
        note="Vectors are normalised over their features (layer normalisation): each is one pixel only.",
    )
    in_generator: bool = True
    in_discriminator: bool = True
    eps: float = Field(1e-5, gt=0)

    def decides(self) -> frozenset[str]:
        """How the layers of each network are normalised."""
        return norm_decisions(self.in_generator, self.in_discriminator)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Choose the normalisation of each network."""
        norm = Norm(kind="instance", eps=self.eps)
        return blueprint.changed(
            generator_norm=norm if self.in_generator else blueprint.generator_norm,
            discriminator_norm=norm if self.in_discriminator else blueprint.discriminator_norm,
        )

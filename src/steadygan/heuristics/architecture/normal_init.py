"""Weights that begin normally distributed."""

from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure

WEIGHTS_BEGIN = "how weights begin"


class NormalInit(ArchitectureHeuristic):
    """Weights start small and normal."""

    name: ClassVar[str] = "normal-init"
    decision: ClassVar[str] = WEIGHTS_BEGIN
    card: ClassVar[Card] = Card(
        summary="All weights start from a narrow normal distribution; the scales of batch norm start around 1.",
        formula="w ~ N(0, std²), batch-norm scale ~ N(1, std²)",
        sources=(Source(citation="radford2015dcgan", where="section 4"),),
        treats=(Failure.EXPLODING_GRADIENTS, Failure.STALLED),
        example=(
            "from torch import nn\n"
            "from steadygan.layers import normal_init\n"
            "discriminator = nn.Sequential(nn.Conv2d(3, 64, 4, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(1024, 1))\n"
            "logits = normal_init(discriminator, std=0.02)(real)"
        ),
        note="The normal scale of batch norm is from the authors' code; the paper speaks of weights only.",
    )
    std: float = Field(0.02, gt=0)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Set the initial spread."""
        return blueprint.changed(init_std=self.std)

"""Leaky rectifiers as activations."""

from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class LeakyReLU(ArchitectureHeuristic):
    """Activations whose slope below 0 is not 0."""

    name: ClassVar[str] = "leaky-relu"
    card: ClassVar[Card] = Card(
        summary="Leaky rectifiers, so that gradients reach the generator through every unit.",
        formula="y = max(x, slope · x)",
        sources=(
            Source(citation="radford2015dcgan", where="sections 3 and 4"),
            Source(citation="chintala2016ganhacks", where="item 5"),
        ),
        treats=(Failure.STALLED, Failure.DISCRIMINATOR_WINS),
        example=(
            "from torch import nn\n"
            "discriminator = nn.Sequential(\n"
            "    nn.Conv2d(3, 64, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(1024, 1)\n"
            ")\n"
            "logits = discriminator(real)"
        ),
        note="The paper has ReLU in the generator; leaky in both is later practice (in_generator).",
    )
    in_discriminator: bool = True
    in_generator: bool = False
    slope: float = Field(0.2, gt=0, lt=1)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Choose the slopes."""
        return blueprint.changed(
            discriminator_slope=self.slope if self.in_discriminator else blueprint.discriminator_slope,
            generator_slope=self.slope if self.in_generator else blueprint.generator_slope,
        )

"""The equalised learning rate: weights are rescaled whenever they are used."""

from typing import ClassVar

from steadygan.blueprint import Blueprint
from steadygan.heuristics.architecture.normal_init import WEIGHTS_BEGIN
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class EqualisedLR(ArchitectureHeuristic):
    """Weights start from N(0, 1) and are scaled by He's constant whenever they are used."""

    name: ClassVar[str] = "equalised-lr"
    decision: ClassVar[str] = WEIGHTS_BEGIN
    card: ClassVar[Card] = Card(
        summary="All weights have the same spread and are scaled when used, so that Adam moves them at one speed.",
        formula="w used = √(2 / fan-in) · w, w ~ N(0, 1) at first",
        sources=(Source(citation="karras2017progressive", where="section 4.1"),),
        treats=(Failure.EXPLODING_GRADIENTS, Failure.STALLED),
        cost="one product for each weight and use",
        example=(
            "from torch import nn\n"
            "from steadygan.layers import equalised_lr\n"
            "discriminator = equalised_lr(\n"
            "    nn.Sequential(nn.Conv2d(3, 64, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(1024, 1))\n"
            ")\n"
            "logits = discriminator(real)"
        ),
        note=(
            "The authors' code has other constants for the layers at the ends (√2 / 4 instead of √2 in the generator's "
            "first dense layer, 1 in the last layers); here all have He's. The authors train with a learning rate of "
            "0.001, five times that of DCGAN."
        ),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Turn the scaling on."""
        return blueprint.changed(equalised=True)

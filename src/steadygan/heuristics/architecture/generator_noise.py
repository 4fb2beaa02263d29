"""Noise in the generator's layers."""

from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class GeneratorNoise(ArchitectureHeuristic):
    """Gaussian noise in the generator, in training and in generation."""

    name: ClassVar[str] = "generator-noise"
    card: ClassVar[Card] = Card(
        summary="Gaussian noise is added to the generator's hidden activations, in training and in generation alike.",
        formula="y = x + std · n, n ~ N(0, 1)",
        sources=(Source(citation="chintala2016ganhacks", where="item 13"), Source(citation="zhao2016energy")),
        treats=(Failure.MODE_COLLAPSE,),
        example=(
            "from torch import nn\n"
            "from steadygan.layers import GeneratorNoise\n"
            "hidden = nn.Sequential(nn.Linear(6, 64), nn.ReLU(), GeneratorNoise(0.1)).eval()\n"
            "different = hidden(z) != hidden(z)  # it is drawn in evaluation mode too"
        ),
        note=(
            "The list of hacks names no strength and credits the energy-based GAN; the noise comes after each "
            "activation. The same latent gives a slightly different image each time."
        ),
    )
    std: float = Field(0.1, gt=0, le=10)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Add the noise."""
        return blueprint.changed(generator_noise=self.std)

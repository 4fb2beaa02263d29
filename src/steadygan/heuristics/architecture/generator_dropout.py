"""Dropout in the generator."""

from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class GeneratorDropout(ArchitectureHeuristic):
    """Dropout in the generator, in training and in generation."""

    name: ClassVar[str] = "generator-dropout"
    card: ClassVar[Card] = Card(
        summary="Half of the generator's hidden activations are dropped, in training and in generation alike.",
        formula="y = x · m / (1 - p), m ~ Bernoulli(1 - p)",
        sources=(
            Source(citation="chintala2016ganhacks", where="item 17"),
            Source(citation="isola2016pix2pix", where="section 3.1"),
        ),
        treats=(Failure.MODE_COLLAPSE,),
        example=(
            "from torch import nn\n"
            "from steadygan.layers import GeneratorDropout\n"
            "hidden = nn.Sequential(nn.Linear(6, 64), nn.ReLU(), GeneratorDropout(0.5)).eval()\n"
            "different = hidden(z) != hidden(z)  # it drops in evaluation mode too"
        ),
        note="Noise in the layers: the same latent gives a slightly different image each time.",
    )
    probability: float = Field(0.5, gt=0, lt=1)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Add the dropout."""
        return blueprint.changed(generator_dropout=self.probability)

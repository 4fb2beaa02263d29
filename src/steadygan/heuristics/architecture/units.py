"""Activations and the noise in them."""

from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint
from steadygan.heuristics.architecture.example import in_a_recipe
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import (
    DCGAN,
    ENERGY,
    GANHACKS,
    PIX2PIX,
)
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Finding


class LeakyReLU(ArchitectureHeuristic):
    """Activations that pass gradients below 0 too."""

    name: ClassVar[str] = "leaky-relu"
    card: ClassVar[Card] = Card(
        summary="Leaky rectifiers, so that gradients reach the generator through every unit.",
        formula="y = max(x, slope · x)",
        sources=(Source(citation=DCGAN, where="sections 3 and 4"), Source(citation=GANHACKS, where="item 5")),
        treats=(Finding.STALLED, Finding.DISCRIMINATOR_WINS),
        example=in_a_recipe("leaky-relu"),
        note="The paper has ReLU in the generator; leaky in both is later practice (in_generator).",
    )
    in_discriminator: bool = True
    in_generator: bool = False
    slope: float = Field(0.2, gt=0, lt=1)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Set the slopes."""
        return blueprint.changed(
            discriminator_slope=self.slope if self.in_discriminator else blueprint.discriminator_slope,
            generator_slope=self.slope if self.in_generator else blueprint.generator_slope,
        )


class GeneratorDropout(ArchitectureHeuristic):
    """Dropout in the generator that stays on."""

    name: ClassVar[str] = "generator-dropout"
    card: ClassVar[Card] = Card(
        summary="Half of the generator's hidden activations are dropped, in training and in generation alike.",
        formula="y = x · m / (1 - p), m ~ Bernoulli(1 - p)",
        sources=(Source(citation=GANHACKS, where="item 17"), Source(citation=PIX2PIX, where="section 3.1")),
        treats=(Finding.MODE_COLLAPSE,),
        example=in_a_recipe("generator-dropout"),
        note="Noise in the layers: the same latent gives a slightly different image each time.",
    )
    probability: float = Field(0.5, gt=0, lt=1)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Put the dropout in."""
        return blueprint.changed(generator_dropout=self.probability)


class GeneratorNoise(ArchitectureHeuristic):
    """Gaussian noise in the generator that stays on."""

    name: ClassVar[str] = "generator-noise"
    card: ClassVar[Card] = Card(
        summary="Gaussian noise is added to the generator's hidden activations, in training and in generation alike.",
        formula="y = x + std · n, n ~ N(0, 1)",
        sources=(Source(citation=GANHACKS, where="item 13"), Source(citation=ENERGY)),
        treats=(Finding.MODE_COLLAPSE,),
        example=in_a_recipe("generator-noise"),
        note=(
            "The list of hacks names no strength and credits the energy-based GAN; the noise comes after each "
            "activation. The same latent gives a slightly different image each time."
        ),
    )
    std: float = Field(0.1, gt=0, le=10)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Put the noise in."""
        return blueprint.changed(generator_noise=self.std)

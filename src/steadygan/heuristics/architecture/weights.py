"""How weights begin and how they are scaled."""

from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint
from steadygan.heuristics.architecture.example import in_a_recipe
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import (
    DCGAN,
    ICNR,
    PROGRESSIVE,
    SPECTRAL,
)
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Finding

WEIGHTS_BEGIN = "how weights begin"


class NormalInit(ArchitectureHeuristic):
    """Weights start small and normal."""

    name: ClassVar[str] = "normal-init"
    decides: ClassVar[str] = WEIGHTS_BEGIN
    card: ClassVar[Card] = Card(
        summary="All weights start from a narrow normal distribution; the scales of batch norm start around 1.",
        formula="w ~ N(0, std²), batch-norm scale ~ N(1, std²)",
        sources=(Source(citation=DCGAN, where="section 4"),),
        treats=(Finding.EXPLODING_GRADIENTS, Finding.STALLED),
        example=in_a_recipe("normal-init"),
        note="The normal scale of batch norm is from the authors' code; the paper speaks of weights only.",
    )
    std: float = Field(0.02, gt=0)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Set the initial spread."""
        return blueprint.changed(init_std=self.std)


class IcnrInit(ArchitectureHeuristic):
    """Layers that double maps begin as nearest neighbours before a convolution."""

    name: ClassVar[str] = "icnr-init"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="Layers that double maps begin as if they repeated pixels before a convolution, so that no grid of "
        "dots lies over the first images.",
        formula="W of a pixel shuffle = w of each pixel of a square; W of a transposed convolution = c · (w ∗ 1₂ₓ₂)",
        sources=(Source(citation=ICNR, where="section on initialisation"),),
        treats=(Finding.CHECKERBOARD,),
        example='import steadygan as sg\nrecipe = sg.recipe("naive").with_("pixel-shuffle").with_("icnr-init")',
        needs=("transposed-convolutions", "pixel-shuffle"),
        note=(
            "The paper is about pixel shuffle. What it does there holds for a transposed convolution whose kernel is "
            "one of a size less, convolved with a square of ones; c keeps the spread of the weights. Only the "
            "beginning changes: all weights learn as before."
        ),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Let layers that double maps begin evenly."""
        return blueprint.changed(even_init=True)


class EqualisedLR(ArchitectureHeuristic):
    """Weights start from N(0, 1) and are scaled by He's constant whenever they are used."""

    name: ClassVar[str] = "equalised-lr"
    decides: ClassVar[str] = WEIGHTS_BEGIN
    card: ClassVar[Card] = Card(
        summary="All weights have the same spread and are scaled when used, so that Adam moves them at one speed.",
        formula="w used = √(2 / fan-in) · w, w ~ N(0, 1) at first",
        sources=(Source(citation=PROGRESSIVE, where="section 4.1"),),
        treats=(Finding.EXPLODING_GRADIENTS, Finding.STALLED),
        cost="one product for each weight and use",
        example=in_a_recipe("equalised-lr"),
        note=(
            "The authors' code has other constants for the layers at the ends (1 instead of √2); here all have He's. "
            "The authors train with a learning rate of 0.001, five times that of DCGAN."
        ),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Set the scaling."""
        return blueprint.changed(equalised=True)


class SpectralNormHeuristic(ArchitectureHeuristic):
    """Every weight is divided by its largest singular value."""

    name: ClassVar[str] = "spectral-norm"
    card: ClassVar[Card] = Card(
        summary="Every layer's weight is divided by its largest singular value, so that no logit changes too fast.",
        formula="W used = W / σ(W), σ by power iteration",
        sources=(Source(citation=SPECTRAL, where="section 2.1 and algorithm 1"),),
        treats=(Finding.DISCRIMINATOR_WINS, Finding.EXPLODING_GRADIENTS, Finding.OSCILLATION),
        cost="two products of a matrix with a vector for each weight and use",
        example=in_a_recipe("spectral-norm"),
        clashes={
            "equalised-lr": "dividing a weight by its singular value cancels the constant that equalises the rates; "
            "keep one of them",
        },
        note=(
            "The paper normalises the discriminator; in_generator is later practice (SAGAN). Normalisation layers "
            "with a scale undo the bound, and the paper's discriminator has none."
        ),
    )
    in_discriminator: bool = True
    in_generator: bool = False
    iterations: int = Field(1, ge=1, le=100)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Set the power iterations."""
        return blueprint.changed(
            discriminator_spectral=self.iterations if self.in_discriminator else blueprint.discriminator_spectral,
            generator_spectral=self.iterations if self.in_generator else blueprint.generator_spectral,
        )

"""Spectral normalisation of weights."""

from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint
from steadygan.heuristics.architecture.equalised_lr import EqualisedLR
from steadygan.heuristics.base import Company
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class SpectralNormHeuristic(ArchitectureHeuristic):
    """Every weight is divided by its largest singular value."""

    name: ClassVar[str] = "spectral-norm"
    card: ClassVar[Card] = Card(
        summary="Every layer's weight is divided by its largest singular value, so that no logit changes too fast.",
        formula="W used = W / σ(W), σ by power iteration",
        sources=(Source(citation="miyato2018spectral", where="section 2.1 and algorithm 1"),),
        treats=(Failure.DISCRIMINATOR_WINS, Failure.EXPLODING_GRADIENTS, Failure.OSCILLATION),
        cost="two products of a matrix with a vector for each weight and use",
        example=(
            "from torch import nn\n"
            "from steadygan.layers import spectral_norm  # PyTorch's own, registered on every layer of a network\n"
            "discriminator = nn.Sequential(nn.Conv2d(3, 64, 4, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(1024, 1))\n"
            "logits = spectral_norm(discriminator)(real)"
        ),
        note=(
            "The paper normalises the discriminator; in_generator is later practice (SAGAN). Normalisation layers "
            "with a scale undo the bound, and the paper's discriminator has none. The tensor of "
            "minibatch-discrimination is no layer's weight and stays as it is, so with it the bound does not hold."
        ),
    )
    in_discriminator: bool = True
    in_generator: bool = False
    iterations: int = Field(1, ge=1, le=100)

    def objection(self, company: Company) -> str | None:
        """Refuses equalised-lr, because one way of rescaling weights cancels the other."""
        if not company.has(EqualisedLR.name):
            return None
        return (
            f"'{self.name}' cannot go with '{EqualisedLR.name}': dividing a weight by its singular value cancels the "
            "constant that equalises the rates; keep one of them"
        )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Choose the number of power iterations."""
        return blueprint.changed(
            discriminator_spectral=self.iterations if self.in_discriminator else blueprint.discriminator_spectral,
            generator_spectral=self.iterations if self.in_generator else blueprint.generator_spectral,
        )

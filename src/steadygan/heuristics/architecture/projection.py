"""The projection discriminator."""

from typing import ClassVar

from steadygan.blueprint import Blueprint
from steadygan.heuristics.architecture.label_embedding import (
    CONDITIONS_THE_GENERATOR,
    unconditional_generator_objection,
)
from steadygan.heuristics.base import Company
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure, Labels


class Projection(ArchitectureHeuristic):
    """The discriminator compares its features with a vector of the class."""

    name: ClassVar[str] = "projection"
    labels: ClassVar[Labels] = Labels.ALL
    needs: ClassVar[tuple[str, ...]] = CONDITIONS_THE_GENERATOR
    card: ClassVar[Card] = Card(
        summary="The logit is that of the image plus the inner product of its features with a vector of the class.",
        formula="logit = v[class] · φ(x) + ψ(φ(x))",
        sources=(Source(citation="miyato2018projection", where="equation 3 and figure 1"),),
        treats=(Failure.MODE_DROPPING, Failure.OSCILLATION),
        cost="one table of classes × features",
        example=(
            "import torch\n"
            "from torch import nn\n"
            "from steadygan.layers import Projection\n"
            "features = nn.Sequential(nn.Conv2d(3, 64, 8), nn.ReLU(), nn.Flatten())(real)\n"
            "labels = torch.tensor([3, 1, 4, 1])\n"
            "logits = nn.Linear(64, 1)(features).squeeze(1) + Projection(classes=10, features=64)(features, labels)"
        ),
    )

    def objection(self, company: Company) -> str | None:
        """Refuses a generator that is not given the class."""
        return unconditional_generator_objection(self.name, company)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Add the projection."""
        return blueprint.changed(projection=True)

"""A scale and a shift for each class in the generator's normalisation."""

from typing import ClassVar

from steadygan.blueprint import Blueprint, Norm
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure, Labels


class ConditionalBatchNorm(ArchitectureHeuristic):
    """Each class has its own scale and shift in the generator's normalisation."""

    name: ClassVar[str] = "conditional-batch-norm"
    order: ClassVar[int] = 1  # after the normalisation that it makes conditional
    labels: ClassVar[Labels] = Labels.ALL
    card: ClassVar[Card] = Card(
        summary="The generator is given the class by scales and shifts of its normalisation that belong to each class.",
        formula="y = a[class] (x - E[x]) / √(Var[x] + eps) + b[class]",
        sources=(
            Source(citation="dumoulin2016style", where="section 2.2, equation 5"),
            Source(citation="miyato2018projection", where="the generator of the authors' code"),
        ),
        treats=(Failure.MODE_DROPPING,),
        cost="two rows of numbers for each class and layer",
        example=(
            "import torch\n"
            "from torch import nn\n"
            "from steadygan.layers import ConditionalBatchNorm, ConditionalSequential\n"
            "generator = ConditionalSequential(nn.Linear(6, 64), ConditionalBatchNorm(64, classes=10), nn.ReLU())\n"
            "hidden = generator(z, torch.tensor([3, 1, 4, 1]))  # one label each, -1 where unknown"
        ),
        note=(
            "It changes whatever normalisation the generator has, and adds batch norm if there is none. Only a "
            "discriminator that is given the class, or asked for it, makes the generator obey. An unknown class has "
            "the mean of all rows."
        ),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Make the generator's normalisation conditional."""
        norm = blueprint.generator_norm or Norm()
        return blueprint.changed(generator_norm=norm.model_copy(update={"conditional": True}))

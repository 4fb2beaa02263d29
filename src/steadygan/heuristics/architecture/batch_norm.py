"""Batch normalisation of the hidden layers."""

from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint, Norm
from steadygan.heuristics.architecture.norm_decisions import norm_decisions
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class BatchNormHeuristic(ArchitectureHeuristic):
    """Batch normalisation in the hidden layers."""

    name: ClassVar[str] = "batch-norm"
    card: ClassVar[Card] = Card(
        summary=(
            "Batch normalisation before each activation, but not at the generator's output nor the discriminator's "
            "input; real and fake batches have statistics of their own."
        ),
        formula="y = a (x - E[x]) / √(Var[x] + eps) + b, over the batch",
        sources=(
            Source(citation="radford2015dcgan", where="section 3"),
            Source(citation="ioffe2015batchnorm", where="algorithm 1"),
            Source(citation="chintala2016ganhacks", where="item 4"),
        ),
        treats=(Failure.STALLED, Failure.MODE_COLLAPSE),
        cost="about a tenth of a step; images of one batch depend on each other",
        example=(
            "from torch import nn\n"
            "generator = nn.Sequential(\n"
            "    nn.Linear(6, 4 * 4 * 64, bias=False), nn.Unflatten(1, (64, 4, 4)), nn.BatchNorm2d(64), nn.ReLU(),\n"
            "    nn.ConvTranspose2d(64, 3, 4, stride=2, padding=1), nn.Tanh(),\n"
            ")\n"
            "fake = generator(z)"
        ),
        note=(
            "Samples are made with the statistics that the kept weights have over many latents (the standing "
            "statistics of BigGAN), not with the running averages of training."
        ),
    )
    in_generator: bool = True
    in_discriminator: bool = True
    momentum: float = Field(0.1, gt=0, le=1)
    eps: float = Field(1e-5, gt=0)

    def decides(self) -> frozenset[str]:
        """How the layers of each network are normalised."""
        return norm_decisions(self.in_generator, self.in_discriminator)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Choose the normalisation of each network."""
        norm = Norm(momentum=self.momentum, eps=self.eps)
        return blueprint.changed(
            generator_norm=norm if self.in_generator else blueprint.generator_norm,
            discriminator_norm=norm if self.in_discriminator else blueprint.discriminator_norm,
        )

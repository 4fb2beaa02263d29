"""Packing: several images get one logit."""

from typing import ClassVar

from pydantic import Field

from steadygan.amounts import things
from steadygan.blueprint import Blueprint
from steadygan.heuristics.base import Company
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class Packing(ArchitectureHeuristic):
    """The discriminator judges several images of the same side together."""

    name: ClassVar[str] = "packing"
    card: ClassVar[Card] = Card(
        summary="The discriminator judges packs of images, all real or all fake, so that it sees missing variety.",
        formula="logit = D(x_1, ..., x_m), images stacked along channels",
        sources=(Source(citation="lin2017pacgan", where="section 2"),),
        treats=(Failure.MODE_COLLAPSE, Failure.MODE_DROPPING),
        cost="almost none: only the discriminator's first layer grows; there is one logit for each pack",
        example=(
            "from torch import nn\n"
            "from steadygan.layers import Packing\n"
            "discriminator = nn.Sequential(\n"
            "    Packing(2), nn.Conv2d(2 * 3, 64, 4, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(1024, 1)\n"
            ")\n"
            "logits = discriminator(real)  # one for each two images"
        ),
        note=(
            "A pack is made of neighbours in the batch, where the authors draw m batches of the same size; "
            "so each logit is learnt from m times the images."
        ),
    )
    images: int = Field(2, ge=2, le=16)

    def objection(self, company: Company) -> str | None:
        """Refuses a batch that cannot be divided into packs on each process."""
        batch, share, processes = company.batch, company.local_batch, company.processes
        if share % self.images == 0:
            return None
        if processes == 1:
            below = max(self.images, batch - batch % self.images)
            return f"'packing' makes packs of {self.images} and the batch is {batch}; use --set batch={below}"
        return (
            f"'packing' makes packs of {self.images} and each of the {processes} processes has "
            f"{things(share, 'image')} of a batch; "
            f"use --set batch={processes * self.images * max(1, share // self.images)}"
        )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Choose the size of a pack."""
        return blueprint.changed(packing=self.images)

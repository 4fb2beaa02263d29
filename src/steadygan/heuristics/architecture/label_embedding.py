"""Labels that enter the networks as learnt vectors, and whether the generator is told them."""

from collections.abc import Iterable
from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint
from steadygan.heuristics.architecture.conditional_batch_norm import ConditionalBatchNorm
from steadygan.heuristics.base import Company, Heuristic
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure, Labels

CONDITIONS_THE_GENERATOR = ("conditional-batch-norm", "label-embedding")
"""The names of the heuristics that can make the generator take labels."""


class LabelEmbedding(ArchitectureHeuristic):
    """Labels enter the networks as learnt vectors."""

    name: ClassVar[str] = "label-embedding"
    labels: ClassVar[Labels] = Labels.ALL
    card: ClassVar[Card] = Card(
        summary="Labels become short learnt vectors: beside z for the generator, one channel for the discriminator.",
        formula="G(z, e(label)), D(x, W e(label) + b as a channel)",
        sources=(
            Source(citation="mirza2014conditional", where="section 3.2"),
            Source(citation="chintala2016ganhacks", where="item 16"),
        ),
        treats=(Failure.MODE_DROPPING,),
        cost="one input channel and two small tables",
        example=(
            "import torch\n"
            "from steadygan.layers import LabelChannel, LabelEmbedding\n"
            "labels = torch.tensor([3, 1, 4, 1])\n"
            "latents = torch.cat([z, LabelEmbedding(classes=10, dimension=50)(labels)], 1)  # for the generator\n"
            "images = torch.cat([real, LabelChannel(classes=10, dimension=50, size=8)(labels)], 1)  # for the other"
        ),
        note="Vectors get the embedding appended. An unknown class is a vector, or a channel, of zeros.",
    )
    dimension: int = Field(50, ge=1, le=4096)
    in_generator: bool = True
    in_discriminator: bool = True

    def objection(self, company: Company) -> str | None:
        """Refuses to give the class to the discriminator alone, because the generator could not make it."""
        if not self.in_discriminator or generator_takes_labels_with([self, *company.others]):
            return None
        return (
            "'label-embedding' gives the class only to the discriminator, so that the generator cannot make it; "
            "use --set label-embedding.in_generator=true or --with conditional-batch-norm"
        )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Add the embeddings."""
        return blueprint.changed(
            generator_embedding=self.dimension if self.in_generator else blueprint.generator_embedding,
            discriminator_embedding=self.dimension if self.in_discriminator else blueprint.discriminator_embedding,
        )


def generator_takes_labels_with(heuristics: Iterable[Heuristic]) -> bool:
    """Whether a heuristic makes the generator take labels."""
    return any(
        each.in_generator if isinstance(each, LabelEmbedding) else isinstance(each, ConditionalBatchNorm)
        for each in heuristics
    )


def unconditional_generator_objection(name: str, company: Company) -> str | None:
    """Why a heuristic cannot go with a generator that takes no labels although 'label-embedding' is there.

    Args:
        name: of the heuristic.
        company: beside it.

    Returns:
        A sentence, or None. Without any heuristic that could tell the generator, its needs say it.
    """
    if generator_takes_labels_with(company.others) or company.get(LabelEmbedding) is None:
        return None
    return (
        f"'{name}' needs a generator that is given the class and 'label-embedding' gives it only to the discriminator; "
        "use --set label-embedding.in_generator=true"
    )

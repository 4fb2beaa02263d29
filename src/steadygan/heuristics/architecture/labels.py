"""How labels enter the networks."""

from collections.abc import Iterable
from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint
from steadygan.heuristics.architecture.example import in_a_recipe
from steadygan.heuristics.architecture.normalisation import ConditionalBatchNorm
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import (
    CONDITIONAL,
    GANHACKS,
    PROJECTION,
)
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Finding, Labels

TELL_THE_GENERATOR = ("conditional-batch-norm", "label-embedding")
"""Names of the heuristics that can make the generator take labels."""


class LabelEmbedding(ArchitectureHeuristic):
    """Labels enter the networks as learnt vectors."""

    name: ClassVar[str] = "label-embedding"
    labels: ClassVar[Labels] = Labels.ALL
    card: ClassVar[Card] = Card(
        summary="Labels become short learnt vectors: beside z for the generator, one channel for the discriminator.",
        formula="G(z, e(label)), D(x, W e(label) + b as a channel)",
        sources=(Source(citation=CONDITIONAL, where="section 3.2"), Source(citation=GANHACKS, where="item 16")),
        treats=(Finding.MODE_DROPPING,),
        cost="one input channel and two small tables",
        example=in_a_recipe("label-embedding"),
        note="Vectors get the embedding appended. An unknown class is a vector, or a channel, of zeros.",
    )
    dimension: int = Field(50, ge=1, le=4096)
    in_generator: bool = True
    in_discriminator: bool = True

    def objection(self, others: Iterable[Heuristic]) -> str | None:
        """A generator that knows no labels cannot make what the discriminator is told to expect."""
        if not self.in_discriminator or generator_takes_labels_with([self, *others]):
            return None
        return (
            "'label-embedding' tells only the discriminator the class, which the generator then cannot make; "
            "use --set label-embedding.in_generator=true or --with conditional-batch-norm"
        )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Put the embeddings in."""
        return blueprint.changed(
            generator_embedding=self.dimension if self.in_generator else blueprint.generator_embedding,
            discriminator_embedding=self.dimension if self.in_discriminator else blueprint.discriminator_embedding,
        )


class Projection(ArchitectureHeuristic):
    """The discriminator compares its features with a vector of the class."""

    name: ClassVar[str] = "projection"
    labels: ClassVar[Labels] = Labels.ALL
    card: ClassVar[Card] = Card(
        summary="The logit is that of the image plus the inner product of its features with a vector of the class.",
        formula="logit = v[class] · φ(x) + ψ(φ(x))",
        sources=(Source(citation=PROJECTION, where="equation 3 and figure 1"),),
        treats=(Finding.MODE_DROPPING, Finding.OSCILLATION),
        cost="one table of classes × features",
        example=in_a_recipe("conditional-batch-norm", "projection"),
        needs=TELL_THE_GENERATOR,
    )

    def objection(self, others: Iterable[Heuristic]) -> str | None:
        """The generator must know the class."""
        return needs_labelled_generator(self.name, others)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Put the projection in."""
        return blueprint.changed(projection=True)


def generator_takes_labels_with(heuristics: Iterable[Heuristic]) -> bool:
    """Whether a heuristic makes the generator take labels."""
    return any(
        each.in_generator if isinstance(each, LabelEmbedding) else isinstance(each, ConditionalBatchNorm)
        for each in heuristics
    )


def needs_labelled_generator(name: str, others: Iterable[Heuristic]) -> str | None:
    """Why a heuristic cannot go with a generator that takes no labels although 'label-embedding' is there.

    Args:
        name: of the heuristic.
        others: beside it.

    Returns:
        A sentence, or None. Without any heuristic that could tell the generator, the card's needs say it.
    """
    others = list(others)
    if generator_takes_labels_with(others) or not any(isinstance(each, LabelEmbedding) for each in others):
        return None
    return (
        f"'{name}' needs a generator that is told the class and 'label-embedding' tells it only to the discriminator; "
        "use --set label-embedding.in_generator=true"
    )


def conditioned_and_asked(name: str, others: Iterable[Heuristic]) -> str | None:
    """Why a discriminator that is told the class cannot also be asked for it by a heuristic.

    Args:
        name: of the heuristic that asks.
        others: beside it.

    Returns:
        A sentence, or None.
    """
    for other in others:
        if isinstance(other, Projection):
            return (
                f"'{name}' asks the discriminator for the class that 'projection' tells it, so it would learn "
                "nothing from the image; keep one of them"
            )
        if isinstance(other, LabelEmbedding) and other.in_discriminator:
            return (
                f"'{name}' asks the discriminator for the class that 'label-embedding' tells it, so it would learn "
                "nothing from the image; use --set label-embedding.in_discriminator=false"
            )
    return None

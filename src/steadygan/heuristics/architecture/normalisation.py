"""How hidden layers are normalised."""

from collections.abc import Iterable
from typing import ClassVar, Protocol

from pydantic import Field
from torch import Tensor

from steadygan.blueprint import Blueprint, Norm, NormKind
from steadygan.heuristics.architecture.diversity import Packing
from steadygan.heuristics.architecture.example import in_a_recipe
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import (
    BATCH_NORM,
    DCGAN,
    GANHACKS,
    INSTANCE_NORM,
    PROJECTION,
    SALIMANS,
    STYLE,
    TUTORIAL,
)
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.heuristics.turn import State
from steadygan.vocabulary import Finding, Labels, Player


def norm_decisions(in_generator: bool, in_discriminator: bool) -> frozenset[str]:
    """What a normalisation decides, in words."""
    players = {Player.GENERATOR: in_generator, Player.DISCRIMINATOR: in_discriminator}
    return frozenset(f"how the {player.value} is normalised" for player, there in players.items() if there)


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
            Source(citation=DCGAN, where="section 3"),
            Source(citation=BATCH_NORM, where="algorithm 1"),
            Source(citation=GANHACKS, where="item 4"),
        ),
        treats=(Finding.STALLED, Finding.MODE_COLLAPSE),
        cost="about a tenth of a step; images of one batch depend on each other",
        example=in_a_recipe("batch-norm"),
        note=(
            "Samples are made with the statistics that the kept weights have over many latents (the standing "
            "statistics of BigGAN), not with the running averages of training."
        ),
    )
    in_generator: bool = True
    in_discriminator: bool = True
    momentum: float = Field(0.1, gt=0, le=1)
    eps: float = Field(1e-5, gt=0)

    @property
    def decisions(self) -> frozenset[str]:
        """How the layers of each network are normalised."""
        return norm_decisions(self.in_generator, self.in_discriminator)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Put the normalisation in."""
        norm = Norm(momentum=self.momentum, eps=self.eps)
        return blueprint.changed(
            generator_norm=norm if self.in_generator else blueprint.generator_norm,
            discriminator_norm=norm if self.in_discriminator else blueprint.discriminator_norm,
        )


class InstanceNormHeuristic(ArchitectureHeuristic):
    """Instance normalisation in the hidden layers."""

    name: ClassVar[str] = "instance-norm"
    card: ClassVar[Card] = Card(
        summary="Every map of every image is normalised by itself: the same in training and use, for any batch.",
        formula="y = a (x - E[x]) / √(Var[x] + eps) + b, over the pixels of one map",
        sources=(Source(citation=INSTANCE_NORM), Source(citation=GANHACKS, where="item 4")),
        treats=(Finding.STALLED,),
        cost="about that of batch norm; images do not depend on each other",
        example=in_a_recipe("instance-norm"),
        note="Vectors are normalised over their features (layer normalisation): each is one pixel only.",
    )
    in_generator: bool = True
    in_discriminator: bool = True
    eps: float = Field(1e-5, gt=0)

    @property
    def decisions(self) -> frozenset[str]:
        """How the layers of each network are normalised."""
        return norm_decisions(self.in_generator, self.in_discriminator)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Put the normalisation in."""
        norm = Norm(kind="instance", eps=self.eps)
        return blueprint.changed(
            generator_norm=norm if self.in_generator else blueprint.generator_norm,
            discriminator_norm=norm if self.in_discriminator else blueprint.discriminator_norm,
        )


class HoldsReference(Protocol):
    """A network's reference batch."""

    def hold(self, inputs: Tensor, labels: Tensor | None = None) -> None:
        """Fill it with inputs, float [count, ...], and labels, int64 [count]."""
        ...


class ReferenceNorm(ArchitectureHeuristic):
    """What normalisations by a reference batch share; not a heuristic of its own."""

    kind: ClassVar[NormKind]
    in_generator: bool
    in_discriminator: bool
    reference: int = Field(64, ge=2, le=4096)
    eps: float = Field(1e-5, gt=0)

    @property
    def decisions(self) -> frozenset[str]:
        """How the layers of each network are normalised."""
        return norm_decisions(self.in_generator, self.in_discriminator)

    def objection(self, others: Iterable[Heuristic]) -> str | None:
        """The discriminator's reference batch must be divisible into packs."""
        packing = next((other for other in others if isinstance(other, Packing)), None)
        if packing is None or not self.in_discriminator or self.reference % packing.images == 0:
            return None
        return (
            f"'{self.name}' has a reference batch of {self.reference}, which cannot be divided into the packs of "
            f"{packing.images} of 'packing'; use --set {self.name}.reference={64 // packing.images * packing.images}"
        )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Put the normalisation in."""
        norm = Norm(kind=self.kind, eps=self.eps, reference=self.reference)
        return blueprint.changed(
            generator_norm=norm if self.in_generator else blueprint.generator_norm,
            discriminator_norm=norm if self.in_discriminator else blueprint.discriminator_norm,
        )

    def begin(self, state: State) -> None:
        """Draw the reference batches, once and for all."""
        if self.in_generator:
            latents, labels = state.latents(self.reference), state.random_labels(self.reference)
            _fill(state, Player.GENERATOR, latents, labels)
        if self.in_discriminator:
            images, labels = state.reference(self.reference)
            _fill(state, Player.DISCRIMINATOR, images, labels)


def _fill(state: State, player: Player, inputs: Tensor, labels: Tensor | None) -> None:
    # A network that a user brings need not have one.
    reference: HoldsReference | None = getattr(state.network(player), "reference", None)
    if reference is not None:
        reference.hold(inputs, labels)


class VirtualBatchNormHeuristic(ReferenceNorm):
    """Each example is normalised with the union of a fixed reference batch and itself."""

    name: ClassVar[str] = "virtual-batch-norm"
    kind: ClassVar[NormKind] = "virtual-batch"
    card: ClassVar[Card] = Card(
        summary="Each example is normalised by a reference batch, chosen once, and itself: never by its neighbours.",
        formula="m = (n m_ref + E[x]) / (n + 1), s = (n s_ref + E[x²]) / (n + 1), y = a (x - m) / √(s - m² + eps) + b",
        sources=(Source(citation=SALIMANS, where="section 3.5"), Source(citation=TUTORIAL, where="section 4.3")),
        treats=(Finding.OSCILLATION, Finding.MODE_COLLAPSE),
        cost="the network runs on the reference batch before each batch: with a batch of the same size, twice the work",
        example=in_a_recipe("virtual-batch-norm"),
        note=(
            "Only in the generator by default, as in the paper, because of the cost. The mean of squares is each "
            "example's own, as in the paper; one class of the authors' code takes it over the whole batch."
        ),
    )
    in_generator: bool = True
    in_discriminator: bool = False


class ReferenceBatchNormHeuristic(ReferenceNorm):
    """Each example is normalised with a fixed reference batch alone."""

    name: ClassVar[str] = "reference-batch-norm"
    kind: ClassVar[NormKind] = "reference-batch"
    card: ClassVar[Card] = Card(
        summary="Each example is normalised by the statistics of a reference batch, chosen once.",
        formula="y = a (x - m_ref) / √(s_ref - m_ref² + eps) + b",
        sources=(Source(citation=TUTORIAL, where="section 4.3"),),
        treats=(Finding.OSCILLATION, Finding.MODE_COLLAPSE),
        cost="the network runs on the reference batch before each batch: with a batch of the same size, twice the work",
        example=in_a_recipe("reference-batch-norm"),
        note="Its author warns that a network can overfit to the reference batch; virtual-batch-norm does so less.",
    )
    in_generator: bool = True
    in_discriminator: bool = True


class ConditionalBatchNorm(ArchitectureHeuristic):
    """Each class has its own scale and shift in the generator's normalisation."""

    name: ClassVar[str] = "conditional-batch-norm"
    labels: ClassVar[Labels] = Labels.ALL
    card: ClassVar[Card] = Card(
        summary="The generator is told the class by scales and shifts of its normalisation that belong to each class.",
        formula="y = a[class] (x - E[x]) / √(Var[x] + eps) + b[class]",
        sources=(
            Source(citation=STYLE, where="section 2.2, equation 5"),
            Source(citation=PROJECTION, where="the generator of the authors' code"),
        ),
        treats=(Finding.MODE_DROPPING,),
        cost="two rows of numbers for each class and layer",
        example=in_a_recipe("conditional-batch-norm"),
        note=(
            "It changes whatever normalisation the generator has, and adds batch norm if there is none. Only a "
            "discriminator that is told the class, or asked for it, makes the generator obey. An unknown class has "
            "the mean of all rows."
        ),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Make the generator's normalisation conditional."""
        norm = blueprint.generator_norm or Norm()
        return blueprint.changed(generator_norm=norm.model_copy(update={"conditional": True}))

"""What normalisations by a reference batch have in common."""

from typing import ClassVar, Protocol

from pydantic import Field
from torch import Tensor

from steadygan.blueprint import Blueprint, Norm, NormKind
from steadygan.heuristics.architecture.norm_decisions import norm_decisions
from steadygan.heuristics.architecture.packing import Packing
from steadygan.heuristics.base import Company
from steadygan.heuristics.moments import Begins
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.heuristics.state import State
from steadygan.vocabulary import Player


class HoldsReference(Protocol):
    """The reference batch of a network."""

    def hold(self, inputs: Tensor, labels: Tensor | None = None) -> None:
        """Fill it with inputs, float [count, ...], and labels, int64 [count]."""
        ...


class ReferenceNorm(ArchitectureHeuristic, Begins):
    """What normalisations by a reference batch share; not a heuristic of its own."""

    kind: ClassVar[NormKind]
    in_generator: bool
    in_discriminator: bool
    reference: int = Field(64, ge=2, le=4096)
    eps: float = Field(1e-5, gt=0)

    def decides(self) -> frozenset[str]:
        """How the layers of each network are normalised."""
        return norm_decisions(self.in_generator, self.in_discriminator)

    def objection(self, company: Company) -> str | None:
        """Refuses a reference batch of the discriminator that cannot be divided into packs."""
        packing = company.get(Packing)
        if packing is None or not self.in_discriminator or self.reference % packing.images == 0:
            return None
        return (
            f"'{self.name}' has a reference batch of {self.reference}, which cannot be divided into the packs of "
            f"{packing.images} of 'packing'; use --set {self.name}.reference={64 // packing.images * packing.images}"
        )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Choose the normalisation of each network."""
        norm = Norm(kind=self.kind, eps=self.eps, reference=self.reference)
        return blueprint.changed(
            generator_norm=norm if self.in_generator else blueprint.generator_norm,
            discriminator_norm=norm if self.in_discriminator else blueprint.discriminator_norm,
        )

    def begin(self, state: State) -> None:
        """Draw the reference batches, which stay the same for the whole run."""
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

"""A discriminator that also names the class of an image."""

from typing import ClassVar

import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from steadygan.blueprint import Blueprint
from steadygan.heuristics.architecture.class_answers import HOW_CLASSES_ARE_NAMED, class_leak_objection
from steadygan.heuristics.architecture.label_embedding import (
    CONDITIONS_THE_GENERATOR,
    unconditional_generator_objection,
)
from steadygan.heuristics.base import Company
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.moments import AddsLoss
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Labels, Player, Side


def class_cross_entropy(class_logits: Tensor, targets: Tensor) -> Tensor:
    """Cross entropy between wanted and answered classes: the mean of -Σ_k t_k log softmax(l)_k.

    Args:
        class_logits: float [N, K].
        targets: float [N, K], in each row a distribution, or zeros where the class is unknown.

    Returns:
        The mean over the rows whose class is known, a scalar; 0 if none is.

    Source: Odena et al. 2016 (AC-GAN), equation 3, with opposite sign.
    """
    known = (targets != 0).any(1).sum().clamp(min=1)
    return -(targets * F.log_softmax(class_logits, 1)).sum() / known


class AuxiliaryClassifier(ArchitectureHeuristic, AddsLoss):
    """The discriminator also names the class of an image, and the generator makes images whose class it recognises."""

    name: ClassVar[str] = "auxiliary-classifier"
    decision: ClassVar[str] = HOW_CLASSES_ARE_NAMED
    labels: ClassVar[Labels] = Labels.SOME
    uses_features: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = CONDITIONS_THE_GENERATOR
    card: ClassVar[Card] = Card(
        summary="A second head of the discriminator names the class; both players want the right one to be named.",
        formula="loss + weight · (-E[log P(class | real)] - E[log P(class | fake)])",
        sources=(
            Source(citation="odena2016acgan", where="section 3, equations 2 and 3"),
            Source(citation="chintala2016ganhacks", where="item 12"),
        ),
        treats=(Failure.MODE_DROPPING, Failure.GARBAGE_FOOLING),
        cost="one more dense layer",
        example=(
            "from steadygan.heuristics.architecture import class_cross_entropy\n"
            "class_logits, targets = torch.randn(4, 10), torch.eye(10)[:4]\n"
            "loss = loss + class_cross_entropy(class_logits, targets)"
        ),
        note="Real images whose class is unknown are left out of the cross entropy.",
    )
    weight: float = Field(1.0, ge=0)
    generator_weight: float = Field(1.0, ge=0)

    def objection(self, company: Company) -> str | None:
        """Refuses a generator that is not given the class, and a discriminator that is."""
        return class_leak_objection(self.name, company) or unconditional_generator_objection(self.name, company)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Add the classifier to the discriminator."""
        return blueprint.changed(class_answer="auxiliary")

    def loss_term(self, turn: Turn) -> Tensor:
        """The cross entropy of the classes: of both sides for the discriminator, of fakes for the generator."""
        if turn.player is Player.GENERATOR:
            return self.generator_weight * _of_side(turn, Side.FAKE)
        real, fake = _of_side(turn, Side.REAL), _of_side(turn, Side.FAKE)
        turn.log(f"{self.name}/real", real.detach())
        turn.log(f"{self.name}/fake", fake.detach())
        return self.weight * (real + fake)


def _of_side(turn: Turn, side: Side) -> Tensor:
    labels = turn.labels(side)
    if labels is None:
        raise ValueError(f"the {side.value} images have no labels")
    # How many classes are known differs from process to process, so the mean is one of the batch.
    return class_cross_entropy(turn.gather(turn.class_logits(side)), turn.gather(turn.class_targets(labels)))

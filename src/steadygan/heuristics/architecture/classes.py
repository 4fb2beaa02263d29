"""Discriminators that also name the class of an image."""

from collections.abc import Iterable
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from steadygan.blueprint import Blueprint
from steadygan.heuristics.architecture.diversity import Packing
from steadygan.heuristics.architecture.labels import TELL_THE_GENERATOR, conditioned_and_asked, needs_labelled_generator
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import (
    AC_GAN,
    GANHACKS,
    SALIMANS,
    SEMI_SUPERVISED,
)
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.heuristics.turn import State, Turn
from steadygan.vocabulary import Finding, Labels, Player, Side

HELD_OUT_CHUNK = 500
HOW_CLASSES_ARE_NAMED = "how the discriminator names classes"


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


def semi_supervised_logit(class_logits: Tensor) -> Tensor:
    """The logit of being real that follows from K classes and a logit of 0 for fake: log Σ_k exp(l_k).

    Its sigmoid is D(x) = Z(x) / (Z(x) + 1) with Z(x) = Σ_k exp(l_k(x)).

    Args:
        class_logits: float [N, K].

    Returns:
        float [N].

    Source: Salimans et al. 2016, section 5.
    """
    return torch.logsumexp(class_logits, 1)


class AuxiliaryClassifier(ArchitectureHeuristic):
    """The discriminator also says the class, and the generator wants it to be recognised."""

    name: ClassVar[str] = "auxiliary-classifier"
    decides: ClassVar[str] = HOW_CLASSES_ARE_NAMED
    labels: ClassVar[Labels] = Labels.SOME
    reads_features: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="A second head of the discriminator names the class; both players want the right one to be named.",
        formula="loss + weight · (-E[log P(class | real)] - E[log P(class | fake)])",
        sources=(
            Source(citation=AC_GAN, where="section 3, equations 2 and 3"),
            Source(citation=GANHACKS, where="item 12"),
        ),
        treats=(Finding.MODE_DROPPING, Finding.GARBAGE_FOOLING),
        cost="one more dense layer",
        example=(
            "from steadygan.heuristics.architecture import class_cross_entropy\n"
            "class_logits, targets = torch.randn(4, 10), torch.eye(10)[:4]\n"
            "loss = loss + class_cross_entropy(class_logits, targets)"
        ),
        needs=TELL_THE_GENERATOR,
        note="Real images whose class is unknown are left out of the cross entropy.",
    )
    weight: float = Field(1.0, ge=0)
    generator_weight: float = Field(1.0, ge=0)

    def objection(self, others: Iterable[Heuristic]) -> str | None:
        """The generator must know the class and the discriminator must not."""
        others = list(others)
        return conditioned_and_asked(self.name, others) or needs_labelled_generator(self.name, others)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Put the head in."""
        return blueprint.changed(class_answer="auxiliary")

    def term(self, turn: Turn) -> Tensor:
        """The cross entropy of the classes: of both sides for the discriminator, of fakes for the generator."""
        if turn.player is Player.GENERATOR:
            return self.generator_weight * _of_side(turn, Side.FAKE)
        real, fake = _of_side(turn, Side.REAL), _of_side(turn, Side.FAKE)
        turn.note(f"{self.name}/real", real.detach())
        turn.note(f"{self.name}/fake", fake.detach())
        return self.weight * (real + fake)


def _of_side(turn: Turn, side: Side) -> Tensor:
    return class_cross_entropy(turn.class_logits(side), turn.class_targets(side))


class SemiSupervised(ArchitectureHeuristic):
    """The discriminator is a classifier of K classes plus fake, taught by few labels and many images."""

    name: ClassVar[str] = "semi-supervised"
    decides: ClassVar[str] = HOW_CLASSES_ARE_NAMED
    labels: ClassVar[Labels] = Labels.SOME
    reads_features: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The discriminator classifies into K classes or fake: few labelled images teach it, all help it.",
        formula="D(x) = Z / (Z + 1), Z = Σ_k exp(l_k); D's loss + weight · cross entropy of labelled images",
        sources=(
            Source(citation=SALIMANS, where="section 5"),
            Source(citation=SEMI_SUPERVISED, where="section 2"),
        ),
        treats=(Finding.GARBAGE_FOOLING, Finding.DISCRIMINATOR_OVERFITS),
        cost="one more batch of labelled images through the discriminator in each of its moves",
        example=(
            "from steadygan.heuristics.architecture import semi_supervised_logit\n"
            "class_logits = torch.randn(4, 10)  # the logit of fake is 0\n"
            "logit = semi_supervised_logit(class_logits)  # of being real, [4]"
        ),
        note=(
            "The authors train the generator by feature-matching and weigh the answers real and fake by half each. "
            "Labelled images are drawn with every class equally often. The held_out share of the images is kept from "
            "training, so that accuracy can be measured on it."
        ),
    )
    weight: float = Field(1.0, ge=0)
    labelled: int | None = Field(None, ge=1, le=65536)
    held_out: float = Field(0.1, ge=0, lt=1)

    @property
    def held_out_share(self) -> float:
        """Share of the real images that is kept from training, to measure accuracy on."""
        return self.held_out

    def objection(self, others: Iterable[Heuristic]) -> str | None:
        """The discriminator must not be told the class, and must judge single images."""
        others = list(others)
        if any(isinstance(other, Packing) for other in others):
            return (
                "'semi-supervised' derives the logit of an image from its classes and 'packing' judges several images "
                "with one logit; keep one of them"
            )
        return conditioned_and_asked(self.name, others)

    def needs_share(self, share: int, processes: int) -> str | None:
        """Labelled images are shared like the others."""
        if self.labelled is None or self.labelled % processes == 0:
            return None
        return (
            f"'semi-supervised' draws {self.labelled} labelled images, which {processes} processes cannot share "
            f"evenly; use --set semi-supervised.labelled={processes * max(1, self.labelled // processes)}"
        )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Let the logit follow from the classes."""
        return blueprint.changed(class_answer="semi-supervised")

    def term(self, turn: Turn) -> Tensor | None:
        """In the discriminator's move the cross entropy of labelled images."""
        if turn.player is Player.GENERATOR:
            return None
        images, labels = turn.state.labelled(self.labelled or turn.state.batch)
        class_logits = turn.answer(turn.see(images, Side.REAL), None).class_logits
        if class_logits is None:
            raise TypeError("'semi-supervised' needs a discriminator that answers class logits")
        class_logits, labels = turn.gather(class_logits), turn.gather(labels)
        loss = F.cross_entropy(class_logits, labels)
        turn.note(f"{self.name}/loss", loss.detach())
        turn.note(f"{self.name}/accuracy", (class_logits.detach().argmax(1) == labels).float())
        return self.weight * loss

    def measure(self, state: State) -> dict[str, float]:
        """The share of held-out images with a label whose class the discriminator names; nothing if there are none."""
        network: Any = state.network(Player.DISCRIMINATOR)
        training = network.training
        network.eval()
        with torch.inference_mode():
            right = [
                (network.answer(images).class_logits.argmax(1) == labels)[labels >= 0].cpu()
                for images, labels in state.held_out_chunks(HELD_OUT_CHUNK)
                if labels is not None
            ]
        network.train(training)
        known = torch.cat(right) if right else torch.empty(0)
        return {f"{self.name}/held-out-accuracy": float(known.float().mean())} if len(known) else {}

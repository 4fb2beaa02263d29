"""A classifier of K classes plus fake, taught by few labels and many images."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.func import functional_call

from steadygan.amounts import things
from steadygan.blueprint import Blueprint
from steadygan.heuristics.architecture.auxiliary_classifier import class_cross_entropy
from steadygan.heuristics.architecture.class_answers import HOW_CLASSES_ARE_NAMED, class_leak_objection
from steadygan.heuristics.architecture.packing import Packing
from steadygan.heuristics.averages import ema_decay, ema_update
from steadygan.heuristics.base import Company
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.moments import AddsLoss, AfterMove, Measures, Memory, Remembers
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.heuristics.schedules import snapshot
from steadygan.heuristics.state import State
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Labels, Player, Side

HELD_OUT_CHUNK = 500


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


class _Classifier(nn.Module):
    """A discriminator as what names classes, which can be called with other parameters."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Logits of the classes, float [N, K]."""
        network: Any = self.network
        class_logits: Tensor = network.discriminate(images).class_logits
        return class_logits


@dataclass
class AveragedDiscriminator(Memory):
    """The discriminator that accuracy is measured with.

    Attributes:
        tensors: averages of its parameters and then its buffers, by name; empty before its first move.
    """

    tensors: dict[str, Tensor]


class SemiSupervised(ArchitectureHeuristic, Remembers[AveragedDiscriminator], AddsLoss, AfterMove, Measures):
    """The discriminator is a classifier of K classes plus fake, taught by few labels and many images."""

    name: ClassVar[str] = "semi-supervised"
    decision: ClassVar[str] = HOW_CLASSES_ARE_NAMED
    labels: ClassVar[Labels] = Labels.SOME
    uses_features: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The discriminator classifies into K classes or fake: few labelled images teach it, all help it.",
        formula="D(x) = Z / (Z + 1), Z = Σ_k exp(l_k); D's loss + weight · cross entropy of labelled images",
        sources=(
            Source(citation="salimans2016improved", where="section 5"),
            Source(citation="odena2016semisupervised", where="section 2"),
        ),
        treats=(Failure.GARBAGE_FOOLING, Failure.DISCRIMINATOR_OVERFITS),
        cost=(
            "one more batch of labelled images through the discriminator in each of its moves, and one more copy of it "
            "for the average"
        ),
        example=(
            "from steadygan.heuristics.architecture import semi_supervised_logit\n"
            "class_logits = torch.randn(4, 10)  # the logit of fake is 0\n"
            "logit = semi_supervised_logit(class_logits)  # of being real, [4]"
        ),
        note=(
            "The authors train the generator by feature-matching and weigh the answers real and fake by half each. "
            "Labelled images are drawn with every class equally often. The held_out share of the images is kept from "
            "training, so that accuracy can be measured on it. It is measured with a running average of the "
            "discriminator, weights and running statistics alike, which takes no part in training. So do the authors, "
            "whose half-life is 690,000 images (0.0001 of the new weights in each update, batches of 100); ours is as "
            "much shorter as runs are."
        ),
    )
    weight: float = Field(1.0, ge=0)
    labelled: int | None = Field(None, ge=1, le=65536)
    held_out: float = Field(0.1, ge=0, lt=1)
    average_half_life: float | None = Field(
        10_000,
        gt=0,
        description="in images, of the average of the discriminator with which accuracy is measured; off for none",
    )
    average_ramp_up: float | None = Field(0.05, gt=0, description="half-life at most this share of the images seen")

    @property
    def held_out_share(self) -> float:
        """Share of the real images that is kept from training, to measure accuracy on."""
        return self.held_out

    def objection(self, company: Company) -> str | None:
        """Refuses a discriminator that is given the class, or judges several images together."""
        if company.get(Packing) is not None:
            return (
                "'semi-supervised' derives the logit of an image from its classes and 'packing' judges several images "
                "with one logit; keep one of them"
            )
        return class_leak_objection(self.name, company) or self._uneven(company.processes)

    def _uneven(self, processes: int) -> str | None:
        if self.labelled is None or self.labelled % processes == 0:
            return None
        return (
            f"'semi-supervised' draws {things(self.labelled, 'labelled image')}, which {processes} processes "
            f"cannot share evenly; use --set semi-supervised.labelled={processes * max(1, self.labelled // processes)}"
        )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Derive the logit from the classes."""
        return blueprint.changed(class_answer="semi-supervised")

    def loss_term(self, turn: Turn) -> Tensor | None:
        """The cross entropy of labelled images, in the discriminator's moves."""
        if turn.player is Player.GENERATOR:
            return None
        images, labels = turn.state.labelled(self.labelled or turn.state.batch)
        class_logits = turn.discriminate(turn.transform(images, Side.REAL), None).class_logits
        if class_logits is None:
            raise TypeError("'semi-supervised' needs a discriminator that answers class logits")
        loss = class_cross_entropy(class_logits, turn.class_targets(labels))
        turn.log(f"{self.name}/loss", loss.detach())
        turn.log(f"{self.name}/accuracy", (class_logits.detach().argmax(1) == labels).float())
        return self.weight * loss

    def initial_memory(self, state: State) -> AveragedDiscriminator:
        """Nothing is averaged before the first move."""
        return AveragedDiscriminator({})

    @torch.no_grad()
    def after_move(self, turn: Turn) -> None:
        """Take what the discriminator has become into its average, the statistics of its normalisation included."""
        if self.average_half_life is None or turn.player is Player.GENERATOR:
            return
        state, memory = turn.state, turn.state.memory(self)
        network = state.network(Player.DISCRIMINATOR)
        if not memory.tensors:
            memory.tensors = snapshot(network)
        seen = state.images_seen + state.batch  # this move's are counted after it
        decay = float(ema_decay(seen, state.batch, self.average_half_life, self.average_ramp_up))
        ema_update(memory.tensors.values(), chain(network.parameters(), network.buffers()), decay)

    def measure(self, state: State) -> dict[str, float]:
        """The share of held-out images with a label whose class the discriminator names; nothing if there are none.

        Its average names them, where there is one.
        """
        network = state.network(Player.DISCRIMINATOR)
        classifier, averaged = _Classifier(network), state.memory(self).tensors
        training = network.training
        network.eval()
        with torch.inference_mode():
            right = [
                (_class_logits(classifier, averaged, images).argmax(1) == labels)[labels >= 0].cpu()
                for images, labels in state.held_out_chunks(HELD_OUT_CHUNK)
                if labels is not None
            ]
        network.train(training)
        known = torch.cat(right) if right else torch.empty(0)
        return {f"{self.name}/held-out-accuracy": float(known.float().mean())} if len(known) else {}


def _class_logits(classifier: _Classifier, tensors: Mapping[str, Tensor], images: Tensor) -> Tensor:
    """Logits of the classes, float [N, K], with these parameters and buffers in the place of the network's own."""
    named = {f"network.{name}": tensor for name, tensor in tensors.items()}
    class_logits: Tensor = functional_call(classifier, named, (images,))
    return class_logits

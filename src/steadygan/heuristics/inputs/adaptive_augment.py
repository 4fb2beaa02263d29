"""Augmentation as strong as the discriminator overfits."""

from collections.abc import Iterable
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import ADA
from steadygan.heuristics.inputs.pipeline import KINDS, Kind, augment
from steadygan.heuristics.roles import InputHeuristic
from steadygan.heuristics.turn import State, Turn
from steadygan.vocabulary import Finding, Player, Side

Measure = Literal["signs", "held-out"]
_WITHOUT_SIGNS = ("least-squares", "wasserstein", "relativistic", "relativistic-average")
"""Objectives under which a logit above 0 does not say that the discriminator takes an image for real."""


def sign_overfitting(logits: Tensor) -> Tensor:
    """r_t, from the discriminator's logits of real images: 0 is no overfitting, 1 complete overfitting.

    Args:
        logits: float [M], of real images as the discriminator sees them in training, above 0 for real.

    Returns:
        A scalar in [-1, 1].

    Source: Karras et al. 2020 (ADA), equation 1.
    """
    return logits.sign().mean()


def held_out_overfitting(train: Tensor, held_out: Tensor, generated: Tensor) -> Tensor:
    """r_v: where the logits of unseen real images lie between those of training images (0) and of fakes (1).

    Args:
        train: float [M], logits of real images of the training.
        held_out: float [K], logits of real images that are never trained on.
        generated: float [L], logits of fakes.

    Returns:
        A scalar; 0 where real and fake images are not told apart, so that nothing can be said.

    Source: Karras et al. 2020 (ADA), equation 1.
    """
    gap = train.mean() - generated.mean()
    told_apart = gap > 0
    share = (train.mean() - held_out.mean()) / torch.where(told_apart, gap, 1.0)
    return torch.where(told_apart, share, 0.0)


def adjusted_probability(
    probability: Tensor, overfitting: Tensor, target: float, images: int, speed: float, most: float = 1.0
) -> Tensor:
    """The probability of augmentation, a step nearer to what overfitting asks for.

    Args:
        probability: a scalar, at least 0.
        overfitting: a scalar, from :func:`sign_overfitting` or :func:`held_out_overfitting`.
        target: overfitting above which the probability rises.
        images: real images since the last adjustment.
        speed: images in which the probability can go from 0 to 1.
        most: the largest probability.

    Returns:
        A scalar in [0, most].

    Source: Karras et al. 2020 (ADA), section 3.
    """
    return (probability + (overfitting - target).sign() * (images / speed)).clamp(0.0, most)


class AdaptiveAugment(InputHeuristic):
    """The same augmentation for real and fake, with a probability that follows overfitting."""

    name: ClassVar[str] = "adaptive-augment"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="Real and fake images are augmented alike with a probability that rises while the discriminator "
        "overfits and falls otherwise.",
        formula="p ← max(0, p + sign(r - target) · images / speed), r = E[sign D(T_p(x))] over 4 batches",
        sources=(Source(citation=ADA, where="sections 2 and 3, equation 1, appendix B"),),
        treats=(Finding.DISCRIMINATOR_OVERFITS, Finding.MEMORISATION),
        cost="one resampling and one matrix product a pixel; held-out images are one more pass of the discriminator",
        example=(
            "from steadygan.heuristics.inputs import adjusted_probability, augment, sign_overfitting\n"
            "p = torch.tensor(0.2)\n"
            "logits = discriminator(augment(real, p))\n"
            "p = adjusted_probability(p, sign_overfitting(logits), target=0.6, images=4, speed=500_000)"
        ),
        note=(
            "The source resamples between wavelet filters at twice the size; here it is bilinear alone, which blurs "
            "and aliases a little. Its filters, noise and cutout are left out, as in its own training; the probability "
            "has an upper end. Above 0.8 changes such as quarter turns may leak into what is generated. Signs mean "
            "nothing where 0 does not part real from fake: measure held-out images there. Where real images score no "
            "higher than fakes, r_v counts as 0. Made for [-1, 1]: contrast and luma flip turn about 0, the middle "
            "grey (black under a sigmoid output). Grey images have brightness, contrast and luma flip alone."
        ),
    )
    target: float = Field(0.6, ge=0, le=1, description="overfitting that is allowed")
    speed: int = Field(500_000, ge=1, description="images in which the probability can go from 0 to 1")
    interval: int = Field(4, ge=1, description="moves of the discriminator from one adjustment to the next")
    initial: float = Field(0.0, ge=0, le=1)
    most: float = Field(1.0, gt=0, le=1, description="the largest probability")
    kinds: tuple[Kind, ...] = Field(KINDS, min_length=1)
    measured: Measure = "signs"
    held_out: float = Field(0.1, gt=0, lt=1, description="share of the images kept from training, if they are measured")

    @property
    def held_out_share(self) -> float:
        """Only if held-out images are measured."""
        return self.held_out if self.measured == "held-out" else 0.0

    def objection(self, others: Iterable[Heuristic]) -> str | None:
        """Signs of logits must mean something."""
        names = [other.name for other in others if other.name in _WITHOUT_SIGNS]
        if self.measured != "signs" or not names:
            return None
        return (
            f"'{self.name}' reads overfitting from the signs of logits, which do not part real from fake under "
            f"'{names[0]}'; set {self.name}.measured to held-out"
        )

    def begin(self, state: State) -> None:
        """Start with the initial probability and nothing measured."""
        state.memory(self.name).update(probability=torch.tensor(self.initial, device=state.device))
        self._forget(state)

    def apply(self, images: Tensor, side: Side, turn: Turn) -> Tensor:
        """Augment with the probability of this moment."""
        return augment(images, turn.state.memory(self.name)["probability"], self.kinds)

    def before_update(self, turn: Turn) -> None:
        """Ask for held-out images with the weights that have just judged the others."""
        if self.measured != "held-out" or turn.player is not Player.DISCRIMINATOR:
            return
        images, labels = turn.state.held_out(turn.state.batch)
        with torch.no_grad():
            given = None if turn.labels(Side.REAL) is None else labels
            logits = turn.gather(turn.answer(turn.see(images, Side.REAL), given).logits)
        self._count(turn, "held_out", logits)
        turn.note("logits/held-out", logits)

    def after_move(self, turn: Turn) -> None:
        """Measure, and adjust after every ``interval`` moves of the discriminator."""
        if turn.player is not Player.DISCRIMINATOR:
            return
        memory = turn.state.memory(self.name)
        real = turn.logits(Side.REAL).detach()
        if self.measured == "signs":
            self._count(turn, "signs", real.sign())
        else:
            self._count(turn, "train", real)
            self._count(turn, "generated", turn.logits(Side.FAKE).detach())
        memory["images"] += turn.state.batch
        memory["moves"] += 1
        if memory["moves"] == self.interval:
            self._adjust(turn)
        turn.note(f"{self.name}/probability", memory["probability"])

    def _adjust(self, turn: Turn) -> None:
        memory = turn.state.memory(self.name)
        means = {name: total / memory["counts"][name] for name, total in memory["sums"].items()}
        overfitting = means["signs"] if self.measured == "signs" else held_out_overfitting(**means)
        memory["probability"] = adjusted_probability(
            memory["probability"], overfitting, self.target, memory["images"], self.speed, self.most
        )
        turn.note(f"{self.name}/overfitting", overfitting)
        self._forget(turn.state)

    def _count(self, turn: Turn, name: str, values: Tensor) -> None:
        """Add to the mean of something since the last adjustment."""
        memory = turn.state.memory(self.name)
        memory["sums"][name] = memory["sums"].get(name, 0.0) + values.float().sum()
        memory["counts"][name] = memory["counts"].get(name, 0) + values.numel()

    def _forget(self, state: State) -> None:
        """Start to measure anew."""
        state.memory(self.name).update(moves=0, images=0, sums={}, counts={})

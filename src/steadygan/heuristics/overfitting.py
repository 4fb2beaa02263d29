"""Measures of the discriminator's overfitting, and a controller that adjusts a strength to it."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.base import Company, Heuristic
from steadygan.heuristics.moments import AfterMove, BeforeUpdate, Memory, Remembers
from steadygan.heuristics.roles import Objective
from steadygan.heuristics.state import State
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Player, Side

Measure = Literal["signs", "held-out"]


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
        A scalar; 0 where real and fake images cannot be told apart, so that nothing can be said.

    Source: Karras et al. 2020 (ADA), equation 1.
    """
    gap = train.mean() - generated.mean()
    separated = gap > 0
    share = (train.mean() - held_out.mean()) / torch.where(separated, gap, 1.0)
    return torch.where(separated, share, 0.0)


def adjusted_strength(
    strength: Tensor, overfitting: Tensor, target: float, images: int, speed: float, most: float = 1.0
) -> Tensor:
    """A strength, such as ADA's probability of augmentation, a step nearer to what overfitting asks for.

    Args:
        strength: a scalar, at least 0.
        overfitting: a scalar, from :func:`sign_overfitting` or :func:`held_out_overfitting`.
        target: overfitting above which the strength rises.
        images: real images since the last adjustment.
        speed: images in which the strength can go from 0 to 1.
        most: the largest strength.

    Returns:
        A scalar in [0, most].

    Source: Karras et al. 2020 (ADA), section 3.
    """
    return (strength + (overfitting - target).sign() * (images / speed)).clamp(0.0, most)


@dataclass
class Overfitting(Memory):
    """The memory of the controller.

    Attributes:
        strength: a scalar.
        moves: of the discriminator since the last adjustment.
        images: real images since then.
        sums: of what was measured since then, by name.
        counts: how many values they are sums of.
    """

    strength: Tensor
    moves: int = 0
    images: int = 0
    sums: dict[str, Tensor] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


class FollowsOverfitting(Heuristic, Remembers[Overfitting], BeforeUpdate, AfterMove):
    """Has a strength that rises while the discriminator overfits and falls while it does not.

    A heuristic inherits from this class beside that of its slot, and reads :meth:`strength`.
    """

    controls: ClassVar[str] = "strength"
    """What the strength is called in the rows of metrics."""
    target: float = Field(0.6, ge=0, le=1, description="overfitting that is allowed")
    speed: int = Field(500_000, ge=1, description="images in which the strength can go from 0 to 1")
    interval: int = Field(4, ge=1, description="moves of the discriminator from one adjustment to the next")
    initial: float = Field(0.0, ge=0, le=1)
    most: float = Field(1.0, gt=0, le=1, description="the largest strength")
    measured: Measure = "signs"
    held_out: float = Field(0.1, gt=0, lt=1, description="share of the images kept from training, if they are measured")

    @property
    def held_out_share(self) -> float:
        """The share that is held out, if held-out images are measured."""
        return self.held_out if self.measured == "held-out" else 0.0

    def objection(self, company: Company) -> str | None:
        """Refuses to measure signs of scores under an objective in which they mean nothing."""
        objective = company.get(Objective)
        if self.measured != "signs" or objective is None or objective.zero_separates:
            return None
        return (
            f"'{self.name}' reads overfitting from the signs of logits, which do not separate real from fake under "
            f"'{objective.name}'; set {self.name}.measured to held-out"
        )

    def strength(self, turn: Turn) -> Tensor:
        """The strength of this moment, a scalar in [0, most]."""
        return turn.state.memory(self).strength

    def initial_memory(self, state: State) -> Overfitting:
        """Start with the initial strength and nothing measured."""
        return Overfitting(torch.tensor(self.initial, device=state.device))

    def before_update(self, turn: Turn) -> None:
        """Score held-out images with the same weights as the images of the move."""
        if self.measured != "held-out" or turn.player is not Player.DISCRIMINATOR:
            return
        images, labels = turn.state.held_out(turn.state.batch)
        with torch.no_grad():
            given = None if turn.labels(Side.REAL) is None else labels
            scores = turn.score(turn.transform(images, Side.REAL), given)
        self._count(turn, "held_out", scores)
        turn.log("logits/held-out", scores)

    def after_move(self, turn: Turn) -> None:
        """Measure, and adjust after every ``interval`` moves of the discriminator."""
        if turn.player is not Player.DISCRIMINATOR:
            return
        memory = turn.state.memory(self)
        real = turn.scores(Side.REAL).detach()
        if self.measured == "signs":
            self._count(turn, "signs", real.sign())
        else:
            self._count(turn, "train", real)
            self._count(turn, "generated", turn.scores(Side.FAKE).detach())
        memory.images += turn.state.batch
        memory.moves += 1
        if memory.moves == self.interval:
            self._adjust(turn)
        turn.log(f"{self.name}/{self.controls}", memory.strength)

    def _adjust(self, turn: Turn) -> None:
        memory = turn.state.memory(self)
        means = {name: total / memory.counts[name] for name, total in memory.sums.items()}
        overfitting = means["signs"] if self.measured == "signs" else held_out_overfitting(**means)
        memory.strength = adjusted_strength(
            memory.strength, overfitting, self.target, memory.images, self.speed, self.most
        )
        turn.log(f"{self.name}/overfitting", overfitting)
        memory.moves, memory.images, memory.sums, memory.counts = 0, 0, {}, {}

    def _count(self, turn: Turn, name: str, values: Tensor) -> None:
        """Add to the mean of something since the last adjustment, over all processes."""
        memory, values = turn.state.memory(self), turn.gather(values)
        zero = values.new_zeros((), dtype=torch.float32)
        memory.sums[name] = memory.sums.get(name, zero) + values.float().sum()
        memory.counts[name] = memory.counts.get(name, 0) + values.numel()

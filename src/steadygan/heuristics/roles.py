"""What the heuristics of each slot are asked: one base class for a slot, and one for what modifies its heuristic."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor, nn

from steadygan.heuristics.base import Company, Heuristic
from steadygan.heuristics.moments import Designs
from steadygan.heuristics.state import State
from steadygan.heuristics.turn import DiscriminatorOutput, Turn
from steadygan.vocabulary import Player, Side, Slot


class LatentHeuristic(Heuristic):
    """Fills the slot *latent*: draws the generator's input."""

    slot = Slot.LATENT
    dimension: int

    @abstractmethod
    def sample(self, count: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
        """Draw latents.

        Args:
            count: how many.
            device: where to put them; they are drawn on the CPU, so that a seed means the same everywhere.
            generator: source of randomness; the global one when None.

        Returns:
            float32 [count, dimension].
        """

    @abstractmethod
    def truncated(self, count: int, threshold: float, generator: torch.Generator | None = None) -> Tensor:
        """Draw latents from the middle of the distribution, float32 [count, dimension] on the CPU.

        Raises:
            ValueError: when the distribution has no middle.
        """


class ArchitectureHeuristic(Heuristic, Designs):
    """Fills the slot *architecture*: its :meth:`design` changes the blueprint from which networks are built."""

    slot = Slot.ARCHITECTURE


class TargetHeuristic(Heuristic):
    """Fills the slot *target*: changes what the discriminator should answer."""

    slot = Slot.TARGET
    of_classes: ClassVar[bool] = False
    """Whether it changes the targets of the classes, and not those of real and fake."""

    def objection(self, company: Company) -> str | None:
        """The objective must have targets."""
        objective = company.get(Objective)
        if self.of_classes or objective is None or objective.has_targets:
            return None
        return (
            f"'{self.name}' changes the discriminator's targets and '{objective.name}' has none; "
            f"add --with non-saturating or --without {self.name}"
        )

    def apply(self, targets: Tensor, player: Player) -> Tensor:
        """Targets, float32 [N], from those before it.

        Args:
            targets: float32 [N]; before any heuristic 1 where the answer should be real and 0 where fake.
            player: whose loss the targets are for.
        """
        return targets

    def apply_to_classes(self, targets: Tensor, player: Player) -> Tensor:
        """Targets of the classes, float32 [N, K], from those before it.

        Args:
            targets: float32 [N, K]; before any heuristic one-hot.
            player: whose loss the targets are for.
        """
        return targets


class InputHeuristic(Heuristic):
    """Fills the slot *input*: changes what the discriminator sees."""

    slot = Slot.INPUT
    joins_batches: ClassVar[bool] = False
    """Whether real and fake images enter the discriminator as one batch."""

    def apply(self, images: Tensor, side: Side, turn: Turn) -> Tensor:
        """What the discriminator sees instead of ``images``, of the same shape; differentiable in the images."""
        return images


class Objective(Heuristic):
    """Fills the slot *objective*: the loss of each player."""

    slot = Slot.OBJECTIVE
    has_targets: ClassVar[bool] = False
    """Whether the loss compares logits with targets, so that target heuristics have something to change."""
    zero_separates: ClassVar[bool] = False
    """Whether scores above 0 mean real and scores below 0 mean fake."""

    def score(self, output: DiscriminatorOutput, turn: Turn) -> Tensor:
        """What the players compete for, larger for more real, float32 [M]: the logits, or something of the features.

        Penalties flatten it and controllers read it.
        """
        return output.logits

    def side_loss(self, scores: Tensor, side: Side) -> Tensor | None:
        """The discriminator's loss for scores of one side alone, for heuristics that judge further images.

        Args:
            scores: float32 [M].
            side: what the images should be taken for.

        Returns:
            float32 [M]; None for an objective whose loss couples both sides. Without target heuristics the
            discriminator's loss is the sum of both: sides that do not go together are trained on one after the other.
        """
        return None

    @abstractmethod
    def __call__(self, turn: Turn) -> Tensor:
        """Loss of the player who moves, float32 [M]; its mean is minimised."""


class ObjectiveModifier(Heuristic):
    """Stands beside the objective and changes its losses."""

    slot = Slot.OBJECTIVE
    modifies = True

    def apply(self, losses: Tensor, turn: Turn) -> Tensor:
        """Losses to be averaged instead of ``losses``, float32 [M] or fewer."""
        return losses


class Penalty(Heuristic):
    """Fills the slot *penalty*: a term added to a player's loss, lazily if ``every`` is above 1."""

    slot = Slot.PENALTY
    differentiates: ClassVar[tuple[Side, ...]] = ()
    """The sides whose :meth:`Turn.input_gradient` it asks for."""
    every: int

    @property
    def players(self) -> frozenset[Player]:
        """To whose loss it is added."""
        return frozenset({Player.DISCRIMINATOR})

    @abstractmethod
    def __call__(self, turn: Turn) -> Tensor:
        """The term, float32 [N] or a scalar; the step multiplies it by ``every`` (Karras et al. 2020, appendix B)."""


class Update(Heuristic):
    """Fills the slot *update*: how a player's weights move."""

    slot = Slot.UPDATE
    players: ClassVar[frozenset[Player]] = frozenset(Player)
    extrapolates: ClassVar[bool] = False
    """Whether every other call of the optimiser's ``step`` only looks ahead, so that a step plays its moves twice."""

    @abstractmethod
    def optimizer(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """A new optimiser over ``parameters``."""


class UpdateModifier(Heuristic):
    """Stands beside the update and changes rates, gradients or weights."""

    slot = Slot.UPDATE
    modifies = True

    def rate(self, player: Player, images_seen: int) -> float:
        """By what a player's learning rate is multiplied now, at least 0."""
        return 1.0


class Schedule(Heuristic):
    """Fills the slot *schedule*: who moves when."""

    slot = Slot.SCHEDULE
    reuse_fakes: bool = False
    fresh_reals: bool = False

    @abstractmethod
    def moves(self, state: State) -> tuple[Player, ...]:
        """The moves of one step, in order; at least one of the discriminator's, which the clock counts."""


class ScheduleModifier(Heuristic):
    """Stands beside the schedule and changes against whom a player moves."""

    slot = Slot.SCHEDULE
    modifies = True


class Average(Heuristic):
    """Fills the slot *average*: which generator is kept."""

    slot = Slot.AVERAGE
    decision = "which average of the weights is kept"

    @abstractmethod
    def decay(self, images_seen: int, batch: int) -> float:
        """Share of the old average that one step keeps, in [0, 1]."""

"""The base class of the heuristics of each slot, and that of the heuristics that modify the one in a slot."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor, nn

from steadygan.heuristics.base import Company, Heuristic
from steadygan.heuristics.clock import Number
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
    """Fills the slot *target*: changes the targets of the discriminator."""

    slot = Slot.TARGET
    of_classes: ClassVar[bool] = False
    """Whether it changes the targets of the classes, and not those of real and fake."""

    def objection(self, company: Company) -> str | None:
        """Refuses an objective without targets."""
        objective = company.get(Objective)
        if self.of_classes or objective is None or objective.has_targets:
            return None
        return (
            f"'{self.name}' changes the discriminator's targets and '{objective.name}' has none; "
            f"add --with non-saturating or --without {self.name}"
        )

    def apply(self, targets: Tensor, player: Player) -> Tensor:
        """Return the changed targets, float32 [N].

        Args:
            targets: float32 [N]; before any heuristic 1 where the answer should be real and 0 where fake.
            player: whose loss the targets are for.
        """
        return targets

    def apply_to_classes(self, targets: Tensor, player: Player) -> Tensor:
        """Return the changed targets of the classes, float32 [N, K].

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
        """Return what the discriminator sees instead of ``images``, in the same shape, differentiably."""
        return images


class Objective(Heuristic):
    """Fills the slot *objective*: the loss of each player."""

    slot = Slot.OBJECTIVE
    has_targets: ClassVar[bool] = False
    """Whether the loss compares logits with targets, so that target heuristics have something to change."""
    even_loss: ClassVar[float | None] = None
    """The discriminator's loss when it scores all images alike at its best; None where that says nothing."""
    zero_separates: ClassVar[bool] = False
    """Whether scores above 0 mean real and scores below 0 mean fake."""

    def score(self, output: DiscriminatorOutput, turn: Turn) -> Tensor:
        """Compute the scores, float32 [M], larger for more real: the logits, or a function of the features.

        The players compete for the scores, penalties are taken of their gradients, and controllers read them.
        """
        return output.logits

    def side_loss(self, scores: Tensor, side: Side) -> Tensor | None:
        """The discriminator's loss for the scores of one side alone, for heuristics that use further images.

        Args:
            scores: float32 [M].
            side: the side as which the discriminator should classify the images.

        Returns:
            float32 [M]; None if the loss of the objective couples both sides. In a class that also defines the loss,
            and without target heuristics, the loss of the discriminator is the sum of both; see :attr:`sums_sides`.
        """
        return None

    @property
    def sums_sides(self) -> bool:
        """Whether the discriminator's loss is the sum of :meth:`side_loss` over both sides, whatever else is trained.

        Only a class that defines both says so of itself: one that changes the loss or the scores and inherits the rest
        may mean something else.
        """
        kinds = type(self).__mro__
        of_side, of_loss = (next(kind for kind in kinds if name in vars(kind)) for name in ("side_loss", "__call__"))
        return of_side is of_loss and of_side is not Objective and type(self).score is Objective.score

    @abstractmethod
    def __call__(self, turn: Turn) -> Tensor:
        """Loss of the player who moves, float32 [M]; its mean is minimised."""


class ObjectiveModifier(Heuristic):
    """Changes the losses of the objective."""

    slot = Slot.OBJECTIVE
    modifies = True

    def apply(self, losses: Tensor, turn: Turn) -> Tensor:
        """Return the changed losses, float32 [M] or fewer, whose mean is minimised."""
        return losses


class Penalty(Heuristic):
    """Fills the slot *penalty*: a term added to a player's loss, lazily if ``every`` is above 1."""

    slot = Slot.PENALTY
    differentiates: ClassVar[tuple[Side, ...]] = ()
    """The sides whose :meth:`Turn.input_gradient` it uses."""
    every: int

    @property
    def players(self) -> frozenset[Player]:
        """The players to whose loss it is added."""
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
    """Changes the learning rates, gradients or weights of the update."""

    slot = Slot.UPDATE
    modifies = True

    def rate(self, player: Player, images_seen: Number) -> Number:
        """The factor of a player's learning rate at this moment, at least 0."""
        return 1.0


class Schedule(Heuristic):
    """Fills the slot *schedule*: the order of the players' moves."""

    slot = Slot.SCHEDULE
    reuse_fakes: bool = False
    fresh_reals: bool = False

    @abstractmethod
    def moves(self, state: State) -> tuple[Player, ...]:
        """The moves of one step, in order; at least one is the discriminator's, because the clock counts its images."""


class ScheduleModifier(Heuristic):
    """Changes the opponent against whom a player moves."""

    slot = Slot.SCHEDULE
    modifies = True


class Average(Heuristic):
    """Fills the slot *average*: the average of the generator's weights from which samples are made."""

    slot = Slot.AVERAGE
    decision = "which average of the weights is kept"

    @abstractmethod
    def decay(self, images_seen: Number, batch: int) -> Number:
        """Share of the old average that one step keeps, in [0, 1]."""

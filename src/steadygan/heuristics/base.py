"""What a heuristic is: a small frozen object with a name, parameters, a card, and one slot in the training step."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Protocol

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from steadygan.heuristics.card import Card

if TYPE_CHECKING:
    from steadygan.heuristics.blueprint import Blueprint


class Slot(StrEnum):
    """A place in the training step that a heuristic fills; see :attr:`question` for what it decides."""

    LATENT = "latent"
    ARCHITECTURE = "architecture"
    TARGET = "target"
    INPUT = "input"
    OBJECTIVE = "objective"
    PENALTY = "penalty"
    UPDATE = "update"
    SCHEDULE = "schedule"
    AVERAGE = "average"

    @property
    def question(self) -> str:
        """What the slot decides, as a question."""
        return _QUESTIONS[self]

    @property
    def holds_one(self) -> bool:
        """Whether choosing a heuristic of this slot replaces the one before."""
        return self in (Slot.LATENT, Slot.OBJECTIVE, Slot.UPDATE, Slot.SCHEDULE)


_QUESTIONS = {
    Slot.LATENT: "where do we sample z?",
    Slot.ARCHITECTURE: "how are the generator and the discriminator built?",
    Slot.TARGET: "what should the discriminator answer?",
    Slot.INPUT: "what does the discriminator get to see?",
    Slot.OBJECTIVE: "what do the players minimise?",
    Slot.PENALTY: "what is added to a loss?",
    Slot.UPDATE: "how do weights move?",
    Slot.SCHEDULE: "who moves when?",
    Slot.AVERAGE: "which weights do we keep?",
}


class Player(StrEnum):
    """One of the two players of the game."""

    GENERATOR = "generator"
    DISCRIMINATOR = "discriminator"


class Side(StrEnum):
    """Where an image comes from: the data or the generator."""

    REAL = "real"
    FAKE = "fake"


class Turn(Protocol):
    """What one player's move knows; everything is computed on first use and kept.

    Heuristics read a turn and never reach around it.
    """

    @property
    def player(self) -> Player:
        """Who moves."""
        ...

    @property
    def images_seen(self) -> int:
        """Real images that the run has seen before this move: the clock of every schedule."""
        ...

    def seen(self, side: Side) -> Tensor:
        """Images after the input heuristics, float32 [N, C, H, W] (vectors: [N, D])."""
        ...

    def logits(self, side: Side) -> Tensor:
        """The discriminator's raw answers to what it has seen, float32 [M]; M = N, or N times the patches."""
        ...

    def targets(self, side: Side) -> Tensor:
        """What the discriminator should answer, or the generator wants it to, float32 [M]."""
        ...

    def input_gradient(self, side: Side) -> Tensor:
        """Gradient of each image's logit with respect to that image as seen, float32, of its shape; differentiable."""
        ...

    def note(self, name: str, value: Tensor) -> None:
        """Measure: the mean of ``value`` goes into the next row of metrics, without waiting for the device."""
        ...


class Heuristic(BaseModel):
    """A published trick as frozen data; subclasses add the method that their slot calls."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: ClassVar[str]
    slot: ClassVar[Slot]
    card: ClassVar[Card]
    images_only: ClassVar[bool] = False
    """Whether it makes no sense for vectors."""
    decides: ClassVar[str] = ""
    """What it alone decides, in words: two heuristics that decide the same thing are refused together."""

    def parameters(self) -> dict[str, object]:
        """The parameters by name, as plain values."""
        return self.model_dump(mode="json")


class LatentHeuristic(Heuristic):
    """Fills the slot *latent*: draws the generator's input."""

    slot = Slot.LATENT
    dimension: int

    def sample(self, count: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
        """Draw latents.

        Args:
            count: how many.
            device: where to put them; they are drawn on the CPU, so that a seed means the same everywhere.
            generator: source of randomness; the global one when None.

        Returns:
            float32 [count, dimension].
        """
        raise NotImplementedError

    def truncated(self, count: int, threshold: float, generator: torch.Generator | None = None) -> Tensor:
        """Draw latents from the middle of the distribution, float32 [count, dimension] on the CPU.

        Raises:
            ValueError: when the distribution has no middle.
        """
        raise NotImplementedError


class ArchitectureHeuristic(Heuristic):
    """Fills the slot *architecture*: changes the blueprint from which networks are built."""

    slot = Slot.ARCHITECTURE

    def apply(self, blueprint: "Blueprint") -> "Blueprint":
        """The blueprint with this heuristic built in."""
        raise NotImplementedError


class TargetHeuristic(Heuristic):
    """Fills the slot *target*: changes what the discriminator should answer."""

    slot = Slot.TARGET
    relabels: ClassVar[bool] = False
    """Whether it changes which label an image carries; that happens before labels become soft."""

    def apply(self, targets: Tensor, player: Player) -> Tensor:
        """Targets, float32 [N], from those before it.

        Args:
            targets: float32 [N]; before any heuristic 1 where the answer should be real and 0 where fake.
            player: whose loss the targets are for.
        """
        raise NotImplementedError


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

    def __call__(self, turn: Turn) -> Tensor:
        """Loss of the player who moves, float32 [M]; its mean is minimised."""
        raise NotImplementedError


class Penalty(Heuristic):
    """Fills the slot *penalty*: a term added to a player's loss, lazily if ``every`` is above 1."""

    slot = Slot.PENALTY
    player: ClassVar[Player] = Player.DISCRIMINATOR
    """Whose loss it is added to."""
    differentiates: ClassVar[tuple[Side, ...]] = ()
    """The sides whose :meth:`Turn.input_gradient` it asks for."""
    every: int

    def __call__(self, turn: Turn) -> Tensor:
        """The term, float32 [N]; the step multiplies it by ``every`` (Karras et al. 2020, appendix B)."""
        raise NotImplementedError


class Update(Heuristic):
    """Fills the slot *update*: how a player's weights move."""

    slot = Slot.UPDATE
    players: ClassVar[frozenset[Player]] = frozenset(Player)

    def optimizer(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """A new optimiser over ``parameters``."""
        raise NotImplementedError


class Schedule(Heuristic):
    """Fills the slot *schedule*: who moves when."""

    slot = Slot.SCHEDULE
    reuse_fakes: bool = False

    def moves(self) -> tuple[Player, ...]:
        """The moves of one step, in order."""
        raise NotImplementedError


class Average(Heuristic):
    """Fills the slot *average*: which generator is kept."""

    slot = Slot.AVERAGE
    decides = "which average of the weights is kept"

    def decay(self, images_seen: int, batch: int) -> float:
        """Share of the old average that one step keeps, in [0, 1]."""
        raise NotImplementedError

"""The moments of a run at which a heuristic may act: a base class with one method for each, in their order.

A heuristic names the moments that it takes part in beside its slot, so that the header of its class says what it does:
``class Lecam(Penalty, Remembers[Anchors], AfterMove)``.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor

from steadygan.blueprint import Blueprint
from steadygan.heuristics.state import Memory, Remembers, State
from steadygan.heuristics.turn import DiscriminatorOutput, Turn
from steadygan.vocabulary import Side

__all__ = [
    "AddsLoss",
    "AfterMove",
    "AfterStep",
    "BeforeUpdate",
    "Begins",
    "ChangesOutput",
    "Designs",
    "Measures",
    "Memory",
    "Remembers",
    "ReplacesImages",
    "ReplacesOpponent",
]


class Designs(ABC):
    """Changes how networks are built."""

    @abstractmethod
    def design(self, blueprint: Blueprint) -> Blueprint:
        """Return the blueprint as this heuristic changes it."""


class Begins(ABC):
    """Prepares networks when a run begins; those of a resumed run get their stored weights and buffers afterwards."""

    @abstractmethod
    def begin(self, state: State) -> None:
        """Prepare the networks."""


class ReplacesOpponent(ABC):
    """Lets a player move against another opponent than the current one."""

    @abstractmethod
    def opponent(self, turn: Turn) -> Mapping[str, Tensor] | None:
        """Return parameters and buffers of the opponent's network for this move; None for its current ones."""


class ReplacesImages(ABC):
    """Replaces some of the images of a move, before the input heuristics."""

    @abstractmethod
    def replace(self, images: Tensor, labels: Tensor | None, side: Side, turn: Turn) -> tuple[Tensor, Tensor | None]:
        """Return the images and labels after replacement.

        Args:
            images: float [N, ...].
            labels: int64 [N]; None if there are none.
            side: whether the images are real or fake.
            turn: the move.
        """


class ChangesOutput(ABC):
    """Changes the discriminator's output in both players' moves, before the objective uses it."""

    @abstractmethod
    def change_output(self, output: DiscriminatorOutput, images: Tensor, turn: Turn) -> DiscriminatorOutput:
        """Return the changed output, differentiably.

        Args:
            output: the discriminator's output for N images.
            images: the discriminator's inputs, [N, ...].
            turn: the move.
        """


class AddsLoss(ABC):
    """Adds a term to the loss of the player who moves, besides the objective and the penalties."""

    @abstractmethod
    def loss_term(self, turn: Turn) -> Tensor | None:
        """Return the term, a scalar mean over this process's images; None if there is none in this move."""


class BeforeUpdate(ABC):
    """Acts between the gradients of a move and its update."""

    @abstractmethod
    def before_update(self, turn: Turn) -> None:
        """Change the gradients, or use the weights with which they were computed."""


class AfterMove(ABC):
    """Acts after each move."""

    @abstractmethod
    def after_move(self, turn: Turn) -> None:
        """Constrain the weights that have just changed, or update the memory."""


class AfterStep(ABC):
    """Acts after all moves of a step."""

    @abstractmethod
    def after_step(self, state: State) -> None:
        """Act on both players, or update the memory."""


class Measures(ABC):
    """Measures figures of its own whenever the run measures samples."""

    @abstractmethod
    def measure(self, state: State) -> dict[str, float]:
        """Return the figures by name."""

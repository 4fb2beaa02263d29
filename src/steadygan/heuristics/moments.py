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
    """Has a say in how networks are built."""

    @abstractmethod
    def design(self, blueprint: Blueprint) -> Blueprint:
        """The blueprint with this heuristic built in."""


class Begins(ABC):
    """Prepares networks when a run begins; the networks of a resumed run then get their stored weights and buffers."""

    @abstractmethod
    def begin(self, state: State) -> None:
        """Prepare them."""


class ReplacesOpponent(ABC):
    """Lets a player move against another opponent than that of this moment."""

    @abstractmethod
    def opponent(self, turn: Turn) -> Mapping[str, Tensor] | None:
        """Parameters and buffers of the other player's network for this move; None for its own."""


class ReplacesImages(ABC):
    """Puts other images in the place of some of the images of a move, before the input heuristics."""

    @abstractmethod
    def replace(self, images: Tensor, labels: Tensor | None, side: Side, turn: Turn) -> tuple[Tensor, Tensor | None]:
        """The images and labels that take part instead.

        Args:
            images: float [N, ...].
            labels: int64 [N]; None where there are none.
            side: whose images they are.
            turn: the move.
        """


class ChangesOutput(ABC):
    """Changes what the discriminator says, in both players' moves, before the objective hears it."""

    @abstractmethod
    def change_output(self, output: DiscriminatorOutput, images: Tensor, turn: Turn) -> DiscriminatorOutput:
        """The output instead of ``output``; differentiable.

        Args:
            output: for N images.
            images: what the discriminator saw, [N, ...].
            turn: the move.
        """


class AddsLoss(ABC):
    """Adds to the loss of the player who moves, beside the objective and the penalties."""

    @abstractmethod
    def loss_term(self, turn: Turn) -> Tensor | None:
        """The mean over this process's images, a scalar; None for nothing."""


class BeforeUpdate(ABC):
    """Acts between the gradients of a move and its update."""

    @abstractmethod
    def before_update(self, turn: Turn) -> None:
        """Change the gradients that were computed, or look at the weights that computed them."""


class AfterMove(ABC):
    """Acts after each move."""

    @abstractmethod
    def after_move(self, turn: Turn) -> None:
        """Constrain the weights that have just changed, or remember."""


class AfterStep(ABC):
    """Acts after all moves of a step."""

    @abstractmethod
    def after_step(self, state: State) -> None:
        """Feed back."""


class Measures(ABC):
    """Has figures of its own for the rows that the run writes when it measures itself."""

    @abstractmethod
    def measure(self, state: State) -> dict[str, float]:
        """Figures by name."""

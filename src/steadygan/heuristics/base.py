"""What a heuristic is: a small frozen object with a name, parameters, a card, and one slot in the training step."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict
from torch import Tensor

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card
from steadygan.vocabulary import Labels, Slot

if TYPE_CHECKING:
    from steadygan.heuristics.turn import State, Turn


class Heuristic(BaseModel):
    """A published trick as frozen data; subclasses add the method that their slot calls.

    The methods here are the step's moments at which any heuristic may do something; most do nothing at most of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: ClassVar[str]
    slot: ClassVar[Slot]
    card: ClassVar[Card]
    images_only: ClassVar[bool] = False
    """Whether it makes no sense for vectors."""
    decides: ClassVar[str] = ""
    """What it alone decides, in words: two heuristics that decide the same thing are refused together."""
    modifies: ClassVar[bool] = False
    """Whether it stands beside the one heuristic that its slot holds, and changes what that does."""
    reads_features: ClassVar[bool] = False
    """Whether it asks for :meth:`Turn.features` or :meth:`Turn.class_logits`."""
    labels: ClassVar[Labels] = Labels.NONE
    """What it asks of the data's labels."""

    def parameters(self) -> dict[str, object]:
        """The parameters by name, as plain values."""
        return self.model_dump(mode="json")

    @property
    def decisions(self) -> frozenset[str]:
        """What it decides with these parameters."""
        return frozenset({self.decides} if self.decides else ())

    @property
    def held_out_share(self) -> float:
        """Share of the real images that it wants to be kept from training."""
        return 0.0

    def objection(self, others: Iterable["Heuristic"]) -> str | None:
        """Why it cannot go with these heuristics, in a sentence, where that depends on parameters; None if it can."""
        return None

    def needs_batch(self, batch: int) -> str | None:
        """Why it cannot go with this batch size, in a sentence; None if it can."""
        return None

    def needs_share(self, share: int, processes: int) -> str | None:
        """Why it cannot go with so many processes, each of which has ``share`` images of a batch, in a sentence."""
        return None

    # --- moments of a run, in order

    def design(self, blueprint: Blueprint) -> Blueprint:
        """The blueprint of the networks with this heuristic built in."""
        return blueprint

    def begin(self, state: "State") -> None:
        """Prepare networks and memory when a run begins; a resumed run then gets its stored state over it."""

    def opponent(self, turn: "Turn") -> Mapping[str, Tensor] | None:
        """Parameters and buffers that the other player's network has for this move; None for its own."""
        return None

    def term(self, turn: "Turn") -> Tensor | None:
        """Something added to the loss of the player who moves, a scalar; None for nothing."""
        return None

    def before_update(self, turn: "Turn") -> None:
        """Change the gradients that the player who moves has just computed."""

    def after_move(self, turn: "Turn") -> None:
        """Look at a move whose weights have been changed: constrain them, or remember."""

    def after_step(self, state: "State") -> None:
        """Feed back after all moves of a step."""

    def measure(self, state: "State") -> dict[str, float]:
        """Figures for the row that is written when the run measures itself, by name."""
        return {}

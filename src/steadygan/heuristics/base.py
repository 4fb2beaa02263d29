"""What a heuristic is: a small frozen object with a name, parameters, a card, and one slot in the training step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from steadygan.heuristics.card import Card
from steadygan.vocabulary import Labels, Slot

T = TypeVar("T")


class Heuristic(BaseModel):
    """A published trick as frozen data.

    A subclass fills a slot (:mod:`steadygan.heuristics.roles`) and may take part in moments of a run
    (:mod:`steadygan.heuristics.moments`). What it says of others has three words: :attr:`needs`, :meth:`decides` and
    :meth:`objection`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: ClassVar[str]
    slot: ClassVar[Slot]
    card: ClassVar[Card]
    order: ClassVar[int] = 0
    """Heuristics of one slot act in this order; those of the same order, in that of their names."""
    modifies: ClassVar[bool] = False
    """Whether it stands beside the one heuristic that its slot holds, and changes what that does."""
    images_only: ClassVar[bool] = False
    """Whether it makes no sense for vectors."""
    labels: ClassVar[Labels] = Labels.NONE
    """What it asks of the data's labels."""
    uses_features: ClassVar[bool] = False
    """Whether it asks for the discriminator's features or class logits."""
    decision: ClassVar[str] = ""
    """What :meth:`decides` says where that does not depend on parameters."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Names of heuristics of which it needs at least one to have any effect."""

    def decides(self) -> frozenset[str]:
        """What it alone decides, in words: two heuristics that decide the same thing are refused together."""
        return frozenset({self.decision} if self.decision else ())

    def objection(self, company: "Company") -> str | None:
        """Why it cannot go with the other heuristics, the batch or the processes, in a sentence; None if it can."""
        return None

    def parameters(self) -> dict[str, object]:
        """The parameters by name, as plain values."""
        return self.model_dump(mode="json")

    @property
    def held_out_share(self) -> float:
        """Share of the real images that it wants to be kept from training."""
        return 0.0


@dataclass(frozen=True)
class Company:
    """What a heuristic finds itself together with.

    Attributes:
        others: the other heuristics of the recipe.
        batch: real images in one move, over all processes.
        processes: how many train together.
    """

    others: Sequence[Heuristic] = ()
    batch: int = 64
    processes: int = 1

    @property
    def local_batch(self) -> int:
        """Images of a batch that each process has."""
        return self.batch // self.processes

    def has(self, *names: str) -> bool:
        """Whether one of these names is among the others."""
        return any(other.name in names for other in self.others)

    def get(self, kind: type[T]) -> T | None:
        """The first of the others that is of this class."""
        return next((other for other in self.others if isinstance(other, kind)), None)

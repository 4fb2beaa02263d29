"""The base class of heuristics: frozen objects with a name, parameters, a card and a slot of the training step."""

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
    (:mod:`steadygan.heuristics.moments`). Three members say how it relates to other heuristics: :attr:`needs`,
    :meth:`decides` and :meth:`objection`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: ClassVar[str]
    slot: ClassVar[Slot]
    card: ClassVar[Card]
    order: ClassVar[int] = 0
    """Heuristics of one slot act in this order, and those with the same number in the order of their names."""
    modifies: ClassVar[bool] = False
    """Whether it modifies the one heuristic that its slot holds, instead of taking its place."""
    images_only: ClassVar[bool] = False
    """Whether it is made for images and not for vectors."""
    labels: ClassVar[Labels] = Labels.NONE
    """Which labels of the data it needs."""
    uses_features: ClassVar[bool] = False
    """Whether it uses the discriminator's features or class logits."""
    decision: ClassVar[str] = ""
    """What :meth:`decides` returns, if that does not depend on parameters."""
    needs: ClassVar[tuple[str, ...]] = ()
    """The names of heuristics of which a recipe must have at least one for this one to have any effect."""

    def decides(self) -> frozenset[str]:
        """What this heuristic decides, in words; two heuristics that decide the same are refused together."""
        return frozenset({self.decision} if self.decision else ())

    def objection(self, company: "Company") -> str | None:
        """Why it cannot be combined with the other heuristics, the batch or the processes; None if it can."""
        return None

    def parameters(self) -> dict[str, object]:
        """The parameters by name, as plain values."""
        return self.model_dump(mode="json")

    @property
    def held_out_share(self) -> float:
        """The share of the real images that must be held out from training."""
        return 0.0


@dataclass(frozen=True)
class Company:
    """The company of a heuristic in a recipe.

    Attributes:
        others: the other heuristics of the recipe.
        batch: real images in one move, over all processes.
        processes: the number of processes that train together.
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

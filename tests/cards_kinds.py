"""Heuristics that no catalogue has, for what pages must be able to say of those to come."""

from typing import ClassVar

from pydantic import Field

from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import Citation
from steadygan.vocabulary import Failure, Labels, Slot

SPECIAL = Citation.from_bibtex(
    r"""@misc{oyvind2031signs,
  author = {{\O}yvind and {de la Cruz} and {\c{S}}ahin},
  title  = {{On {\textbraceleft}signs{\textbraceright} \& 100 \% of \$\_{\textbraceleft}x{\textbraceright}\$ """
    r"""{\textasciitilde} {\textbackslash}LaTeX}},
  year   = {2031},
  url    = {https://example.org/a_b?c=%20d%7Be%7D},
}"""
)


def _card(note: str = "") -> Card:
    return Card(
        summary="Draws a*b*c from [0, 1] | with `signs`, <tags> and $money$.",
        formula="y = a | b",
        sources=(Source(citation=SPECIAL, where="section 1"), Source(citation=SPECIAL, where="section 2")),
        treats=(Failure.NOT_FINITE,),
        example="from steadygan.heuristics.penalties import R1\nheuristic = R1()",
        note=note,
    )


class Conditional(Heuristic):
    """Needs labels and another heuristic, and decides something."""

    name: ClassVar[str] = "conditional"
    slot: ClassVar[Slot] = Slot.ARCHITECTURE
    card: ClassVar[Card] = _card()
    needs: ClassVar[tuple[str, ...]] = ("leaky-relu", "tanh-output")
    labels: ClassVar[Labels] = Labels.ALL
    images_only: ClassVar[bool] = True
    decision: ClassVar[str] = "how labels enter"


class Free(Heuristic):
    """Decides something only by its parameters."""

    name: ClassVar[str] = "free"
    slot: ClassVar[Slot] = Slot.INPUT
    card: ClassVar[Card] = _card(note="One thing.")
    enters: bool = True

    def decides(self) -> frozenset[str]:
        """What its switch says."""
        return frozenset({"how labels enter"} if self.enters else ())


class Strict(Heuristic):
    """Has a parameter without a default."""

    name: ClassVar[str] = "strict"
    slot: ClassVar[Slot] = Slot.PENALTY
    card: ClassVar[Card] = _card()
    decision: ClassVar[str] = "how labels enter"
    weight: float = Field(ge=0, lt=2, description="to be chosen")


class Beside(Heuristic):
    """Stands beside an objective, and needs one that needs another."""

    name: ClassVar[str] = "beside"
    slot: ClassVar[Slot] = Slot.OBJECTIVE
    card: ClassVar[Card] = _card()
    needs: ClassVar[tuple[str, ...]] = ("conditional",)
    modifies: ClassVar[bool] = True
    labels: ClassVar[Labels] = Labels.SOME
    share: float = Field(0.5, gt=0, le=1, description="of a batch | or less")

"""The card of a heuristic: what it is, where it comes from, what it treats and with what it clashes."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from steadygan.heuristics.citations import Citation, reference


class Finding(StrEnum):
    """The names of what goes wrong in training; cards say which of them a heuristic treats."""

    NOT_FINITE = "not-finite"
    DISCRIMINATOR_WINS = "discriminator-wins"
    STALLED = "stalled"
    EXPLODING_GRADIENTS = "exploding-gradients"
    MODE_COLLAPSE = "mode-collapse"
    MODE_DROPPING = "mode-dropping"
    OSCILLATION = "oscillation"
    GARBAGE_FOOLING = "garbage-fooling"
    CHECKERBOARD = "checkerboard"
    SATURATED_OUTPUT = "saturated-output"
    PREPROCESSING_MISMATCH = "preprocessing-mismatch"
    DISCRIMINATOR_OVERFITS = "discriminator-overfits"
    MEMORISATION = "memorisation"


def _looked_up(citation: Any) -> Any:
    return reference(citation) if isinstance(citation, str) else citation


class Source(BaseModel):
    """A place in a publication.

    Attributes:
        citation: the publication; given as a key of ``references.bib``, or as a ``Citation`` of one's own.
        where: the place in it.

    Raises:
        SteadyganError: ``references.bib`` has no such key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    citation: Annotated[Citation, BeforeValidator(_looked_up)]
    where: str = ""

    def __str__(self) -> str:
        """The citation, followed by the place."""
        return f"{self.citation} [{self.where}]" if self.where else str(self.citation)


class Card(BaseModel):
    """Everything that is known of a heuristic apart from its maths.

    Attributes:
        summary: what it does, in a sentence.
        formula: the maths on one line, in plain text.
        sources: where it comes from.
        treats: what it is said to treat.
        cost: what it costs in time or memory.
        example: lines of Python that use the plain function or the recipe.
        clashes: names of heuristics that it cannot be combined with, each with the reason.
        needs: names of heuristics of which it needs at least one to have any effect.
        note: deviations from the source, caveats, what its own authors say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: str
    formula: str
    sources: tuple[Source, ...]
    treats: tuple[Finding, ...] = ()
    cost: str = "none"
    example: str
    clashes: dict[str, str] = {}
    needs: tuple[str, ...] = ()
    note: str = ""

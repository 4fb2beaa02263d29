"""The card of a heuristic: what it is, where it comes from, what it treats and with what it clashes."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from steadygan.heuristics.citations import Citation, reference
from steadygan.vocabulary import Failure


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
        note: deviations from the source, caveats, what its own authors say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: str
    formula: str
    sources: tuple[Source, ...]
    treats: tuple[Failure, ...] = ()
    cost: str = "none"
    example: str
    note: str = ""


PREAMBLE = """import copy, torch
from torch import nn
torch.manual_seed(0)
generator = nn.Sequential(nn.Linear(6, 3 * 8 * 8), nn.Tanh(), nn.Unflatten(1, (3, 8, 8)))
averaged = copy.deepcopy(generator)
discriminator = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 1), nn.Flatten(0))
z = torch.randn(4, 6)                                      # latents
real, fake = torch.rand(4, 3, 8, 8) * 2 - 1, generator(z).detach()
x = real                                                   # images of either side
pixels = torch.randint(256, (4, 3, 8, 8), dtype=torch.uint8)
loss = torch.zeros(())                                     # of the player who moves, so far
"""
"""What the examples of all cards may use: small networks, a batch of each side, a loss."""

"""The card of a heuristic: what it is, where it comes from, what it treats and with what it clashes."""

from pydantic import BaseModel, ConfigDict

from steadygan.heuristics.bibtex import entry
from steadygan.vocabulary import Finding


class Citation(BaseModel):
    """A publication."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    authors: str
    title: str
    year: int
    arxiv: str = ""
    url: str = ""

    @property
    def link(self) -> str:
        """Where to read it."""
        return self.url or f"https://arxiv.org/abs/{self.arxiv}"

    @property
    def bibtex(self) -> str:
        """The publication as a BibTeX entry, in ASCII where LaTeX has a command for a letter."""
        return entry(self.key, self.authors, self.title, self.year, self.arxiv, self.link)

    def __str__(self) -> str:
        """Authors, year, title, link on one line."""
        return f"{self.authors} ({self.year}). {self.title}. {self.link}"


class Source(BaseModel):
    """A place in a publication."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    citation: Citation
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
    treats: tuple[Finding, ...] = ()
    cost: str = "none"
    example: str
    note: str = ""

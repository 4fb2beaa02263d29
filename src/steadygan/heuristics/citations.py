"""Publications that cards cite: all of ``references.bib``, and those that someone brings as BibTeX."""

from functools import cache
from importlib import resources
from typing import Self

from pydantic import BaseModel, ConfigDict

from steadygan.errors import SteadyganError, nearest
from steadygan.heuristics.bibtex import Entry, entries, plain, surnames


class Citation(BaseModel):
    """A publication.

    Attributes:
        key: the name of its BibTeX entry.
        authors: their surnames, with commas between them.
        title: as published.
        year: of publication.
        arxiv: its number there; empty when it is not there.
        link: where to read it.
        bibtex: its entry.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    authors: str
    title: str
    year: int
    arxiv: str
    link: str
    bibtex: str

    @classmethod
    def from_bibtex(cls, text: str) -> Self:
        """Reads a publication that ``references.bib`` does not have.

        Args:
            text: one BibTeX entry with author, title, year, and eprint (the number on arXiv) or url.

        Raises:
            SteadyganError: it is not one entry, or something is missing.
        """
        found = entries(text)
        if len(found) != 1:
            raise SteadyganError(f"A citation is one BibTeX entry, but there are {len(found)}; write @misc{{key, ...}}")
        return cls._of(found[0])

    @classmethod
    def _of(cls, entry: Entry) -> Self:
        fields = entry.fields
        missing = [name for name in ("author", "title") if not fields.get(name)]
        if not fields.get("year", "").isdecimal():
            missing.append("year")
        arxiv = fields.get("eprint", "")
        link = fields.get("url") or (f"https://arxiv.org/abs/{arxiv}" if arxiv else "")
        if missing or not link:
            raise SteadyganError(f"The BibTeX entry '{entry.key}' has no {(missing or ['url'])[0]}; add it")
        return cls(
            key=entry.key,
            authors=surnames(fields["author"]),
            title=plain(fields["title"]),
            year=int(fields["year"]),
            arxiv=arxiv,
            link=link,
            bibtex=entry.text,
        )

    def __str__(self) -> str:
        """Authors, year, title, link on one line."""
        return f"{self.authors} ({self.year}). {self.title}. {self.link}"


@cache
def references() -> dict[str, Citation]:
    """Every publication of ``references.bib``, by its key."""
    text = (resources.files("steadygan.heuristics") / "references.bib").read_text("utf-8")
    return {entry.key: Citation._of(entry) for entry in entries(text)}


def reference(key: str) -> Citation:
    """A publication of ``references.bib``.

    Args:
        key: the name of its entry, such as ``radford2015dcgan``.

    Raises:
        SteadyganError: there is no such entry.
    """
    known = references()
    if key not in known:
        raise SteadyganError(f"references.bib has no entry '{key}'; {nearest(key, known)}")
    return known[key]

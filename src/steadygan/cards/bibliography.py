"""Where the heuristics of a recipe come from, as BibTeX."""

import difflib
from collections.abc import Iterable
from pathlib import Path

from steadygan.amounts import things
from steadygan.errors import SteadyganError
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.catalogue import catalogue, heuristic_class
from steadygan.heuristics.citations import Citation
from steadygan.plugins import is_reference
from steadygan.recipe import Recipe
from steadygan.recipes import recipe, recipe_names
from steadygan.runs.folder import RunFolder


def cite(name: str) -> str:
    """BibTeX of every publication that something comes from, each once and sorted by key.

    Comment lines above each entry say which heuristics it is for, and which place in it.

    Args:
        name: a recipe, a heuristic, a run folder or a ``.toml`` file; where one name means several, in that order.

    Raises:
        SteadyganError: when there is none of that name, or its recipe cannot be read.
    """
    if name not in recipe_names() and (name in (kind.name for kind in catalogue()) or is_reference(name)):
        return _text(f"the heuristic {name}", _uses([heuristic_class(name)]), ())
    return _of_recipe(_recipe(name))


def _recipe(name: str) -> Recipe:
    path = Path(name)
    if name in recipe_names() or path.is_file() or name.endswith(".toml"):
        return recipe(name)
    if path.is_dir():
        folder = RunFolder(path)
        if folder.recipe.is_file():
            return recipe(folder.recipe)
        raise SteadyganError(f"The folder '{name}' holds no {folder.recipe.name}; give a run folder, or a name")
    names = [*recipe_names(), *(kind.name for kind in catalogue())]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    # all the names would be no sentence
    advice = f"did you mean '{close[0]}'?" if close else "see steadygan recipes and steadygan heuristics"
    raise SteadyganError(f"There is no recipe, heuristic or run folder '{name}'; {advice}")


def _of_recipe(chosen: Recipe) -> str:
    kinds = [type(heuristic) for heuristic in chosen.heuristics]
    uses = _uses(kinds)
    known = {source.citation.link: source.citation for kind in catalogue() for source in kind.card.sources}
    others = []
    for text in chosen.sources:
        citation = known.get(text.split()[-1]) if text.split() else None
        if citation is None:
            others.append(text)
        else:
            uses.setdefault(citation, []).append("the recipe as a whole")
    return _text(f"the recipe {chosen.name}", uses, others)


def _uses(kinds: Iterable[type[Heuristic]]) -> dict[Citation, list[str]]:
    """Publications, each with what it is for."""
    uses: dict[Citation, list[str]] = {}
    for kind in kinds:
        for source in kind.card.sources:
            use = f"{kind.name}: {source.where}" if source.where else kind.name
            uses.setdefault(source.citation, []).append(use)
    return uses


def _text(subject: str, uses: dict[Citation, list[str]], others: Iterable[str]) -> str:
    count = things(len(uses), "publication")
    head = [
        _comment(f"{count} that {subject} comes from"),
        *(_comment(f"and not in BibTeX: {text}") for text in others),
    ]
    blocks = ["\n".join(head)]
    for citation in sorted(uses, key=lambda each: each.key):
        blocks.append("\n".join([*(_comment(f"for {use}") for use in dict.fromkeys(uses[citation])), citation.bibtex]))
    return "\n\n".join(blocks)


def _comment(text: str) -> str:
    # BibTeX knows no comments: it skips what is outside entries, and an at sign begins one
    return "% " + " ".join(text.replace("@", " at ").split())

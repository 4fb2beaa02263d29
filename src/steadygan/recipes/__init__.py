"""The recipes that come with the package, and those in files."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from steadygan.errors import SteadyganError, nearest, sentence
from steadygan.files import LARGEST_RECIPE, UnreadableFileError, read_text
from steadygan.heuristics.catalogue import heuristic_class
from steadygan.recipe import Recipe, validated
from steadygan.recipe_files import recipe_names, recipe_text

__all__ = ["is_packaged", "parse", "recipe", "recipe_names"]


def recipe(name: str | Path) -> Recipe:
    """A recipe by name, or from a TOML file.

    Args:
        name: ``naive``, ``dcgan``, ``dcgan-hacks``, ``steady``; or the path of a ``.toml`` file.

    Raises:
        SteadyganError: when there is none, or the file is no recipe.
    """
    text = str(name)
    if text in recipe_names():
        return parse(recipe_text(text), text)
    if text.endswith(".toml") or Path(text).is_file():
        try:
            return parse(read_text(Path(text), LARGEST_RECIPE), text)
        except (FileNotFoundError, UnreadableFileError) as error:
            reason = error.strerror if isinstance(error, OSError) else error.reason
            raise SteadyganError(f"Cannot read the recipe '{text}': {reason}; give a TOML file") from None
    raise SteadyganError(f"There is no recipe '{text}'; {nearest(text, recipe_names())}")


def is_packaged(trained: Recipe) -> bool:
    """Whether it trains what the package's recipe of its name does; what waits there for the data does not count."""
    if trained.name not in recipe_names():
        return False
    own = recipe(trained.name)
    return (trained.heuristics, trained.settings, trained.network) == (own.heuristics, own.settings, own.network)


def parse(text: str, where: str) -> Recipe:
    """A recipe from TOML.

    Args:
        text: the TOML.
        where: what to call it in an error.

    Raises:
        SteadyganError: in one sentence, with ``where``.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SteadyganError(f"The recipe '{where}' is not TOML: {error}") from None
    except (ValueError, RecursionError):
        raise SteadyganError(
            f"The recipe '{where}' holds a number of too many digits or too deep a nesting; mend the file"
        ) from None
    chosen = table.pop("heuristics", {})
    if not isinstance(chosen, dict) or not all(isinstance(parameters, dict) for parameters in chosen.values()):
        raise SteadyganError(f"The recipe '{where}': write each heuristic as a table, such as [heuristics.adam]")
    try:
        heuristics = tuple(validated(heuristic_class(name), parameters) for name, parameters in chosen.items())
        return Recipe(**{"name": Path(where).stem, **table, "heuristics": heuristics})
    except ValidationError as error:
        raise SteadyganError(f"The recipe '{where}': {sentence(error, 'recipe', Recipe.model_fields)}") from None
    except SteadyganError as error:
        raise SteadyganError(f"The recipe '{where}': {error}") from None

"""What a shell offers when a name is begun and Tab is pressed: names of recipes and heuristics, without PyTorch."""

from contextlib import suppress

from steadygan.cards.lists import listed_heuristics
from steadygan.errors import SteadyganError
from steadygan.recipe_files import recipe_names


def complete_recipe(incomplete: str) -> list[str]:
    """The names of recipes that begin so; where there is none the shell offers files.

    Args:
        incomplete: the beginning of a name.
    """
    return [name for name in recipe_names() if name.startswith(incomplete)]


def complete_heuristic(incomplete: str) -> list[str]:
    """The names of heuristics that begin so.

    Args:
        incomplete: the beginning of a name.
    """
    # what is wrong with an installed package is said by the command itself: here it would break into a line being typed
    with suppress(SteadyganError):
        return [each.name for each in listed_heuristics() if each.name.startswith(incomplete)]
    return []


def complete_citable(incomplete: str) -> list[str]:
    """The names of recipes and heuristics that begin so.

    Args:
        incomplete: the beginning of a name.
    """
    return [*complete_recipe(incomplete), *complete_heuristic(incomplete)]

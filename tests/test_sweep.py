"""Every recipe with and without every heuristic, and every pair by itself, trained: ``make sweep``.

``make test`` leaves it out: :mod:`tests.test_pairs` trains a few recipes that hold the same pairs. Each test trains a
share of the combinations and names every one that fails.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations

import pytest

from steadygan.data import Prepared
from steadygan.errors import SteadyganError
from steadygan.recipe import Recipe
from steadygan.recipes import recipe, recipe_names
from tests import tiny
from tests.everything import needed
from tests.pairs import BASES, NAMES, base, failures

PARTS = 24
Named = tuple[str, Recipe]
pytestmark = pytest.mark.sweep


def _composed(chosen: Recipe, changes: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]) -> Iterator[Named]:
    """What composes of these changes, each with a name; :mod:`tests.test_pairs` looks at what is refused."""
    for add, remove in changes:
        words = [f"plus {' and '.join(add)}"] * bool(add) + [f"minus {' and '.join(remove)}"] * bool(remove)
        try:
            yield f"{chosen.name} {' '.join(words)}", chosen.change(add=add, remove=remove)
        except SteadyganError:
            continue


def _assert_all_train(recipes: Iterable[Named], data: Prepared) -> None:
    every = list(recipes)
    found = failures(every, data)
    assert not found, f"{len(found)} of {len(every)} do not train:\n" + "\n".join(found)


@pytest.mark.parametrize("name", recipe_names())
@pytest.mark.parametrize("what", ["with", "without"])
def test_a_recipe_with_and_without_every_heuristic_trains(name: str, what: str) -> None:
    """Recipes see grey and colour images in turn."""
    channels = 3 if recipe_names().index(name) % 2 else 1
    changes = [((each,), ()) if what == "with" else ((), (each,)) for each in NAMES]
    _assert_all_train(_composed(recipe(name), changes), tiny.images(channels=channels))


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", BASES)
def test_every_pair_trains(name: str, part: int) -> None:
    chosen, data, names = base(name)
    pairs = list(combinations(names, 2))[part::PARTS]
    _assert_all_train(_composed(chosen, ((needed(*pair), ()) for pair in pairs)), data)

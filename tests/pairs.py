"""Pairs of heuristics: which go together, and a few recipes that hold every pair that does (a covering array).

Most defects of combinations are defects of two, and a recipe of twenty heuristics tries 190 pairs at once. ``make
sweep`` trains every pair by itself, which takes longer and says which pair it was.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import combinations

import torch

from steadygan.data import Prepared
from steadygan.errors import SteadyganError
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.recipe import Recipe
from steadygan.recipes import recipe
from steadygan.settings import TrainingSettings
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.state import TrainingState
from steadygan.training.step import step
from tests import tiny
from tests.everything import needed, quick

NAMES = tuple(kind.name for kind in BUILT_IN)
BASES = ("dcgan, images", "naive, images", "naive, vectors")
STEPS = 3
Pair = frozenset[str]


def base(name: str) -> tuple[Recipe, Prepared, tuple[str, ...]]:
    """A recipe to which pairs are added, data for it, and the heuristics that make sense for such data."""
    of, kind = name.split(", ")
    if kind == "vectors":
        return (
            recipe(of).for_vectors()[0],
            tiny.vectors(),
            tuple(each.name for each in BUILT_IN if not each.images_only),
        )
    return recipe(of), tiny.images(), NAMES


# --- training


def trained(chosen: Recipe, data: Prepared) -> TrainingState:
    """A small game after a few steps."""
    torch.manual_seed(0)
    chosen = chosen.change(values={"batch": tiny.BATCH, "width": 2})
    training = TrainingSettings(device="cpu", precision="fp32")
    state, _ = new_players(chosen, data, CustomNetworks(), torch.device("cpu"), training)
    for _ in range(STEPS):
        step(state)
    return state


def assert_sound(state: TrainingState) -> None:
    """Every weight and every measurement is a finite number."""
    for player, network in state.networks.items():
        assert all(bool(torch.isfinite(tensor).all()) for tensor in network.state_dict().values()), player
    row = state.record.row()
    assert row["not_finite"] == 0
    assert all(value is None or math.isfinite(value) for value in row.values())


def failures(recipes: Iterable[tuple[str, Recipe]], data: Prepared) -> list[str]:
    """Every recipe that does not train, by name, with the reason.

    Args:
        recipes: each with a name; their parameters become ones with which every heuristic takes part in a few steps.
        data: for all of them.
    """
    found = []
    for name, chosen in recipes:
        try:
            assert_sound(trained(quick(chosen), data))
        except Exception as error:  # whatever it is: the others are tried too
            found.append(f"{name}: {type(error).__name__}: {' '.join(str(error).split())[:300]}")
    return found


# --- the covering array


def held(chosen: Recipe) -> frozenset[str]:
    """The names of a recipe's heuristics."""
    return frozenset(each.name for each in chosen.heuristics)


def pairs_of(names: Iterable[str]) -> Iterator[Pair]:
    """Every pair of these."""
    return map(frozenset, combinations(names, 2))


@cache
def outcomes(name: str) -> dict[tuple[str, str], Recipe | SteadyganError]:
    """Every pair with the recipe that a base becomes by it and what it needs, or with why it does not compose."""
    chosen, _, names = base(name)
    return {pair: _outcome(chosen, needed(*pair)) for pair in combinations(names, 2)}


def _outcome(chosen: Recipe, add: Iterable[str]) -> Recipe | SteadyganError:
    try:
        return chosen.change(add=add)
    except SteadyganError as refusal:
        return refusal.with_traceback(None)


@cache
def composable(name: str) -> frozenset[Pair]:
    """The pairs that stand beside each other in a base, with what they need."""
    return frozenset(
        frozenset(pair)
        for pair, found in outcomes(name).items()
        if isinstance(found, Recipe) and held(found).issuperset(pair)
    )


@cache
def covering_array(name: str) -> tuple[Recipe, ...]:
    """Recipes made of a base that together hold every pair that composes there.

    Each begins with a pair that no recipe holds yet, and takes in the heuristic that makes the most new pairs with what
    it has, until none makes any.
    """
    chosen, _, names = base(name)
    left = {*composable(name)}
    found = []
    while left:
        first = min(left, key=sorted)
        found.append(_filled(chosen.change(add=needed(*sorted(first))), names, left, composable(name)))
        left -= {*pairs_of(held(found[-1]))}
    return tuple(found)


def _filled(chosen: Recipe, names: tuple[str, ...], left: set[Pair], allowed: frozenset[Pair]) -> Recipe:
    """The recipe with every heuristic that goes with it and is in a pair with one of it that is left."""
    tried = {*held(chosen)}
    while gains := _gains(held(chosen), {*names} - tried, left, allowed):
        name = max(sorted(gains), key=gains.__getitem__)
        tried.add(name)
        try:
            larger = chosen.change(add=needed(name))
        except SteadyganError:
            continue
        if held(chosen) <= held(larger):  # it took nobody's place
            chosen = larger
    return chosen


def _gains(present: frozenset[str], others: set[str], left: set[Pair], allowed: frozenset[Pair]) -> Counter[str]:
    """How many pairs that are left each of the others makes with those present; only those that go with all of them."""
    fitting = {name for name in others if all(frozenset((name, each)) in allowed for each in present)}
    return +Counter({name: sum(frozenset((name, each)) in left for each in present) for name in fitting})

"""Every heuristic in every recipe, and every pair: it composes or is refused; and what composes trains.

Composing is asked of each pair alone, training of recipes that together hold every pair. ``make sweep`` trains each
pair alone as well (:mod:`tests.test_sweep`).
"""

from collections import Counter
from collections.abc import Callable
from itertools import combinations

import pytest
import torch

from steadygan.errors import SteadyganError
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.catalogue import BUILT_IN, heuristic_class
from steadygan.heuristics.composition import replaces
from steadygan.recipe import Recipe
from steadygan.recipes import recipe, recipe_names
from steadygan.training.state import TrainingState
from tests import pairs
from tests.everything import needed
from tests.pairs import BASES, NAMES, assert_sound, base, composable, covering_array, failures, held, outcomes, pairs_of

PARTS = 4
"""In which the recipes of a covering array are trained, so that several processes may share them."""
Change = tuple[str, ...]
pytestmark = pytest.mark.no_cover


# --- composing


def _outcome(chosen: Recipe, add: Change, remove: Change) -> str:
    found: Recipe | SteadyganError
    try:
        found = chosen.change(add=add, remove=remove)
    except SteadyganError as refusal:
        found = refusal
    return _judged(found, chosen, add, remove)


def _judged(found: Recipe | SteadyganError, chosen: Recipe, add: Change, remove: Change) -> str:
    if isinstance(found, SteadyganError):
        _assert_refusal(found, (*add, *remove), chosen)
        return "refused"
    assert not held(found) & {*remove}
    assert held(found).issuperset(add) or any(_one_place(*pair) for pair in combinations(add, 2))
    return "composed"


def _assert_refusal(refusal: SteadyganError, named: Change, chosen: Recipe) -> None:
    """One sentence; it names a piece that was asked for, and the piece that it clashes with or misses."""
    text = str(refusal)
    quoted = {name for name in NAMES if f"'{name}'" in text}
    offered = {name for name in NAMES if f"--with {name}" in text}
    assert quoted <= held(chosen) | {*named}, text
    assert quoted & {*named} or offered & {*named}, text
    assert len(quoted | offered) >= 2, text
    assert "\n" not in text
    assert len(text) < 300


def _one_place(one: str, other: str) -> bool:
    """Whether the second of the names replaces the first."""
    return replaces(heuristic_class(other)(), heuristic_class(one)())


def _say(counts: Counter[tuple[str, str]], title: str, say: Callable[[str], None]) -> None:
    """Print how many composed and how many were refused, by slot."""
    kinds = sorted({kind for kind, _ in counts})
    lines = [f"{kind}: {counts[kind, 'composed']} composed, {counts[kind, 'refused']} refused" for kind in kinds]
    whole = {what: sum(n for (_, each), n in counts.items() if each == what) for what in ("composed", "refused")}
    say(
        f"{title}: {whole['composed']} composed, {whole['refused']} refused\n"
        + "\n".join(f"  {line}" for line in lines)
    )


def test_every_recipe_with_and_without_every_heuristic_composes_or_is_refused(say: Callable[[str], None]) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for name in recipe_names():
        for heuristic in NAMES:
            counts["plus", _outcome(recipe(name), (heuristic,), ())] += 1
            counts["minus", _outcome(recipe(name), (), (heuristic,))] += 1
    _say(counts, "recipes with one heuristic more or less", say)
    assert counts["plus", "composed"] > counts["plus", "refused"] > 0


@pytest.mark.parametrize("name", BASES)
def test_every_pair_composes_or_is_refused(name: str, say: Callable[[str], None]) -> None:
    """What a pair needs is put in before it; vectors get the pairs that make sense there."""
    chosen, _, names = base(name)
    counts: Counter[tuple[str, str]] = Counter()
    for pair, found in outcomes(name).items():
        slots = " + ".join(sorted(heuristic_class(each).slot.value for each in pair))
        counts[slots, _judged(found, chosen, needed(*pair), ())] += 1
    _say(counts, f"pairs on {name}", say)
    assert sum(counts.values()) == len(names) * (len(names) - 1) // 2
    assert any(what == "refused" for _, what in counts)


# --- training


@pytest.mark.parametrize("name", BASES)
def test_every_pair_that_composes_is_in_a_recipe_of_the_covering_array(name: str, say: Callable[[str], None]) -> None:
    array, wanted = covering_array(name), composable(name)
    covered = {pair for chosen in array for pair in pairs_of(held(chosen))}
    assert wanted <= covered
    sizes = [len(held(chosen)) for chosen in array]
    say(f"{len(array)} recipes of {min(sizes)} to {max(sizes)} heuristics hold the {len(wanted)} pairs of {name}")
    assert len(array) < len(wanted) / 20  # otherwise it would be no help


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", BASES)
def test_recipes_that_hold_every_pair_train(name: str, part: int) -> None:
    recipes = [(" + ".join(sorted(held(chosen))), chosen) for chosen in covering_array(name)[part::PARTS]]
    assert failures(recipes, base(name)[1]) == []


@pytest.mark.parametrize("pair", [("r1", "instance-noise"), ("packing", "ema"), ("lookahead", "top-k")])
def test_a_pair_that_ruins_weights_is_found(pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of its recipes it comes up in; a check that never fails would prove nothing."""

    def ruinous(state: TrainingState) -> None:
        if held(state.recipe).issuperset(pair):
            with torch.no_grad():
                next(next(iter(state.networks.values())).parameters()).view(-1)[0] = torch.nan

    monkeypatch.setattr(pairs, "step", ruinous)
    array = covering_array("dcgan, images")
    guilty = [str(place) for place, chosen in enumerate(array) if held(chosen).issuperset(pair)]
    found = failures(((str(place), chosen) for place, chosen in enumerate(array)), base("dcgan, images")[1])
    assert guilty
    assert [each.partition(":")[0] for each in found] == guilty


# --- vectors


@pytest.mark.parametrize("kind", BUILT_IN, ids=NAMES)
def test_every_heuristic_alone_is_fitted_to_vectors(kind: type[Heuristic]) -> None:
    fitted, out = recipe("naive").change(add=needed(kind.name)).for_vectors()
    assert fitted.network == "mlp"
    assert (kind.name in out) is kind.images_only
    assert fitted.has(kind.name) is not kind.images_only


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_fitted_to_vectors_and_trains(name: str) -> None:
    fitted, out = recipe(name).for_vectors()
    assert held(fitted).isdisjoint(out)
    assert_sound(pairs.trained(fitted, base("naive, vectors")[1]))

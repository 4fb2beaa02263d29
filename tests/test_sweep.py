"""Every recipe with and without every heuristic, and every pair: it composes and trains, or it is refused."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations

import pytest
import torch

from steadygan.data import Prepared
from steadygan.errors import SteadyganError
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.catalogue import CATALOGUE, heuristic_class
from steadygan.heuristics.composition import replaces
from steadygan.recipe import Recipe
from steadygan.recipes import recipe, recipe_names
from steadygan.training.game import Game
from steadygan.training.session import Own, new_players
from steadygan.training.settings import TrainingSettings
from steadygan.training.step import step
from tests import tiny
from tests.everything import needed, quick

NAMES = tuple(kind.name for kind in CATALOGUE)
Change = tuple[str, ...]
STEPS = 3


def _trained(chosen: Recipe, data: Prepared) -> Game:
    torch.manual_seed(0)
    chosen = chosen.change(values={"batch": tiny.BATCH, "width": 2})
    training = TrainingSettings(device="cpu", precision="fp32")
    game, _ = new_players(chosen, data, Own(), torch.device("cpu"), training)
    for _ in range(STEPS):
        step(game)
    return game


def _assert_sound(game: Game) -> None:
    for player, network in game.networks.items():
        assert all(bool(torch.isfinite(tensor).all()) for tensor in network.state_dict().values()), player
    row = game.record.row()
    assert row["not_finite"] == 0
    assert all(value is None or math.isfinite(value) for value in row.values())


def _assert_refusal(refusal: SteadyganError, named: Change, base: Recipe) -> None:
    """One sentence; it names a piece that was asked for, and the piece that it clashes with or misses."""
    text = str(refusal)
    present = {each.name for each in base.heuristics}
    quoted = {name for name in NAMES if f"'{name}'" in text}
    offered = {name for name in NAMES if f"--with {name}" in text}
    assert quoted <= present | {*named}, text
    assert quoted & {*named} or offered & {*named}, text
    assert len(quoted | offered) >= 2, text
    assert "\n" not in text
    assert len(text) < 300


def _singles() -> Iterator[tuple[str, Change, Change]]:
    """Recipe, what is put in, what is taken out."""
    for name in recipe_names():
        for heuristic in NAMES:
            yield name, (heuristic,), ()
            yield name, (), (heuristic,)


def _outcome(base: Recipe, add: Change, remove: Change, data: Prepared) -> str:
    try:
        chosen = base.change(add=add, remove=remove)
    except SteadyganError as refusal:
        _assert_refusal(refusal, (*add, *remove), base)
        return "refused"
    present = {each.name for each in chosen.heuristics}
    assert not present & {*remove}
    assert {*add} <= present or any(_one_place(*pair) for pair in combinations(add, 2))
    _assert_sound(_trained(quick(chosen), data))
    return "composed"


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


def test_every_recipe_with_and_without_every_heuristic(say: Callable[[str], None]) -> None:
    """Recipes see grey and colour images in turn."""
    counts: Counter[tuple[str, str]] = Counter()
    channels = {name: 3 if place % 2 else 1 for place, name in enumerate(recipe_names())}
    for name, add, remove in _singles():
        kind = "plus" if add else "minus"
        with _named(name, add, remove):
            counts[kind, _outcome(recipe(name), add, remove, tiny.images(channels=channels[name]))] += 1
    _say(counts, "recipes with one heuristic more or less", say)
    assert counts["plus", "composed"] > counts["plus", "refused"] > 0


@pytest.mark.parametrize(("name", "kind"), [("naive", "images"), ("dcgan", "images"), ("naive", "vectors")])
def test_every_pair(name: str, kind: str, say: Callable[[str], None]) -> None:
    """What a pair needs is put in before it; vectors get the pairs that make sense there."""
    images = kind == "images"
    data = tiny.images() if images else tiny.vectors()
    base = recipe(name) if images else recipe(name).for_vectors()[0]
    names = [each.name for each in CATALOGUE if images or not each.images_only]
    counts: Counter[tuple[str, str]] = Counter()
    for pair in combinations(names, 2):
        slots = " + ".join(sorted(heuristic_class(each).slot.value for each in pair))
        with _named(base.name, pair, ()):
            counts[slots, _outcome(base, needed(*pair), (), data)] += 1
    _say(counts, f"pairs on {name}, {kind}", say)
    assert sum(counts.values()) == len(names) * (len(names) - 1) // 2
    assert any(what == "refused" for _, what in counts)


@contextmanager
def _named(name: str, add: Change, remove: Change) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise AssertionError(f"{name} plus {add} minus {remove}: {type(error).__name__}: {error}") from error


@pytest.mark.parametrize("kind", CATALOGUE, ids=NAMES)
def test_every_heuristic_alone_is_fitted_to_vectors_and_trains(kind: type[Heuristic]) -> None:
    base = recipe("naive")
    fitted, out = base.change(add=needed(kind.name)).for_vectors()
    assert fitted.network == "mlp"
    assert (kind.name in out) is kind.images_only
    assert fitted.has(kind.name) is not kind.images_only
    _assert_sound(_trained(fitted, tiny.vectors()))


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_fitted_to_vectors_and_trains(name: str) -> None:
    fitted, out = recipe(name).for_vectors()
    assert {each.name for each in fitted.heuristics}.isdisjoint(out)
    _assert_sound(_trained(fitted, tiny.vectors()))

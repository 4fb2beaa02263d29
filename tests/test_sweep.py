"""Every recipe with and without every heuristic, and every pair: it composes and trains, or it is refused."""

import math
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import pytest
import torch

from steadygan.data import Prepared
from steadygan.errors import SteadyganError
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.catalogue import CATALOGUE
from steadygan.networks import build
from steadygan.recipe import Recipe, recipe, recipe_names
from steadygan.training.game import Game, new_game
from steadygan.training.scaling import scaling_for
from steadygan.training.step import step
from tests import tiny

NAMES = tuple(kind.name for kind in CATALOGUE)
Change = tuple[str, ...]


def _trained_one_step(chosen: Recipe, data: Prepared) -> Game:
    torch.manual_seed(0)
    chosen = chosen.change(values={"batch": tiny.BATCH, "width": 2})
    networks = build(chosen.network, chosen.blueprint, data.shape, chosen.latent.dimension, chosen.settings.width)
    scaling = scaling_for(data, chosen.blueprint.image_range)
    game = new_game(chosen, data, networks, scaling, torch.device("cpu"), "fp32", 0)
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


def _changes() -> Iterator[tuple[str, Change, Change]]:
    """Recipe, what is put in, what is taken out."""
    for name in recipe_names():
        for heuristic in NAMES:
            yield name, (heuristic,), ()
            yield name, (), (heuristic,)
    for name in ("naive", "dcgan"):
        for pair in combinations(NAMES, 2):
            yield name, pair, ()


def _outcome(name: str, add: Change, remove: Change, data: Prepared) -> str:
    base = recipe(name)
    try:
        chosen = base.change(add=add, remove=remove)
    except SteadyganError as refusal:
        _assert_refusal(refusal, (*add, *remove), base)
        return "refused"
    present = {each.name for each in chosen.heuristics}
    assert not present & {*remove}
    assert {*add} & present == {*add} or _one_slot(*add)
    _assert_sound(_trained_one_step(chosen, data))
    return "composed"


def _one_slot(*names: str) -> bool:
    """Whether the last of the names replaces the one before."""
    kinds = [next(kind for kind in CATALOGUE if kind.name == name) for name in names]
    return len(names) == 2 and kinds[0].slot is kinds[1].slot and kinds[0].slot.holds_one


@pytest.mark.parametrize("channels", [1, 3])
def test_everything_composes_or_is_refused(channels: int, capsys: pytest.CaptureFixture[str]) -> None:
    data = tiny.images(channels=channels)
    counts: Counter[tuple[str, str]] = Counter()
    for name, add, remove in _changes():
        kind = "pairs" if len(add) == 2 else "plus" if add else "minus"
        try:
            counts[kind, _outcome(name, add, remove, data)] += 1
        except Exception as error:
            raise AssertionError(f"{name} plus {add} minus {remove}: {type(error).__name__}: {error}") from error
    with capsys.disabled():
        print(
            f"\n{channels} channels: " + ", ".join(f"{kind} {what} {n}" for (kind, what), n in sorted(counts.items()))
        )
    assert counts["pairs", "composed"] > counts["pairs", "refused"] > 0
    assert counts["plus", "refused"] > 0


@pytest.mark.parametrize("kind", CATALOGUE, ids=NAMES)
def test_every_heuristic_alone_is_fitted_to_vectors_and_trains(kind: type[Heuristic]) -> None:
    base = recipe("naive")
    needs = kind.card.needs[:1]
    fitted, out = base.change(add=(*needs, kind.name)).for_vectors()
    assert fitted.network == "mlp"
    assert (kind.name in out) is kind.images_only
    assert fitted.has(kind.name) is not kind.images_only
    _assert_sound(_trained_one_step(fitted, tiny.vectors()))


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_fitted_to_vectors_and_trains(name: str) -> None:
    fitted, out = recipe(name).for_vectors()
    assert {each.name for each in fitted.heuristics}.isdisjoint(out)
    _assert_sound(_trained_one_step(fitted, tiny.vectors()))

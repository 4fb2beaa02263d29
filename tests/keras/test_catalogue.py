"""Every heuristic of the catalogue in compiled steps: the package's own values, or a refusal in one sentence."""

import re
from functools import cache
from pathlib import Path

import pytest

keras = pytest.importorskip("keras")

import steadygan.keras as sgk
from steadygan.errors import SteadyganError
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.recipe import Recipe
from tests import tiny
from tests.everything import needed, quick
from tests.keras.parity import Pair, largest_difference

PAGE = Path(__file__).parents[2] / "docs" / "keras.md"
BACKENDS = ("tensorflow", "jax", "torch")
COLUMN = BACKENDS.index(keras.backend.backend())
BASES = ("dcgan", "naive")
DRAWN_BY_LAYERS = ("generator-dropout", "generator-noise")
"""Whose random numbers are those of layers and not of the step; tests/keras/layers has their distribution."""
EPSILON = 1e-3
"""Of Adam, which divides by the size of a gradient: with a large one, what is 0 but for rounding moves nothing."""
AT_LEAST = 45
AT_ONCE = 8
"""Heuristics in a group: a step with many takes long to compile, and hides which of them is wrong."""
CLOSE = 5e-6
"""Relative to the larger of 1 and the value: rounding of fp32 after some steps of networks with a few weights."""


def table() -> dict[str, list[str]]:
    """What docs/keras.md says of each heuristic, by backend."""
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows}


def runs(name: str) -> bool:
    return table()[name][COLUMN] == "yes"


def small(base: str) -> Recipe:
    chosen = tiny.small(base, batch=8, width=4).with_("uniform-latent", dimension=8)
    return chosen.with_("adam", eps=EPSILON)


def with_it(name: str) -> Recipe:
    """A small recipe with this heuristic."""
    for base in BASES:
        try:
            return with_more(small(base), name)
        except SteadyganError:
            continue
    raise AssertionError(f"'{name}' fits into none of {', '.join(BASES)}")


def with_more(chosen: Recipe, name: str) -> Recipe:
    """The recipe with one more heuristic, what that needs, and parameters that reach all of it in a few steps."""
    larger = quick(chosen.change(add=needed(name)))
    return larger.set("extra-adam.eps", EPSILON) if larger.has("extra-adam") else larger


@cache
def groups() -> list[tuple[str, ...]]:
    """The heuristics that run, in groups that go together."""
    left = [name for name in table() if runs(name) and name not in DRAWN_BY_LAYERS]
    found = []
    while left:
        chosen, taken = with_it(left[0]), [left[0]]
        for name in left[1:]:
            if len(taken) == AT_ONCE:
                break
            try:
                larger = with_more(chosen, name)
            except SteadyganError:
                continue
            if all(larger.has(each) for each in taken) and not larger.idle_heuristics:
                chosen, taken = larger, [*taken, name]
        left = [name for name in left if name not in taken]
        found.append(tuple(taken))
    return found


def recipe_of(names: tuple[str, ...]) -> Recipe:
    chosen = with_it(names[0])
    for name in names[1:]:
        chosen = with_more(chosen, name)
    return chosen


def assert_same(chosen: Recipe, steps: int) -> None:
    """Compare every measurement and every weight with the package's."""
    pair = Pair(chosen, classes=3 if chosen.asks_for_labels else 0)
    for at in range(steps):
        assert largest_difference(pair.package_step(at), pair.keras_step(at)) < CLOSE
    assert pair.weight_difference() < CLOSE


def train(chosen: Recipe) -> None:
    gan = sgk.GAN(chosen, (8, 8, 3), classes=3)
    data = tiny.images(8 * gan.batches_per_step, 8, 3)
    gan.train_on_batch(data.images, data.labels)


def test_the_table_has_every_heuristic_and_enough_of_them_run() -> None:
    assert list(table()) == [kind.name for kind in BUILT_IN]
    assert sum(runs(name) for name in table() if name not in DRAWN_BY_LAYERS) >= AT_LEAST


@pytest.mark.parametrize("index", range(20))
def test_groups_of_heuristics_compute_what_they_do_by_themselves(index: int) -> None:
    if index >= len(groups()):
        pytest.skip("there are fewer groups")
    assert_same(recipe_of(groups()[index]), steps=3)


@pytest.mark.sweep
@pytest.mark.parametrize("name", [kind.name for kind in BUILT_IN])
def test_each_heuristic_computes_what_it_does_by_itself(name: str) -> None:
    if name in DRAWN_BY_LAYERS or not runs(name):
        pytest.skip("its numbers are drawn by layers" if runs(name) else "it does not run here")
    assert_same(with_it(name), steps=4)


@pytest.mark.parametrize("name", DRAWN_BY_LAYERS)
def test_heuristics_whose_layers_draw_train(name: str) -> None:
    pair = Pair(with_it(name))
    assert set(pair.package_step(0)) <= set(pair.keras_step(0))


@pytest.mark.parametrize("name", [kind.name for kind in BUILT_IN])
def test_what_does_not_run_is_refused_in_a_sentence_that_names_it(name: str) -> None:
    if runs(name):
        pytest.skip("it runs")
    with pytest.raises(SteadyganError) as refused:
        train(with_it(name))
    said = str(refused.value)
    assert f"'{name}'" in said
    assert "steadygan.train" in said
    assert said.count("\n") == 0
    assert table()[name][COLUMN] in said

"""A step is quick, and computes what the slow way computes: the same maths by PyTorch's own layers.

After each step every measurement is compared (losses, penalties, logits, gradient norms), every gradient, and every
weight and buffer of both networks and of the average.

In float64 nothing but its rounding is left, which hides no other maths. A measurement or a gradient is a sum of n
numbers, off by at most n * 1.1e-16 times the sum of their sizes: below 1e-12 for networks as small as these, and 1e-10
leaves room for batch norm, which divides by small deviations. Adam divides a gradient by its own size, so that one that
is nothing but rounding, such as that of a bias before a batch norm, counts: with the recipes' eps of 1e-8 an error of
1e-14 moves a weight by 1e-6 of a step.

In float32 a unit may fall on the other side of its rectifier's kink, so that no bound on single numbers holds on every
processor. There gradients as a whole are compared: one such unit among hundreds turns them a little, a mistake a lot.
"""

from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

from steadygan.heuristics.updates import Adam
from steadygan.layers.kernels import im2col, tuning
from steadygan.recipe import Recipe
from steadygan.recipes import recipe_names
from steadygan.vocabulary import Player
from tests import tiny
from tests.eager import State, farthest, played

pytestmark = pytest.mark.no_cover
BATCH = 6
EPS = 1e-4
CLOSE = 1e-10
"""How far a measurement may be off, and a gradient beside its player's largest."""
STEP = 1e-6
"""How far a weight may be off, beside the learning rate, which is the longest step."""
TURNED = 0.1
"""In float32: how long the difference of two gradients may be, beside one of them."""
WAYS = {"convolutions": 2**62, "matrices": 0, "whatever is quicker": None}
"""Weights for each position from which on a convolution becomes a product of matrices; None for the package's own."""


def _go(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """Have convolutions of kernel 4 computed in this way, whatever their size."""
    ratio = WAYS[way]
    if ratio is not None:
        always = dict.fromkeys((torch.float32, torch.float64), ratio)
        monkeypatch.setattr(tuning, "THRESHOLDS", dict.fromkeys(tuning.THRESHOLDS, tuning.Thresholds(always, always)))
        monkeypatch.setattr(im2col, "FEW_CHANNELS", 0)  # nor any third way


def _recipe(name: str, kind: torch.dtype) -> Recipe:
    chosen = tiny.small(name, batch=BATCH)
    lazy = [each.name for each in chosen.heuristics if each.name in ("r1", "r2")]
    chosen = chosen.change(values={f"{each}.every": 2 for each in lazy})  # steps with the penalty and one without
    if chosen.has("minibatch-discrimination"):
        chosen = chosen.set("minibatch-discrimination.kernels", 4)
    return chosen if kind is torch.float64 else chosen.with_(_adam(chosen).model_copy(update={"eps": EPS}))


def _adam(chosen: Recipe) -> Adam:
    one, other = (chosen.update(player) for player in Player)
    assert one == other
    assert isinstance(one, Adam)
    return one


@cache
def _slow(name: str, kind: torch.dtype) -> list[State]:
    return played(_recipe(name, kind), kind, slow=True)


def _differences(name: str) -> list[str]:
    """Where the steps of a recipe differ from the slow way by more than float64's rounding."""
    kind = torch.float64
    chosen, found = _recipe(name, kind), []
    for place, (ours, truth) in enumerate(zip(played(chosen, kind), _slow(name, kind), strict=True), start=1):
        off = {"measurements": farthest(ours.row, truth.row) / max(1.0, *truth.row.values()) / CLOSE}
        for player in Player:
            mine, theirs = (_of(player, each.gradients) for each in (ours, truth))
            largest = max(float(each.abs().max()) for each in theirs.values())
            off[f"{player.value}'s gradients"] = farthest(mine, theirs) / largest / CLOSE
        off["weights"] = farthest(ours.weights, truth.weights) / _adam(chosen).lr / STEP
        found += [f"step {place}: {what} {times:.1e} times too far" for what, times in off.items() if not times < 1]
    return found


def _of(player: Player, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: each for name, each in tensors.items() if name.startswith(player.value)}


def _flat(tensors: dict[str, Tensor]) -> Tensor:
    return torch.cat([each.flatten() for each in tensors.values()])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_takes_the_steps_of_the_slow_way(name: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _go(monkeypatch, way)
    assert _differences(name) == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["conditional", "dcgan", "steady"])
def test_gradients_in_float32_are_nearly_those_of_the_slow_way(
    name: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _go(monkeypatch, way)
    kind = torch.float32
    ours, truth = played(_recipe(name, kind), kind)[0].gradients, _slow(name, kind)[0].gradients
    for player in Player:
        mine, theirs = (_flat(_of(player, each)) for each in (ours, truth))
        assert float(theirs.norm()) > 0
        assert float((mine - theirs).norm()) < TURNED * float(theirs.norm())


@pytest.mark.parametrize(
    ("operation", "way"),
    [
        ("strided_convolution", "matrices"),
        ("transposed_convolution", "matrices"),
        ("weight_gradient", "matrices"),
        ("transposed_convolution_to_few_channels", "whatever is quicker"),
    ],
)
def test_a_small_mistake_in_any_other_way_is_found(operation: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _go(monkeypatch, way)
    right = getattr(im2col, operation)

    def wrong(*operands: Any) -> Any:
        return right(*operands) * (1 + 1e-3)

    monkeypatch.setattr(im2col, operation, wrong)
    assert _differences("steady") != []


@pytest.mark.parametrize(
    ("name", "key", "share"), [("steady", "r2.gamma", 1.01), ("dcgan", "adam.lr", 1.02), ("steady", "ema.ramp_up", 1.2)]
)
def test_a_small_mistake_in_what_is_minimised_or_moved_is_found(
    name: str, key: str, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = _recipe

    def wrong(name: str, kind: torch.dtype) -> Recipe:
        chosen = right(name, kind)
        heuristic, _, parameter = key.partition(".")
        value = next(each for each in chosen.heuristics if each.name == heuristic).parameters()[parameter]
        return chosen.set(key, float(str(value)) * share)

    _slow(name, torch.float64)  # with the right one
    monkeypatch.setitem(globals(), "_recipe", wrong)
    assert _differences(name) != []

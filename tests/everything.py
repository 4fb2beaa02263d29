"""Recipes that together hold every heuristic of the catalogue: what must hold for all is tested on these."""

from typing import Any

from steadygan.errors import SteadyganError
from steadygan.heuristics.catalogue import BUILT_IN, heuristic_class
from steadygan.recipe import Recipe
from tests import tiny

BASES = ("dcgan", "naive")
QUICK: dict[str, dict[str, Any]] = {
    "past-checkpoints": {"every": 16, "probability": 0.5},
    "lecam": {"start": 0},
    "top-k": {"images": 100},
    "lr-decay": {"images": 400, "floor": 0.1},
    "instance-noise": {"images": 300},
    "adaptive-augment": {"initial": 0.5, "speed": 500},
    "minibatch-discrimination": {"kernels": 4, "dimension": 2},
    "virtual-batch-norm": {"reference": 8},
    "reference-batch-norm": {"reference": 8},
    "label-embedding": {"dimension": 4},
    "r1": {"every": 3},
    "ema": {"half_life": 100},
    "semi-supervised": {"average_half_life": 100},
    "sgd-discriminator": {"momentum": 0.9},
    "unrolled": {"steps": 2},
    "lookahead": {"k": 3},
}
"""Parameters with which a run of a few hundred images reaches every branch."""


def needed(*names: str) -> tuple[str, ...]:
    """The names, after what they need and none of them is: the first of what each card offers."""
    offered = [heuristic_class(name).needs for name in names]
    missing = {needs[0] for needs in offered if needs and not {*names} & {*needs}}
    return (*needed(*sorted(missing)), *names) if missing else names


def covering() -> list[Recipe]:
    """Small recipes of which each heuristic of the catalogue is in at least one: as few as a greedy choice finds."""
    left = [kind.name for kind in BUILT_IN]
    found: list[Recipe] = []
    while left:
        fullest = max((_filled(base, left) for base in BASES), key=lambda chosen: len(_held(chosen, left)))
        taken = _held(fullest, left)
        if not taken:
            raise AssertionError(f"'{left[0]}' fits into none of {', '.join(BASES)}")
        left = [name for name in left if name not in taken]
        found.append(fullest)
    return found


def quick(chosen: Recipe) -> Recipe:
    """The recipe with :data:`QUICK`'s parameters for whatever it has of them."""
    present = {each.name for each in chosen.heuristics} & {*QUICK}
    return chosen.change(values={f"{name}.{key}": value for name in present for key, value in QUICK[name].items()})


def _held(chosen: Recipe, names: list[str]) -> set[str]:
    return {name for name in names if chosen.has(name)}


def _filled(base: str, left: list[str]) -> Recipe:
    """The base with as many of these as go together."""
    chosen = tiny.small(base)
    for name in left:
        held = _held(chosen, left)
        try:
            larger = quick(chosen.change(add=needed(name)))
        except SteadyganError:
            continue
        if held <= _held(larger, left):  # it took nobody's place
            chosen = larger
    return chosen

"""Several processes do what one does with the same batch, whatever the recipe.

Compared in float64. A part of a batch is summed apart and the sums are added, which leaves differences of rounding: a
gradient that is a sum of n numbers is off by at most n * 1.1e-16 times the sum of their sizes, which is below 1e-12 for
networks as small as these. In float32 a unit may fall on the other side of its rectifier's kink, so that there is no
bound that holds on every processor.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from steadygan.errors import SteadyganError
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.recipe import Recipe
from steadygan.recipes import recipe, recipe_names
from tests import everything, tiny
from tests.process_group import run_processes
from tests.process_group_work import all_played
from tests.training import players

BATCH = 8
BASES = ("dcgan", "naive")
EXACT = 1e-10
"""Relative and absolute. With Adam's eps of 1e-4 an error d of a gradient moves a weight by at most lr * d / 1e-4,
which is 10 d; the rest is for steps that build on each other, and for batch norm, which divides by small deviations."""
HALF = 0.02
"""Relative. bfloat16 keeps eight bits, so that each of some five layers rounds by up to 0.4%."""
MANY_STEPS = 20
Games = dict[str, tuple[Any, ...]]


def _base(name: str) -> Recipe:
    # With Adam's usual 1e-8 even a gradient that is nothing but rounding errors would move its weight.
    return tiny.small(name, batch=BATCH).with_("adam", eps=1e-4)


def _heuristics(base: str) -> dict[str, Recipe]:
    """A base with each heuristic that goes with it, and what that needs."""
    found = {}
    for kind in BUILT_IN:
        try:
            found[f"{base} with {kind.name}"] = everything.quick(_base(base).change(everything.needed(kind.name)))
        except SteadyganError:
            continue
    return found


def _covering() -> dict[str, Recipe]:
    """A few recipes that together hold every heuristic."""
    found = {}
    for place, chosen in enumerate(everything.covering()):
        chosen = chosen.set("batch", BATCH)
        found[f"covering {place}"] = chosen if chosen.has("extra-adam") else chosen.with_("adam", eps=1e-4)
    return found


def _mixtures() -> dict[str, Recipe]:
    """What meets in one recipe and might get into each other's way."""
    dcgan = _base("dcgan")
    packs = dcgan.change(["packing", "mixed-batches", "minibatch-stddev", "minibatch-discrimination"])
    drawn = dcgan.change(
        ["generator-dropout", "generator-noise", "consistency", "minibatch-stddev", "vae-hybrid", "normal-latent"]
    )
    labelled = _base("semi-supervised").change(["minibatch-stddev", "adaptive-augment"], ["diff-augment"])
    conditional = _base("conditional").change(
        ["experience-replay", "auxiliary-classifier", "mode-seeking"], ["projection"]
    )
    return {
        "packs in mixed batches": packs,
        "everything drawn, and pairs": everything.quick(drawn),
        "two batches of labelled images": labelled.set("semi-supervised.labelled", 2 * BATCH),
        "labelled images that are no whole batch": labelled.set("semi-supervised.labelled", 12),
        "held-out images": labelled.change(
            values={"adaptive-augment.measured": "held-out", "adaptive-augment.initial": 0.5}
        ),
        "classes": everything.quick(conditional),
        "balanced classes": _base("conditional").set("class_balanced", True),
        "noise in a reference batch": everything.quick(
            _base("naive").change(["virtual-batch-norm", "generator-noise", "generator-dropout", "minibatch-stddev"])
        ),
        "r1, r2 and unrolled": everything.quick(dcgan.change(["r1", "r2", "unrolled", "relativistic"])),
    }


def _exact(recipes: dict[str, Recipe], data: str = "images", own: str = "", steps: int = 3) -> Games:
    """Games in float64."""
    return {name: (each.to_toml(), data, own, "fp64", steps) for name, each in recipes.items()}


def _games() -> Games:
    recipes = {f"recipe {name}": _base(name) for name in recipe_names()}
    games = _exact({**_covering(), **_mixtures(), **recipes})
    games |= _exact(
        {f"vectors, {name}": each.for_vectors()[0].set("batch", BATCH) for name, each in recipes.items()}, "vectors"
    )
    games |= _exact({f"{MANY_STEPS} steps of {name}": _base(name) for name in ("dcgan", "steady")}, steps=MANY_STEPS)
    own = _base("naive").with_("uniform-latent", dimension=players.LATENT)
    kept = everything.quick(own.change(["soft-labels", "top-k", "gradient-penalty", "r1", "lecam"]))
    for judge in ("patches", "dropout"):
        games |= _exact({f"own {judge}": kept}, own=judge)
    return games


def _differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Where two outcomes differ by more than rounding."""
    found = [] if torch.equal(one["random"], other["random"]) else ["random state"]
    found += [] if one["counts"] == other["counts"] else ["counts"]
    for part in ("weights", "memories", "row"):
        found += [] if one[part].keys() == other[part].keys() else [f"names of {part}"]
        for name, value in one[part].items():
            try:
                torch.testing.assert_close(_tensor(other[part][name]), _tensor(value), rtol=EXACT, atol=EXACT)
            except (AssertionError, RuntimeError, TypeError) as error:
                found.append(f"{part} {name}: {' '.join(str(error).split())}")
    return found


def _tensor(value: Any) -> torch.Tensor:
    if value is None:
        return torch.empty(0)  # what a memory does not hold yet
    return torch.tensor(value, dtype=torch.float64) if isinstance(value, float) else torch.as_tensor(value)


def _farthest(one: dict[str, Any], other: dict[str, Any]) -> float:
    pairs = ((value, other["weights"][name]) for name, value in one["weights"].items() if value.is_floating_point())
    return max(float((a - b).abs().max()) for a, b in pairs if a.numel())


def _compared(games: Games, world: int, meeting: Path, say: Callable[[str], None]) -> None:
    answers, truth = run_processes(world, meeting, all_played, games), all_played(games)
    wrong = {name: _differences(truth[name], answers[0][name]) for name in games}
    wrong = {name: found for name, found in wrong.items() if found}
    assert not wrong, "\n".join(f"{name}: {found[:3]}" for name, found in wrong.items())
    for answer in answers[1:]:  # the processes never grow apart, not even by a bit
        for name in games:
            assert tiny.differences(answers[0][name]["weights"], answer[name]["weights"]) == [], name
            assert tiny.differences(answers[0][name]["memories"], answer[name]["memories"]) == [], name
    far = {name: _farthest(truth[name], answers[0][name]) for name in games}
    worst = max(far, key=lambda name: far[name])
    say(f"{world} processes against one, {len(games)} games: weights differ by at most {far[worst]:.1e} ({worst})")


@pytest.mark.no_cover
def test_every_recipe_and_every_heuristic_on_two_processes(tmp_path: Path, say: Callable[[str], None]) -> None:
    held = {each.name for chosen in _covering().values() for each in chosen.heuristics}
    assert held == {kind.name for kind in BUILT_IN}
    _compared(_games(), 2, tmp_path / "meeting", say)


@pytest.mark.no_cover
def test_mixtures_on_four_processes(tmp_path: Path, say: Callable[[str], None]) -> None:
    _compared(_exact(_mixtures()), 4, tmp_path / "meeting", say)


@pytest.mark.sweep
@pytest.mark.parametrize("base", BASES)
def test_every_heuristic_alone_on_two_processes(base: str, tmp_path: Path, say: Callable[[str], None]) -> None:
    _compared(_exact(_heuristics(base)), 2, tmp_path / "meeting", say)


@pytest.mark.sweep
def test_every_heuristic_on_four_processes(tmp_path: Path, say: Callable[[str], None]) -> None:
    _compared(_exact(_covering()), 4, tmp_path / "meeting", say)


def test_half_precision_differs_by_its_own_rounding_only(tmp_path: Path) -> None:
    games: Games = {name: (_base(name).to_toml(), "images", "", "bf16") for name in ("steady", "dcgan")}
    answers, truth = run_processes(2, tmp_path / "meeting", all_played, games), all_played(games)
    for name in games:
        for key in ("generator/loss", "discriminator/loss", "discriminator/gradient_norm"):
            assert answers[0][name]["row"][key] == pytest.approx(truth[name]["row"][key], rel=HALF)


def test_a_small_mistake_would_be_found() -> None:
    """A comparison that never fails would prove nothing."""
    smoothed = {str(low): _base("dcgan").with_("one-sided-smoothing", low=low, high=low) for low in (0.9, 0.9001)}
    one, other = all_played(_exact(smoothed)).values()
    assert _differences(one, one) == []
    found = _differences(one, other)
    for player in ("generator", "discriminator"):
        assert any(each.startswith(f"weights {player}") for each in found)


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (recipe("dcgan").set("batch", 63), "A batch of 63 cannot be shared evenly by 2 processes; use --set batch=64"),
        (recipe("dcgan").with_("packing", images=4).set("batch", 12), "use --set batch=8"),
        (recipe("semi-supervised").set("semi-supervised.labelled", 7), "use --set semi-supervised.labelled=6"),
    ],
)
def test_what_cannot_be_shared_is_refused(chosen: Recipe, said: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="SteadyganError") as refusal:
        run_processes(2, tmp_path / "meeting", all_played, {"a": (chosen.to_toml(), "images", "")})
    assert said in str(refusal.value)

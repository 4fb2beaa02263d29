"""Several processes do what one does with the same batch, whatever the recipe."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from steadygan.errors import SteadyganError
from steadygan.heuristics.catalogue import CATALOGUE
from steadygan.recipe import Recipe
from steadygan.recipes import recipe, recipe_names
from tests import everything, tiny
from tests.crew import crew
from tests.crew_work import all_played
from tests.training import players

BATCH = 8
BASES = ("dcgan", "naive")
Tolerance = tuple[float, float]
WEIGHTS = (1e-5, 2e-6)
"""Relative and absolute. A step moves a weight by up to 2e-4."""
ROWS = (1e-4, 2e-6)
EXACT = (1e-10, 1e-10)
"""In float64, after 20 steps too, and with Adam's usual eps."""
Games = dict[str, tuple[Any, ...]]


def _base(name: str) -> Recipe:
    # With Adam's usual 1e-8 even a gradient that is nothing but rounding errors would move its weight by a full step.
    return tiny.small(name, batch=BATCH).with_("adam", eps=1e-4)


def _heuristics() -> dict[str, Recipe]:
    """Each base with each heuristic that goes with it, and what that needs."""
    found = {}
    for base in BASES:
        for kind in CATALOGUE:
            try:
                found[f"{base} with {kind.name}"] = everything.quick(_base(base).change(everything.needed(kind.name)))
            except SteadyganError:
                continue
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


def _games() -> Games:
    recipes = {**_heuristics(), **_mixtures(), **{f"recipe {name}": _base(name) for name in recipe_names()}}
    games = {name: (each.to_toml(), "images", "") for name, each in recipes.items()}
    for name in recipe_names():
        games[f"vectors, recipe {name}"] = (_base(name).for_vectors()[0].set("batch", BATCH).to_toml(), "vectors", "")
    own = _base("naive").with_("uniform-latent", dimension=players.LATENT)
    for judge in ("patches", "dropout"):
        kept = own.change(["soft-labels", "top-k", "gradient-penalty", "r1", "lecam"])
        games[f"own {judge}"] = (everything.quick(kept).to_toml(), "images", judge)
    return games


def _differences(
    one: dict[str, Any], other: dict[str, Any], weights: Tolerance = WEIGHTS, rows: Tolerance = ROWS
) -> list[str]:
    """Where two outcomes differ by more than rounding."""
    found = [] if torch.equal(one["random"], other["random"]) else ["random state"]
    found += [] if one["counts"] == other["counts"] else ["counts"]
    for part, tolerance in (("weights", weights), ("memories", weights), ("row", rows)):
        found += [] if one[part].keys() == other[part].keys() else [f"names of {part}"]
        for name, value in one[part].items():
            try:
                pair = _tensor(other[part][name]), _tensor(value)
                torch.testing.assert_close(*pair, rtol=tolerance[0], atol=tolerance[1])
            except (AssertionError, RuntimeError, TypeError) as error:
                found.append(f"{part} {name}: {' '.join(str(error).split())}")
    return found


def _tensor(value: Any) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64) if isinstance(value, float) else torch.as_tensor(value)


def _farthest(one: dict[str, Any], other: dict[str, Any]) -> float:
    pairs = ((value, other["weights"][name]) for name, value in one["weights"].items() if value.is_floating_point())
    return max(float((a - b).abs().max()) for a, b in pairs if a.numel())


def _compared(games: Games, world: int, meeting: Path, say: Callable[[str], None]) -> None:
    answers, truth = crew(world, meeting, all_played, games), all_played(games)
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


def test_every_heuristic_and_recipe_on_two_processes(tmp_path: Path, say: Callable[[str], None]) -> None:
    games = _games()
    held = {each.name for chosen in _heuristics().values() for each in chosen.heuristics}
    assert held == {kind.name for kind in CATALOGUE}
    _compared(games, 2, tmp_path / "meeting", say)


def test_covering_recipes_and_mixtures_on_four_processes(tmp_path: Path, say: Callable[[str], None]) -> None:
    covering = {f"covering {place}": chosen.set("batch", BATCH) for place, chosen in enumerate(everything.covering())}
    chosen = {
        **{name: each.with_("adam", eps=1e-4) for name, each in covering.items() if not each.has("extra-adam")},
        **_mixtures(),
    }
    _compared({name: (each.to_toml(), "images", "") for name, each in chosen.items()}, 4, tmp_path / "meeting", say)


def test_in_double_precision_nothing_is_left_but_its_rounding(tmp_path: Path) -> None:
    """In float32 a unit next to its rectifier's kink may fall on the other side, and many steps make that a lot."""
    games: Games = {name: (tiny.small(name, batch=BATCH).to_toml(), "images", "", "fp64") for name in recipe_names()}
    games |= {f"{name}, 20 steps": (*games[name], 20) for name in ("dcgan", "steady")}
    answers, truth = crew(2, tmp_path / "meeting", all_played, games), all_played(games)
    wrong = {name: _differences(truth[name], answers[0][name], EXACT, EXACT) for name in games}
    assert not any(wrong.values()), wrong


@pytest.mark.parametrize("name", ["steady", "dcgan"])
def test_half_precision_differs_by_its_own_rounding_only(name: str, tmp_path: Path) -> None:
    games: Games = {name: (_base(name).to_toml(), "images", "", "bf16")}
    one, two = all_played(games)[name]["row"], crew(2, tmp_path / "meeting", all_played, games)[0][name]["row"]
    for key in ("generator/loss", "discriminator/loss", "discriminator/gradient_norm"):
        assert two[key] == pytest.approx(one[key], rel=0.02)


def test_a_small_mistake_would_be_found() -> None:
    """A comparison that never fails would prove nothing."""
    smoothed = [_base("dcgan").with_("one-sided-smoothing", low=low, high=low).to_toml() for low in (0.9, 0.901)]
    one, other = (all_played({"a": (each, "images", "")})["a"] for each in smoothed)
    assert _differences(one, one) == []
    assert _differences(one, other) != []


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
        crew(2, tmp_path / "meeting", all_played, {"a": (chosen.to_toml(), "images", "")})
    assert said in str(refusal.value)

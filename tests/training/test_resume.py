"""A run that stopped and went on is the run that never stopped, bit for bit."""

from pathlib import Path

import pytest
import torch

from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.recipe import Recipe
from steadygan.recipes import recipe_names
from steadygan.runs.checkpoint import checkpoints, load_checkpoint
from steadygan.runs.folder import RunFolder
from tests import everything, tiny

IMAGES = 144
COVERING = everything.covering()
pytestmark = pytest.mark.usefixtures("brief")


def _recipes() -> list[Recipe]:
    return [*(tiny.small(name) for name in recipe_names()), tiny.stateful(), *COVERING]


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "chosen", _recipes(), ids=[*recipe_names(), "stateful", *(f"covering{place}" for place in range(len(COVERING)))]
)
def test_interrupted_twice_ends_like_the_unbroken_run(chosen: Recipe, tmp_path: Path) -> None:
    data = tiny.images()
    tiny.play(chosen, tmp_path / "a", data, images=IMAGES, seed=3)
    first = tiny.play(chosen, tmp_path / "b", data, tiny.after(5), images=IMAGES, seed=3)
    stops = [first.state.images_seen]
    assert 0 < first.fraction < 1
    second = tiny.play_on(tmp_path / "b", data, tiny.after(8))
    stops.append(second.state.images_seen)
    if second.fraction < 1:  # some recipes see many images in a step
        tiny.play_on(tmp_path / "b", data)
    tiny.assert_same_run(tmp_path / "a", tmp_path / "b", stops)


def test_the_covering_recipes_hold_every_heuristic_of_the_catalogue() -> None:
    assert {each.name for chosen in COVERING for each in chosen.heuristics} == {kind.name for kind in BUILT_IN}


def test_vectors_resume_bit_for_bit(tmp_path: Path) -> None:
    chosen, data = tiny.small("steady").for_vectors()[0], tiny.vectors()
    tiny.play(chosen, tmp_path / "a", data, images=IMAGES)
    stop = tiny.play(chosen, tmp_path / "b", data, tiny.after(9), images=IMAGES).state.images_seen
    tiny.play_on(tmp_path / "b", data)
    tiny.assert_same_run(tmp_path / "a", tmp_path / "b", [stop])


def test_a_larger_budget_leads_to_the_same_weights(tmp_path: Path) -> None:
    """Frames lie elsewhere when the budget was another, so only weights and optimisers are compared."""
    chosen, data = tiny.stateful(), tiny.images()
    tiny.play(chosen, tmp_path / "a", data, images=160)
    tiny.play(chosen, tmp_path / "b", data, images=64)
    tiny.play_on(tmp_path / "b", data, images=160)
    one, other = tiny.newest(tmp_path / "a"), tiny.newest(tmp_path / "b")
    for saved in (one, other):
        del saved["best"]
    assert tiny.differences(one, other) == []
    assert (tmp_path / "a/generator.safetensors").read_bytes() == (tmp_path / "b/generator.safetensors").read_bytes()


def test_the_resumed_state_is_the_saved_state(folder: Path) -> None:
    chosen, data = tiny.stateful(), tiny.images()
    tiny.play(chosen, folder, data, images=80)
    saved = tiny.newest(folder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(99)
        loop = tiny.resume(folder, data, images=160)
        assert loop.watch is not None
        found = {**loop.state.state_dict(), "watch": loop.watch.state_dict()}
    del found["seconds"], found["judging_seconds"]
    saved.pop("format")
    assert tiny.differences(saved, found) == []


def test_the_stateful_recipe_holds_state_of_every_kind(folder: Path) -> None:
    """Otherwise the tests above would show less than they say."""
    tiny.play(tiny.stateful(), folder, tiny.images(), images=80)
    saved = load_checkpoint(checkpoints(RunFolder(folder))[0])
    assert saved["averaged"] is not None
    momentum = saved["optimizers"]["discriminator"]["state"][0]["momentum_buffer"]
    assert float(momentum.abs().sum()) > 0
    assert saved["sampler"]["epoch"] > 0
    assert saved["moves"] == {"generator": 10, "discriminator": 20}


def test_another_seed_ends_elsewhere(tmp_path: Path) -> None:
    """A comparison that never fails would prove nothing."""
    chosen, data = tiny.stateful(), tiny.images()
    tiny.play(chosen, tmp_path / "a", data, images=40, seed=0)
    tiny.play(chosen, tmp_path / "b", data, images=40, seed=1)
    assert any(
        place.startswith("/networks")
        for place in tiny.differences(tiny.newest(tmp_path / "a"), tiny.newest(tmp_path / "b"))
    )

"""A run that is rescued: where it goes back to, what it changes, how often, and that stopping it changes nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import steadygan as sg
from steadygan.doctor.history import History
from steadygan.networks import build
from steadygan.recipe import Recipe
from steadygan.runs import rescues as ledger
from steadygan.runs.checkpoint import checkpoints, load_checkpoint
from steadygan.runs.folder import RunFolder
from steadygan.runs.manifest import read_manifest
from steadygan.runs.rescues import Rescue, read_rescues
from steadygan.runs.sampling import temporary_seed
from steadygan.settings import TrainingSettings
from steadygan.training import lines, session
from steadygan.training.loop import Loop
from steadygan.training.session import CustomNetworks
from steadygan.vocabulary import Failure, Player
from tests import tiny
from tests.doctor import fake

BUDGET, AT = 160, 80
EVERY = fake.ROW


def soon(patch: pytest.MonkeyPatch) -> None:
    """Snapshots at every row, states that count as healthy from the first of them on, and batches that may be small."""
    patch.setattr("steadygan.doctor.options.FEWEST_IN_A_BATCH", 2)
    patch.setattr("steadygan.training.rescue.SNAPSHOTS", 60_000 // EVERY)
    patch.setattr("steadygan.training.rescue.EARLY", EVERY / 60_000)


@pytest.fixture(autouse=True)
def _soon(brief: None, monkeypatch: pytest.MonkeyPatch) -> None:
    soon(monkeypatch)


def ended(loop: Loop, stop: Callable[[], bool], observers: tuple[Any, ...] = ()) -> Loop:
    """The loop after its run, and after those of all rescues."""
    training = TrainingSettings(device="cpu", rescue=True, **loop.budget.model_dump())
    training = training.model_copy(update={"rescue_tries": loop.rescuer.tries if loop.rescuer else 3})
    loop.run(stop)
    while loop.rescue is not None:
        loop = session.rescued(loop, training, CustomNetworks(), observers)
        loop.run(stop)
    return loop


def play(chosen: Recipe, folder: Path, stop: Callable[[], bool] = tiny.never, **given: Any) -> Loop:
    observers = given.pop("observers", ())
    with temporary_seed(0, torch.device("cpu")):
        settings = {"images": BUDGET, "rescue": True, **given}
        return ended(tiny.begin(chosen, folder, tiny.images(), observers=observers, **settings), stop, observers)


def play_on(folder: Path, stop: Callable[[], bool] = tiny.never) -> Loop:
    with temporary_seed(7, torch.device("cpu")):
        return ended(tiny.resume(folder, tiny.images()), stop)


def decisions(folder: Path) -> list[Rescue]:
    return read_rescues(RunFolder(folder))


def ill_until(treated: str, at: int = AT) -> Callable[[History], bool]:
    """Fires from some images on in every line whose recipe has not got a heuristic yet; see ``Ward``."""
    return lambda seen: seen.images >= at and not Ward.has(treated)


class Ward:
    """What the fake doctor knows of the run: the recipe of its newest line."""

    recipe: Recipe

    @classmethod
    def has(cls, name: str) -> bool:
        return cls.recipe.has(name)

    @classmethod
    def opens(cls, patch: pytest.MonkeyPatch) -> None:
        before = session._checkup

        def checkup(state: Any, folder: RunFolder, training: Any) -> Any:
            cls.recipe = state.recipe
            return before(state, folder, training)

        patch.setattr(session, "_checkup", checkup)


def stateful() -> Recipe:
    """Memories, moments, noise and an average in one recipe that trains in no time."""
    chosen = tiny.small("naive").with_("ema", half_life=100).with_("experience-replay", batches=3).with_("adam")
    return chosen.with_("non-saturating").with_("instance-noise", images=300)


def needing_r1(patch: pytest.MonkeyPatch) -> None:
    Ward.opens(patch)
    fake.finds(patch, fake.rule(ill_until("r1"), Failure.DISCRIMINATOR_WINS))


@pytest.fixture
def needs_r1(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs whose discriminator wins from some images on, unless they have R1."""
    needing_r1(monkeypatch)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was rescued by R1 and never stopped."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in tiny.BRIEF.items():
            patch.setattr(name, value)
        soon(patch)
        needing_r1(patch)
        path = tmp_path_factory.mktemp("unbroken") / "a"
        play(stateful(), path)
    return path


def test_it_goes_back_to_before_the_finding_with_one_change_and_on_to_the_end(unbroken: Path) -> None:
    (decision,) = decisions(unbroken)
    assert (decision.images, decision.since, decision.back_to) == (AT, AT, AT - EVERY)
    assert decision.spent == EVERY
    assert decision.treatment is not None
    assert decision.treatment.name == "r1"
    in_force, first = sg.recipe(str(unbroken / "recipe.toml")), sg.recipe(str(unbroken / "recipe-before.toml"))
    assert in_force.has("r1")
    assert first == stateful()
    assert in_force.without("r1") == first
    assert decision.message in read_manifest(RunFolder(unbroken)).notes


def test_rows_grow_in_images_and_those_of_the_line_that_was_given_up_lie_apart(unbroken: Path) -> None:
    folder = RunFolder(unbroken)
    images = [row["images"] for row in folder.read_rows(folder.metrics)]
    assert images == sorted(images)
    assert images[-1] == BUDGET
    kept = folder.abandoned(0)
    assert {row["images"] for row in kept.read_rows(kept.metrics)} == {AT}
    assert [row["finding"] for row in kept.read_rows(kept.findings)] == ["discriminator-wins"]
    assert kept.read_rows(folder.findings) == []
    assert not sg.recipe(str(kept.recipe)).has("r1")
    assert [seen for seen, _ in kept.sample_grids()] == [AT]
    assert [seen for seen, _ in folder.sample_grids()] == list(range(0, BUDGET + 1, BUDGET // 8))


def test_the_new_line_is_the_old_recipe_until_it_goes_back_and_the_new_one_after(
    unbroken: Path, tmp_path: Path
) -> None:
    """By hand: train to 60 images, change the recipe in a state that has everything else, and go on."""
    early = tiny.play(stateful(), tmp_path / "b", tiny.images(), tiny.after(15), images=BUDGET)
    assert early.state.images_seen == AT - EVERY
    loop = tiny.begin(sg.recipe(str(unbroken / "recipe.toml")), tmp_path / "c", tiny.images(), images=BUDGET)
    loop.state.load_state_dict(load_checkpoint(checkpoints(RunFolder(tmp_path / "b"))[0]))
    loop.run(tiny.never)
    ours, theirs = tiny.newest(unbroken), tiny.newest(tmp_path / "c")
    for part in ("networks", "optimizers", "averaged", "memories", "sampler", "random", "moves"):
        assert tiny.differences(ours[part], theirs[part]) == [], part


@pytest.mark.parametrize("stops", [(6,), (18, 7), (23,)])
def test_interrupted_before_or_after_a_rescue_it_ends_like_the_unbroken_run(
    stops: tuple[int, ...], unbroken: Path, tmp_path: Path, needs_r1: None
) -> None:
    loop = play(stateful(), tmp_path / "b", tiny.after(stops[0]))
    seen = [loop.state.images_seen]
    for stop in (*stops[1:], 10**6):
        loop = play_on(tmp_path / "b", tiny.after(stop))
        seen.append(loop.state.images_seen)
    assert seen[-1] == BUDGET
    same_run(unbroken, tmp_path / "b", seen)


def same_run(one: Path, other: Path, stops: list[int]) -> None:
    tiny.assert_same_run(one, other, stops)
    assert [untimed(each) for each in decisions(one)] == [untimed(each) for each in decisions(other)]
    for name in ("recipe.toml", "recipe-before.toml"):
        assert (one / name).read_text() == (other / name).read_text()
    assert [images for images, _ in RunFolder(one).snapshots()] == [
        images for images, _ in RunFolder(other).snapshots()
    ]
    ours, theirs = RunFolder(one).abandoned(0), RunFolder(other).abandoned(0)
    assert tiny.rows(ours.path) == tiny.rows(theirs.path)
    assert ours.findings.read_text().replace(str(one), "") == theirs.findings.read_text().replace(str(other), "")


def untimed(decision: Rescue) -> dict[str, Any]:
    row = decision.model_dump()
    for name in ("seconds", "judging_seconds"):
        del row["carried"][name]
    return row


class KilledError(Exception):
    """Stands for a process that ends at this very moment."""


@pytest.mark.parametrize(
    "moment", ["keep_line", "write_rescue", "restarted", "write_recipe_in_force", "write_manifest", "load_snapshot"]
)
def test_killed_at_any_moment_of_a_rescue_it_ends_like_the_unbroken_run(
    moment: str, unbroken: Path, tmp_path: Path, needs_r1: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = {
        "keep_line": session,
        "write_rescue": "steadygan.training.rescue",
        "restarted": lines,
        "write_recipe_in_force": lines,
        "write_manifest": lines,
        "load_snapshot": session,
    }
    home = homes[moment]
    name = f"{home if isinstance(home, str) else home.__name__}.{moment}"

    def dies(*_: Any) -> None:
        raise KilledError

    with monkeypatch.context() as killing:
        killing.setattr(name, dies)
        with pytest.raises(KilledError):
            play(stateful(), tmp_path / "b")
    play_on(tmp_path / "b")
    same_run(unbroken, tmp_path / "b", [])
    assert ledger.lines_begun(decisions(tmp_path / "b"))[-1].message in read_manifest(RunFolder(tmp_path / "b")).notes


def test_what_comes_back_is_treated_otherwise_and_what_did_not_help_is_taken_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.finds(monkeypatch, fake.rule(lambda seen: seen.images >= AT, Failure.MEMORISATION))
    told: list[str] = []
    loop = play(stateful(), tmp_path / "a", observers=(Listens(told),))
    *tries, last = decisions(tmp_path / "a")
    assert [each.treatment.name for each in tries if each.treatment] == ["diff-augment", "adaptive-augment", "r1"]
    assert [each.back_to for each in tries] == [60, 20, 0]  # ever further
    assert [len(each.in_force) for each in tries] == [1, 1, 1]
    assert last.gave_up
    assert "3 rescues did not help" in last.message
    assert loop.state.images_seen == BUDGET
    in_force = sg.recipe(str(tmp_path / "a/recipe.toml"))
    assert in_force.has("r1")
    assert not in_force.has("diff-augment")
    assert told == [each.message for each in decisions(tmp_path / "a")]
    assert "Rescue 1 of at most 3: memorisation since 80; back to 60 images with --with diff-augment" in told[0]


class Listens:
    """Remembers the notes about rescues."""

    def __init__(self, told: list[str]) -> None:
        self.told = told

    def note(self, message: str) -> None:
        if "escue" in message:
            self.told.append(message)


def test_tries_are_bounded_and_a_run_that_was_given_up_goes_on_when_it_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.finds(monkeypatch, fake.rule(lambda seen: seen.images in (80, 120), Failure.MEMORISATION))
    play(stateful(), tmp_path / "a", rescue_tries=1)
    assert [each.gave_up for each in decisions(tmp_path / "a")] == [False, True]
    play(stateful(), tmp_path / "b", tiny.after(27), rescue_tries=1)
    play_on(tmp_path / "b")
    assert [each.gave_up for each in decisions(tmp_path / "b")] == [False, True]
    assert tiny.differences(tiny.newest(tmp_path / "a"), tiny.newest(tmp_path / "b")) == []


def test_images_seen_in_vain_are_at_most_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadygan.training.rescue.EARLY", 1.0)
    fake.finds(monkeypatch, fake.rule(lambda seen: seen.images >= 120, Failure.MODE_COLLAPSE))
    play(stateful(), tmp_path / "a")
    *tries, last = decisions(tmp_path / "a")
    # The second try would begin anew too, and goes back only as far as it may.
    assert [(each.back_to, each.spent) for each in tries] == [(0, 120), (80, BUDGET)]
    assert last.gave_up
    assert "images seen in vain" in last.message


def test_nothing_treats_what_lies_in_the_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.finds(monkeypatch, fake.rule(lambda seen: seen.images >= AT, Failure.CHECKERBOARD))
    loop = play(stateful(), tmp_path / "a", stop_on="critical")
    (decision,) = decisions(tmp_path / "a")
    assert decision.gave_up
    assert loop.failure.startswith("checkerboard")  # without a rescue --stop-on holds
    assert loop.state.images_seen == AT


def test_a_new_average_begins_with_the_state_that_is_gone_back_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ward.opens(monkeypatch)
    fake.finds(monkeypatch, fake.rule(ill_until("ema"), Failure.OSCILLATION))
    play(stateful().without("ema"), tmp_path / "a", tiny.after(10**6))
    names = [each.name for each in decisions(tmp_path / "a")[-1].in_force]
    assert names[-1] == "ema"
    assert tiny.newest(tmp_path / "a")["averaged"] is not None


@pytest.mark.parametrize("name", ["steady", "dcgan-hacks", "wgan-gp"])
def test_where_nothing_is_found_no_bit_is_changed(name: str, tmp_path: Path) -> None:
    tiny.play(tiny.small(name), tmp_path / "a", tiny.images(), images=BUDGET, seed=5)
    play(tiny.small(name), tmp_path / "b", images=BUDGET, seed=5)
    tiny.assert_same_run(tmp_path / "a", tmp_path / "b", [])
    assert decisions(tmp_path / "b") == []
    assert RunFolder(tmp_path / "b").snapshots()[0][0] == 0


def test_weights_that_are_not_finite_are_not_gone_back_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ward.opens(monkeypatch)
    fake.finds(monkeypatch, fake.rule(ill_until("gradient-clipping"), Failure.NOT_FINITE))
    damaged = RunFolder(tmp_path / "a").snapshot(60)

    class Damages:
        def row(self, row: dict[str, Any]) -> None:
            if row["images"] == AT and damaged.is_file():
                saved = torch.load(damaged, weights_only=True)
                next(iter(saved["networks"]["generator"].values())).view(-1)[0] = float("nan")
                torch.save(saved, damaged)

    play(stateful(), tmp_path / "a", observers=(Damages(),))
    (decision,) = decisions(tmp_path / "a")
    assert decision.back_to == 40
    in_force = sg.recipe(str(tmp_path / "a/recipe.toml"))
    assert in_force.has("gradient-clipping")
    assert in_force.update(Player.GENERATOR).lr == pytest.approx(2e-4 / 4)


def test_several_processes_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "world_size", lambda: 2)
    with pytest.raises(sg.SteadyganError, match="2 processes cannot be rescued yet"):
        tiny.begin(stateful(), folder, tiny.images(), images=BUDGET, rescue=True)
    assert not folder.exists()


def test_it_works_through_the_python_interface_and_the_run_can_be_replaced(
    tmp_path: Path, needs_r1: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = np.asarray(tiny.images().images)
    given: dict[str, Any] = {"images": BUDGET, "rescue": True, "out": "r", "observers": (), "device": "cpu"}
    run = sg.train(data, stateful(), **given)
    assert not run.interrupted
    assert json.loads((run.path / "rescues.jsonl").read_text().splitlines()[0])["finding"] == "discriminator-wins"
    sg.train(data, tiny.small("naive"), images=8, out="r", overwrite=True, observers=(), device="cpu")
    left = {path.relative_to(run.path).parts[0] for path in run.path.rglob("*") if path.is_file()}
    assert not left & {"abandoned", "rescues.jsonl", "recipe-before.toml"}
    assert RunFolder("r").snapshots() == []


def test_networks_of_ones_own_are_rescued_too(tmp_path: Path, needs_r1: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    small = tiny.small("dcgan")
    built = build("dcgan", small.blueprint, (8, 8, 1), small.latent.dimension, 2, 1)
    data = np.asarray(tiny.images().images)
    run = sg.train(
        data,
        small,
        images=BUDGET,
        rescue=True,
        out="r",
        observers=(),
        device="cpu",
        generator=built.generator,
        discriminator=built.discriminator,
    )
    assert len(decisions(run.path)) == 1
    assert run.metrics[-1]["images"] == BUDGET

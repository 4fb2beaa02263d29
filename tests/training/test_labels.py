"""What a run does with labels: which it uses, which players take them, what is refused, and which classes fakes get."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from steadygan.api import train
from steadygan.blueprint import Blueprint
from steadygan.errors import SteadyganError
from steadygan.feeding.labels import DataView
from steadygan.feeding.loader import Batch
from steadygan.networks import Networks
from steadygan.recipe import Recipe
from steadygan.recipes import recipe
from steadygan.settings import TrainingSettings
from steadygan.training.labels import data_view, labelled_players, refuse_without_features
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.state import TrainingState, new_training_state
from steadygan.training.step import step
from steadygan.training.turn import make_fakes
from steadygan.vocabulary import Player
from tests import tiny
from tests.heuristics.truth import likely_share
from tests.labelled_networks import CPU, UNIT, Told, numbered
from tests.training import players

G, D = Player.GENERATOR, Player.DISCRIMINATOR
DATA = numbered((6, 12, 18))
BARE = tiny.prepared(DATA.images)
NAIVE, CONDITIONAL, SOME = tiny.small("naive"), tiny.small("conditional"), tiny.small("semi-supervised")


def settings(**given: Any) -> TrainingSettings:
    return TrainingSettings(device="cpu", precision="fp32", **given)


def unlabelled() -> Any:
    """The data without their labels."""
    return type(DATA)(DATA.images, None, (), (), "bare.npz", "1", 0.0, False)


# --- how a run looks at its data


@pytest.mark.parametrize(
    ("chosen", "given", "expected"),
    [
        (NAIVE, {}, DataView()),
        (NAIVE, {"labels": True}, DataView(classes=3)),
        (NAIVE.set("class_balanced", True), {}, DataView(balanced=True)),
        (CONDITIONAL, {}, DataView(classes=3)),
        (SOME, {}, DataView(classes=3, held_out_share=0.1)),
        (SOME, {"label_share": 0.3}, DataView(classes=3, label_share=0.3, held_out_share=0.1)),
        (SOME, {"labels_per_class": 2}, DataView(classes=3, labels_per_class=2, held_out_share=0.1)),
        (NAIVE, {"labels": True, "label_share": 0.3}, DataView(classes=3, label_share=0.3)),
    ],
)
def test_a_run_looks_at_its_data_as_recipe_and_user_ask(chosen: Recipe, given: Any, expected: DataView) -> None:
    assert data_view(chosen, DATA, settings(**given)) == expected


@pytest.mark.parametrize(
    ("chosen", "given", "who"),
    [
        (CONDITIONAL, {}, "The heuristic 'projection' needs labels"),
        (SOME, {}, "The heuristic 'semi-supervised' needs labels"),
        (NAIVE, {"labels": True}, "--labels needs labels"),
        (NAIVE.set("class_balanced", True), {}, "The setting class_balanced needs labels"),
    ],
)
def test_labels_that_are_not_there_are_missed_in_a_sentence(chosen: Recipe, given: Any, who: str) -> None:
    with pytest.raises(SteadyganError, match=f"^{who} and 'bare.npz' has none; name a folder"):
        data_view(chosen, unlabelled(), settings(**given))


@pytest.mark.parametrize("given", [{"label_share": 0.5}, {"labels_per_class": 1}])
def test_some_labels_are_refused_where_all_are_needed_or_none_are_used(given: Any) -> None:
    with pytest.raises(SteadyganError, match="'projection' needs the label of every image; leave"):
        data_view(CONDITIONAL, DATA, settings(**given))
    with pytest.raises(SteadyganError, match="'naive' uses no labels, so there is nothing to keep"):
        data_view(NAIVE, DATA, settings(**given))


def test_a_share_and_a_number_of_labels_are_one_too_many() -> None:
    with pytest.raises(SteadyganError, match="give one of them"):
        data_view(SOME, DATA, settings(label_share=0.5, labels_per_class=2))


# --- which players take labels


@pytest.mark.parametrize(
    ("generator", "discriminator", "labels", "expected"),
    [
        (True, True, True, {G, D}),
        (True, True, False, set()),
        (True, False, True, {G}),
        (True, False, False, set()),
        (False, False, True, set()),
    ],
)
def test_networks_of_ones_own_are_told_if_labels_are_wanted_and_built_ones_if_they_are_built_so(
    generator: bool, discriminator: bool, labels: bool, expected: set[Player]
) -> None:
    assert labelled_players(Blueprint(), generator, discriminator, labels) == expected
    speaking = Blueprint(generator_embedding=2, discriminator_embedding=2, classes=3)
    built = {player for player, own in ((G, generator), (D, discriminator)) if not own}
    if (generator, discriminator, labels) != (True, False, False):  # which is refused, see below
        assert labelled_players(speaking, generator, discriminator, labels) == expected | built


@pytest.mark.parametrize(
    ("name", "expected"),
    [("naive", set()), ("conditional", {G, D}), ("semi-supervised", set()), ("steady", set())],
)
def test_networks_of_a_recipe_are_told_what_they_are_built_for(name: str, expected: set[Player]) -> None:
    state, _ = new_players(tiny.small(name), DATA, CustomNetworks(), CPU, settings())
    assert state.labelled_players == expected
    assert state.class_shares == ((6 / 36, 12 / 36, 18 / 36) if G in expected else ())


def test_heuristics_that_look_inside_refuse_a_discriminator_that_only_gives_logits() -> None:
    curious = NAIVE.with_("feature-matching")
    with pytest.raises(SteadyganError, match=r"'feature-matching' looks at .* discriminate\(images\)"):
        refuse_without_features(curious, nn.Linear(1, 1))
    refuse_without_features(recipe("steady"), nn.Linear(1, 1))
    refuse_without_features(curious, new_players(NAIVE, DATA, CustomNetworks(), CPU, settings())[0].networks[D])


# --- classes of fakes


def game_of(
    view: DataView, labelled_players: frozenset[Player] = frozenset({G, D}), chosen: Recipe = NAIVE
) -> TrainingState:
    """A game of networks that add a number of the class."""
    chosen = chosen.with_("uniform-latent", dimension=players.LATENT)
    networks = Networks(Told(players.generator()), Told(players.discriminator()))
    return new_training_state(chosen, DATA, networks, UNIT, CPU, "fp32", 0, view, labelled_players)


def test_fakes_have_the_classes_of_the_reals_and_what_is_unknown_is_drawn() -> None:
    state = game_of(DataView(classes=3, label_share=0.5))
    labels = torch.tensor([-1, 0, 2, -1, 1]).repeat(600)
    made = state.labels_like(labels)
    assert made is not None
    assert torch.equal(made[labels >= 0], labels[labels >= 0])
    drawn = made[labels < 0]
    for each, share in enumerate((3 / 18, 6 / 18, 9 / 18)):
        assert likely_share(int((drawn == each).sum()), len(drawn), share)
    again = state.labels_like(labels)
    assert again is not None
    assert not torch.equal(again, made)


def test_where_all_is_known_nothing_is_drawn() -> None:
    state, _ = new_players(CONDITIONAL, DATA, CustomNetworks(), CPU, settings())
    labels, random = torch.tensor([2, 0, 1]), torch.get_rng_state()
    made = state.labels_like(labels)
    assert made is not None
    assert made.tolist() == [2, 0, 1]
    assert torch.equal(torch.get_rng_state(), random)


def test_a_generator_that_takes_no_labels_gets_none() -> None:
    state = game_of(DataView(classes=3), frozenset({D}))
    assert state.labels_like(torch.tensor([0, 1])) is None
    assert state.random_labels(3) is None
    assert state.class_shares == ()


def test_random_labels_of_a_game_have_the_frequencies_of_the_data() -> None:
    drawn = game_of(DataView(classes=3)).random_labels(3000)
    assert drawn is not None
    for each, share in enumerate((1 / 6, 1 / 3, 1 / 2)):
        assert likely_share(int((drawn == each).sum()), 3000, share)


def test_fakes_are_made_of_the_classes_that_they_say() -> None:
    state = game_of(DataView(classes=3))
    fakes = make_fakes(state, Batch(torch.zeros(4, 1, 8, 8), torch.tensor([2, 2, 0, 1])))
    maker: Any = state.networks[G]
    assert fakes.labels is not None
    assert fakes.labels.tolist() == maker.heard[-1].tolist() == [2, 2, 0, 1]
    assert not fakes.detached().images.requires_grad
    assert fakes.images.requires_grad


def _batches(state: TrainingState) -> Iterator[list[int]]:
    judge: Any = state.networks[D]
    return (heard.tolist() for heard in judge.heard)


def test_each_side_is_judged_with_its_own_classes() -> None:
    """The discriminator's move asks about reals and fakes, the generator's about fakes, all of the reals' classes."""
    state, again = game_of(DataView(classes=3)), game_of(DataView(classes=3))
    step(state)
    labels = again.next_real().labels
    assert labels is not None
    assert list(_batches(state)) == [labels.tolist()] * 3


def test_a_discriminator_that_joins_batches_gets_the_labels_of_both() -> None:
    state = game_of(DataView(classes=3), chosen=NAIVE.with_("mixed-batches"))
    again = game_of(DataView(classes=3))
    step(state)
    labels = again.next_real().labels
    assert labels is not None
    assert next(_batches(state)) == [*labels.tolist(), *labels.tolist()]


def test_a_generator_alone_may_be_told_but_not_a_discriminator_alone() -> None:
    assert labelled_players(Blueprint(generator_embedding=2, classes=3), False, False, False) == {G}
    for blueprint, own in ((Blueprint(), (False, True)), (Blueprint(discriminator_embedding=2), (True, False))):
        with pytest.raises(SteadyganError, match="discriminator is given classes and the generator is not"):
            labelled_players(blueprint, *own, labels=not own[0])


@pytest.mark.parametrize("mine", [Player.GENERATOR, Player.DISCRIMINATOR])
def test_beside_a_network_of_ones_own_that_takes_labels_one_is_built_that_does(mine: Player, folder: Path) -> None:
    made = {G: Told(players.generator()), D: Told(players.discriminator())}[mine]
    nn.init.zeros_(made.shift.weight)  # so that images lie in [-1, 1]
    own = {"generator": made} if mine is G else {"discriminator": made}
    chosen = NAIVE.with_("uniform-latent", dimension=players.LATENT)
    given: Any = {**own, "images": 8, "device": "cpu", "observers": []}
    run = train(DATA, chosen, out=folder, labels=True, **given)
    assert made.heard
    assert recipe(run.folder.recipe).has("label-embedding")


def test_networks_of_ones_own_without_labels_go_with_a_recipe_whose_other_network_uses_them(folder: Path) -> None:
    chosen = SOME.with_("uniform-latent", dimension=players.LATENT)
    train(DATA, chosen, out=folder, images=8, device="cpu", generator=players.generator(), observers=[])

"""Which treatment comes next: an order for each failure, without what is on, clashes, or needs other networks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadygan.doctor.history import History
from steadygan.doctor.options import Seen
from steadygan.doctor.rescue import OPTIONS, ORDER, next_treatment, seen_in, without_what_did_not_help
from steadygan.recipe import Recipe
from steadygan.recipes import recipe, recipe_names
from steadygan.vocabulary import Failure, Player

HEALTHY = {Player.GENERATOR: 2e-3, Player.DISCRIMINATOR: 1e-3}
NOTHING_UNUSUAL = Seen(updates=HEALTHY)


def treatments(failure: Failure, chosen: Recipe, seen: Seen = NOTHING_UNUSUAL) -> list[str]:
    """The names of all treatments in the order in which they are tried, each in the place of the one before."""
    tried: list[str] = []
    while (change := next_treatment(failure, chosen, tried, seen)) is not None:
        assert change.name not in tried
        tried.append(change.name)
    return tried


def test_every_failure_has_an_order_of_treatments_that_there_are() -> None:
    assert set(ORDER) == set(Failure)
    assert {name for names in ORDER.values() for name in names} == set(OPTIONS)


def test_without_a_number_known_to_be_bad_treatments_are_tried_in_the_order_of_evidence() -> None:
    assert treatments(Failure.MODE_COLLAPSE, recipe("dcgan")) == [
        "flat-relativistic",
        "lower-rates",
        "r1",
        "experience-replay",
        "much-lower-rates",
        "instance-noise",
    ]


@pytest.mark.parametrize(
    ("values", "add", "first"),
    [
        ({"adam.betas": (0.9, 0.999)}, (), "less-momentum"),
        ({"batch": 4}, (), "larger-batch"),
        ({}, ("minimax",), "non-saturating"),
        ({}, ("wasserstein", "weight-clipping"), "gradient-penalty-for-clipping"),
        ({"alternate.discriminator_moves": 8}, (), "fewer-moves"),
    ],
)
def test_numbers_known_to_be_bad_come_first(values: dict[str, object], add: tuple[str, ...], first: str) -> None:
    change = next_treatment(Failure.DISCRIMINATOR_WINS, recipe("dcgan").change(add, (), values), (), NOTHING_UNUSUAL)
    assert change is not None
    assert change.name == first
    assert change.stays


def test_many_moves_belong_to_wasserstein() -> None:
    assert "fewer-moves" not in treatments(Failure.DISCRIMINATOR_WINS, recipe("wgan-gp"))


@pytest.mark.parametrize(
    ("generator", "discriminator", "rates"),
    [
        (2.8e-2, 4e-3, (1 / 32, 1.0)),  # too fast a generator: four times the usual; 4^2.5 is 32
        (7e-3, 1.6e-4, (1.0, 128.0)),  # a discriminator that hardly moves: a 25th of the usual; 25^1.5 is 125
        (7e-3, 5e-6, (1.0, 256.0)),  # and no more than that at once
        (7e-3, 1.6e-2, (1.0, 1 / 32)),  # too fast a discriminator: four times the usual
        (1.75e-3, 4e-3, (8.0, 1.0)),  # a generator that hardly moves: a quarter of the usual
        (2.8e-2, 2.2e-2, (1.0, 1 / 64)),  # both are too fast, the discriminator more so
        (2e-3, 1e-3, None),
        (0.0, 1e-3, None),  # one that stands still
    ],
)
def test_rates_out_of_proportion_are_balanced(
    generator: float, discriminator: float, rates: tuple[float, float] | None
) -> None:
    seen = Seen(updates={Player.GENERATOR: generator, Player.DISCRIMINATOR: discriminator})
    change = next_treatment(Failure.MODE_COLLAPSE, recipe("dcgan"), (), seen)
    assert change is not None
    if rates is None:
        assert change.name != "balanced-rates"
        return
    changed = change.applied(recipe("dcgan"))
    found = [modifier for modifier in changed.update_modifiers if modifier.name == "two-time-scales"]
    assert [found[0].rate(player, 0) for player in Player] == [pytest.approx(rate) for rate in rates]


def test_rates_are_balanced_on_top_of_those_that_differ_already() -> None:
    chosen = recipe("dcgan").with_("two-time-scales", generator=0.5, discriminator=2.0)
    seen = Seen(updates={Player.GENERATOR: 2.2e-2, Player.DISCRIMINATOR: 3e-3})
    change = next_treatment(Failure.MODE_COLLAPSE, chosen, ("balanced-rates",), seen)  # it may come again
    assert change is not None
    assert change.variation.values == {"two-time-scales.generator": 1 / 32, "two-time-scales.discriminator": 2.0}


@given(st.sampled_from(sorted(Failure)), st.sampled_from(recipe_names()), st.sampled_from(["images", "vectors"]))
def test_treatments_compose_change_the_recipe_and_need_no_other_networks(
    failure: Failure, name: str, kind: str
) -> None:
    chosen = recipe(name) if kind == "images" else recipe(name).for_vectors()[0]
    tried: list[str] = []
    for _ in range(len(OPTIONS)):
        change = next_treatment(failure, chosen, tried, Seen(kind, 1000, HEALTHY))
        if change is None:
            return
        tried.append(change.name)
        changed = change.applied(chosen)
        assert (changed.heuristics, changed.settings) != (chosen.heuristics, chosen.settings)
        assert changed.blueprint == chosen.blueprint
        assert changed.latent == chosen.latent
        assert changed.held_out_share == chosen.held_out_share
        assert kind == "images" or not any(each.images_only for each in changed.heuristics)
    raise AssertionError("there was always another one")


def test_numbers_that_are_not_finite_get_a_quarter_of_the_rate_and_clipped_gradients() -> None:
    for name, rate in (("dcgan", 2e-4), ("naive", 1e-3)):
        change = next_treatment(Failure.NOT_FINITE, recipe(name), (), NOTHING_UNUSUAL)
        assert change is not None
        changed = change.applied(recipe(name))
        assert changed.has("gradient-clipping")
        assert changed.update(Player.GENERATOR).lr == pytest.approx(rate / 4)  # type: ignore[attr-defined]


def test_a_penalty_that_is_on_is_made_stronger() -> None:
    change = next_treatment(Failure.DISCRIMINATOR_WINS, recipe("steady"), (), NOTHING_UNUSUAL)
    assert change is not None
    assert change.variation.values == {"r1.gamma": pytest.approx(0.2)}
    assert change.options == "--set r1.gamma=0.2"


def test_what_did_not_help_is_taken_out_unless_it_puts_a_bad_number_right() -> None:
    momentum = next_treatment(
        Failure.MODE_COLLAPSE, recipe("dcgan").set("adam.betas", (0.9, 0.999)), (), NOTHING_UNUSUAL
    )
    relativistic = next_treatment(Failure.MODE_COLLAPSE, recipe("dcgan"), (), NOTHING_UNUSUAL)
    assert momentum is not None
    assert relativistic is not None
    assert without_what_did_not_help((momentum, relativistic), recurred=True) == (momentum,)
    assert without_what_did_not_help((momentum, relativistic), recurred=False) == (momentum, relativistic)
    assert without_what_did_not_help((relativistic, momentum), recurred=True) == (relativistic, momentum)
    assert without_what_did_not_help((), recurred=True) == ()


def test_a_critic_moves_far_beside_a_generator() -> None:
    moved = Seen(updates={Player.GENERATOR: 1.2e-2, Player.DISCRIMINATOR: 3e-2})
    assert "balanced-rates" not in treatments(Failure.MODE_COLLAPSE, recipe("wgan-gp"), moved)[:1]
    change = next_treatment(Failure.MODE_COLLAPSE, recipe("dcgan"), (), moved)
    assert change is not None
    assert change.name == "balanced-rates"


def test_how_far_weights_move_is_the_middle_of_the_first_looks() -> None:
    values = (1.0, 5.0, 2.0, None, 2.0, 2.0, 40.0, 40.0, 40.0, 40.0, 40.0, 40.0)
    rows = [{"images": place, "doctor/update/generator": value} for place, value in enumerate(values)]
    seen = seen_in(History.of(rows), "images", None)
    assert seen.updates == {Player.GENERATOR: 2.0}

"""The language of recipes: with, without, set, files, and every refusal."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadygan.errors import SteadyganError
from steadygan.heuristics.catalogue import BUILT_IN, heuristic_class
from steadygan.heuristics.objectives import Hinge, Minimax
from steadygan.heuristics.penalties import R1
from steadygan.heuristics.roles import Penalty
from steadygan.heuristics.updates import Adam, SgdDiscriminator
from steadygan.recipe import Recipe
from steadygan.recipes import parse, recipe, recipe_names
from steadygan.variation import Variation
from steadygan.vocabulary import Player, Slot
from tests.heuristics.truth import FakeState

NAMES = [kind.name for kind in BUILT_IN]
EMPTY = Recipe(name="empty")
SOME = len(NAMES) // 2
"""Heuristics that are tried one after the other; what this takes grows with the square."""


def _names(chosen: Recipe) -> list[str]:
    return [each.name for each in chosen.heuristics]


def _composing(names: list[str]) -> list[str]:
    """The names that compose with those before them."""
    chosen: list[str] = []
    for name in names:
        try:
            EMPTY.change(add=[*chosen, name])
        except SteadyganError:
            continue
        kinds = [
            kind for kind in BUILT_IN if kind.name in (*chosen, name) and kind.slot.holds_one and not kind.modifies
        ]
        slots = [kind.slot for kind in kinds if kind.name != "sgd-discriminator"]
        if len(slots) == len({*slots}):
            chosen.append(name)
    return chosen


def _depth(name: str) -> int:
    """How long the longest chain is of those that need those that need it."""
    return max((1 + _depth(each) for each in heuristic_class(name).needs), default=0)


# --- composing


@pytest.mark.no_cover
@settings(max_examples=10)
@given(st.permutations(NAMES), st.randoms())
def test_the_order_of_naming_does_not_matter(names: list[str], random: Any) -> None:
    chosen = _composing(names[:SOME])
    shuffled = random.sample(chosen, len(chosen))
    one_by_one = EMPTY
    for name in sorted(chosen, key=_depth):
        one_by_one = one_by_one.with_(name)
    assert EMPTY.change(add=chosen) == EMPTY.change(add=shuffled) == one_by_one


@settings(max_examples=60)
@given(st.lists(st.sampled_from(NAMES), unique=True, max_size=6))
def test_what_is_put_in_can_be_taken_out(names: list[str]) -> None:
    chosen = _composing(names)
    full = EMPTY.change(add=chosen)
    assert full.without(*chosen) == EMPTY
    assert sorted(_names(full)) == sorted(chosen)


@pytest.mark.no_cover
@settings(max_examples=10)
@given(st.permutations(NAMES))
def test_a_recipe_is_the_same_after_writing_and_reading(names: list[str]) -> None:
    chosen = EMPTY.change(add=_composing(names[:SOME]))
    assert parse(chosen.to_toml(), "x") == chosen


def test_heuristics_stand_in_the_order_of_slots_then_in_the_one_they_declare() -> None:
    chosen = EMPTY.change(add=["ema", "instance-noise", "diff-augment", "noisy-labels", "soft-labels", "r1", "adam"])
    assert _names(chosen) == ["noisy-labels", "soft-labels", "diff-augment", "instance-noise", "r1", "adam", "ema"]
    slots = [list(Slot).index(each.slot) for each in recipe("steady").heuristics]
    assert slots == sorted(slots)


@pytest.mark.parametrize("slot", [Slot.LATENT, Slot.OBJECTIVE, Slot.SCHEDULE])
def test_a_slot_that_holds_one_is_replaced(slot: Slot) -> None:
    kinds = [kind for kind in BUILT_IN if kind.slot is slot and not kind.modifies]
    assert slot is Slot.LATENT or len(kinds) < sum(kind.slot is slot for kind in BUILT_IN)
    chosen = EMPTY
    for kind in kinds:
        chosen = chosen.with_(kind.name)
        assert _names(chosen) == [kind.name]


def test_what_modifies_stands_beside_its_like_and_beside_whatever_fills_the_slot() -> None:
    chosen = EMPTY.with_("non-saturating").with_("top-k").with_("feature-matching", beside=True)
    assert {*_names(chosen)} == {"non-saturating", "top-k", "feature-matching"}
    chosen = chosen.with_("minimax")
    assert chosen.objective == Minimax()
    assert [each.name for each in chosen.objective_modifiers] == ["feature-matching", "top-k"]
    chosen = EMPTY.change(add=["adam", "lr-decay", "lookahead", "alternate", "unrolled", "past-checkpoints"])
    assert _names(chosen) == ["adam", "lookahead", "lr-decay", "alternate", "past-checkpoints", "unrolled"]
    assert [each.name for each in chosen.update_modifiers] == ["lookahead", "lr-decay"]


def test_each_player_has_its_own_update() -> None:
    chosen = EMPTY.with_("sgd-discriminator").with_("adam", lr=0.5)
    assert isinstance(chosen.update(Player.DISCRIMINATOR), SgdDiscriminator)
    assert chosen.update(Player.GENERATOR) == Adam(lr=0.5)
    assert EMPTY.update(Player.DISCRIMINATOR) == Adam(lr=1e-3, betas=(0.9, 0.999))


def test_naming_again_keeps_the_other_parameters() -> None:
    chosen = EMPTY.with_("r1", gamma=5.0, every=3).with_("r1", every=4)
    assert chosen.get(R1) == R1(gamma=5.0, every=4)
    assert chosen.with_(R1()).get(R1) == R1()
    assert chosen.set("r1.gamma", 2).get(R1) == R1(gamma=2.0, every=4)


def test_a_recipe_never_changes() -> None:
    base = recipe("dcgan")
    text = base.to_toml()
    base.with_("r1").without("adam").set("batch", 8)
    assert base.to_toml() == text
    with pytest.raises(Exception, match="frozen"):
        base.network = "mlp"  # type: ignore[misc]


def test_the_empty_recipe_is_the_naive_gan() -> None:
    assert recipe("naive").heuristics == ()
    assert (EMPTY.latent.name, EMPTY.objective, EMPTY.average) == ("uniform-latent", Minimax(), None)
    assert EMPTY.schedule.moves(FakeState()) == (Player.DISCRIMINATOR, Player.GENERATOR)
    assert EMPTY.blueprint.hidden_dense
    assert (EMPTY.inputs, EMPTY.targets, EMPTY.penalties(Player.DISCRIMINATOR)) == ((), (), ())


def test_targets_are_relabelled_before_they_are_softened() -> None:
    chosen = EMPTY.with_("soft-labels").with_("noisy-labels")
    assert [target.name for target in chosen.targets] == ["noisy-labels", "soft-labels"]


def test_penalties_go_to_their_player() -> None:
    chosen = EMPTY.with_("r1").with_("r2")
    assert [penalty.name for penalty in chosen.penalties(Player.DISCRIMINATOR)] == ["r1", "r2"]
    assert chosen.penalties(Player.GENERATOR) == ()
    assert len(chosen.all(Penalty)) == 2
    assert chosen.has("r1")
    assert not EMPTY.has("r1")


def test_changes_need_to_compose_only_together() -> None:
    """A kernel needs a strided layer, and both may be named at once in any order."""
    assert EMPTY.change(add=["kernel-divisible-by-stride", "strided-convolutions"]).has("strided-convolutions")
    swapped = recipe("dcgan-hacks").change(add=["hinge"], remove=["noisy-labels", "soft-labels"])
    assert swapped.objective == Hinge()


def test_vectors_leave_out_what_needs_images() -> None:
    fitted, out = recipe("steady").for_vectors()
    assert fitted.network == "mlp"
    assert {"strided-convolutions", "tanh-output"} <= {*out}
    assert not {*out} & {*_names(fitted)}


# --- what is otherwise for vectors

OTHERWISE = """
[settings]
batch = 32
[heuristics.batch-norm]
[heuristics.minimax]
[heuristics.r1]
gamma = 0.5
[heuristics.strided-convolutions]
[on_vectors]
without = ["batch-norm"]
with = ["hinge", "ema"]
[on_vectors.set]
batch = 256
"r1.gamma" = 3.0
"ema.half_life" = 77
"""


def test_a_file_says_what_is_otherwise_for_vectors() -> None:
    chosen = parse(OTHERWISE, "f")
    assert chosen.on_vectors == Variation(
        remove=("batch-norm",), add=("hinge", "ema"), values={"batch": 256, "r1.gamma": 3.0, "ema.half_life": 77}
    )
    assert _names(chosen) == ["batch-norm", "strided-convolutions", "minimax", "r1"]
    fitted, out = chosen.for_vectors()
    assert {*out} == {"batch-norm", "strided-convolutions"}
    assert _names(fitted) == ["hinge", "r1", "ema"]
    assert (fitted.settings.batch, fitted.get(R1), fitted.network) == (256, R1(gamma=3.0), "mlp")
    assert fitted.heuristics[2].parameters()["half_life"] == 77


def test_what_is_otherwise_for_vectors_survives_writing_and_reading() -> None:
    chosen = parse(OTHERWISE, "f")
    assert parse(chosen.to_toml(), "f") == chosen
    assert "on_vectors" not in EMPTY.to_toml()
    assert "on_vectors" not in chosen.for_vectors()[0].to_toml()


def test_a_recipe_that_is_fitted_to_vectors_is_fitted() -> None:
    fitted, _ = parse(OTHERWISE, "f").for_vectors()
    assert fitted.for_vectors() == (fitted, ())
    assert fitted.set("r1.gamma", 0.25).for_vectors()[0].get(R1) == R1(gamma=0.25)


@pytest.mark.parametrize("chosen", [recipe(name) for name in recipe_names()], ids=recipe_names())
def test_packaged_recipes_keep_what_they_say_of_vectors_through_a_file(chosen: Recipe) -> None:
    assert parse(chosen.to_toml(), chosen.name) == chosen
    fitted, _ = chosen.for_vectors()
    assert {*chosen.on_vectors.add} <= {*_names(fitted)}
    assert not {*chosen.on_vectors.remove} & {*_names(fitted)}


def test_what_someone_asks_for_by_name_stays_for_vectors() -> None:
    base = parse(OTHERWISE, "f")
    for chosen in (base.change(add=["batch-norm"]), base.with_("batch-norm")):
        assert chosen.for_vectors()[0].has("batch-norm")
    for chosen in (base.set("r1.gamma", 9), base.with_("r1", gamma=9.0), base.with_(R1(gamma=9.0))):
        assert chosen.for_vectors()[0].get(R1) == R1(gamma=9.0)
    assert base.with_("r1", every=2).for_vectors()[0].get(R1) == R1(gamma=3.0, every=2)
    assert base.set("batch", 8).for_vectors()[0].settings.batch == 8
    assert not base.without("ema").for_vectors()[0].has("ema")
    assert not base.without("r1").for_vectors()[0].has("r1")


def test_an_objective_that_someone_chose_is_not_replaced_for_vectors() -> None:
    chosen = parse(OTHERWISE, "f").with_("non-saturating")
    assert chosen.for_vectors()[0].objective.name == "non-saturating"
    base = parse("[heuristics.normal-latent]\n[on_vectors.set]\n'normal-latent.dimension' = 8", "f")
    assert base.for_vectors()[0].latent.dimension == 8
    assert base.with_("sphere-latent", dimension=5).for_vectors()[0].latent.dimension == 5


# --- what is otherwise for few images

FEW = """
[heuristics.normal-latent]
[heuristics.relativistic]
[heuristics.r1]
gamma = 0.5
[heuristics.ema]
[on_few_images]
below = 5000
without = ["ema"]
with = ["diff-augment"]
[on_few_images.set]
"r1.gamma" = 3.0
"""


def test_a_recipe_is_otherwise_for_fewer_images_than_it_says() -> None:
    chosen = parse(FEW, "f")
    fitted, changed = chosen.for_few_images(4999)
    assert changed == ("--with diff-augment", "--without ema", "--set r1.gamma=3.0")
    assert fitted.has("diff-augment")
    assert not fitted.has("ema")
    assert fitted.get(R1) == R1(gamma=3.0)
    many, nothing = chosen.for_few_images(5000)
    assert nothing == ()
    assert many.heuristics == chosen.heuristics


def test_a_recipe_that_is_fitted_to_few_images_is_fitted_and_survives_a_file() -> None:
    chosen = parse(FEW, "f")
    assert parse(chosen.to_toml(), "f") == chosen
    for count in (10, 10_000):
        fitted, _ = chosen.for_few_images(count)
        assert fitted.for_few_images(10) == (fitted, ())
        assert "on_few_images" not in fitted.to_toml()


def test_what_someone_asks_for_by_name_stays_for_few_images() -> None:
    base = parse(FEW, "f")
    assert not base.without("diff-augment").for_few_images(10)[0].has("diff-augment")
    assert base.change(add=["ema"]).for_few_images(10)[0].has("ema")
    assert base.set("r1.gamma", 9).for_few_images(10)[0].get(R1) == R1(gamma=9.0)


def test_few_images_are_not_augmented_twice() -> None:
    steady = recipe("steady")
    assert steady.for_few_images(200)[0].has("adaptive-augment")
    fitted, changed = steady.with_("diff-augment").for_few_images(200)
    assert not fitted.has("adaptive-augment")
    assert changed == ()
    assert steady.with_("horizontal-flip").for_few_images(200)[0].has("adaptive-augment")


def test_where_too_few_images_could_be_held_out_nothing_is_measured_on_them() -> None:
    steady = recipe("steady")
    assert [steady.for_few_images(count)[0].held_out_share for count in (1, 99, 100)] == [0.0, 0.0, 0.1]


def test_where_changes_for_few_images_do_not_compose_with_what_was_asked_for_they_wait() -> None:
    base = parse("[heuristics.normal-latent]\n[on_few_images]\nbelow = 100\nwith = ['soft-labels']", "f")
    assert base.for_few_images(10)[0].has("soft-labels")
    fitted, changed = base.with_("hinge").for_few_images(10)  # has no targets that could be soft
    assert changed == ()
    assert _names(fitted) == ["normal-latent", "hinge"]


# --- refusals: one sentence each

REFUSALS: list[tuple[str, Any, str]] = [
    ("unknown heuristic", lambda: EMPTY.with_("emma"), r"no heuristic 'emma'; did you mean 'ema'"),
    ("unknown to take out", lambda: EMPTY.without("batchnorm"), r"did you mean 'batch-norm'"),
    ("unknown parameter", lambda: EMPTY.with_("r1", gama=1), r"'r1' has no parameter 'gama'; did you mean 'gamma'"),
    ("no parameters", lambda: EMPTY.with_("hinge", gamma=1), r"'hinge' has no parameters"),
    ("negative rate", lambda: EMPTY.with_("adam", lr=-1), r"'adam\.lr' should be greater than 0, but it is -1"),
    ("text", lambda: EMPTY.with_("adam", lr="fast"), r"'adam\.lr' .* but it is 'fast'"),
    ("not finite", lambda: EMPTY.with_("r1", gamma=float("inf")), r"'r1\.gamma' .*finite"),
    ("set nothing", lambda: EMPTY.set("r1.gamma", 1), r"has no 'r1' whose 'gamma' could be set; add --with r1"),
    ("set unknown", lambda: EMPTY.set("rone.gamma", 1), r"There is no heuristic 'rone'"),
    ("set gama", lambda: EMPTY.with_("r1").set("r1.gama", 1), r"did you mean 'gamma'"),
    ("setting", lambda: EMPTY.set("bach", 1), r"There is no setting 'bach'; did you mean 'batch'"),
    ("batch", lambda: EMPTY.set("batch", 1), r"batch.* greater than or equal to 2, but it is 1"),
    ("width", lambda: EMPTY.set("width", "wide"), r"width.*'wide'"),
    ("network", lambda: EMPTY.set("network", "dcgann"), r"no network 'dcgann'; did you mean 'dcgan'"),
    ("both", lambda: EMPTY.change(add=["r1"], remove=["r1"]), r"'r1' cannot be both added and taken out"),
    ("twice", lambda: Recipe(name="x", heuristics=(R1(), R1(gamma=2))), r"'r1' is in the recipe twice"),
    ("two of one slot", lambda: Recipe(name="x", heuristics=(Hinge(), Minimax())), r"fill the slot objective"),
    ("halving", lambda: EMPTY.with_("average-pooling").with_("strided-convolutions"), r"both decide how the discrim"),
    ("targets", lambda: EMPTY.with_("hinge").with_("soft-labels"), r"'hinge' has none; add --with non-saturating"),
    ("alone", lambda: EMPTY.with_("kernel-divisible-by-stride"), r"makes no sense alone; add --with strided-conv"),
    ("odd kernel", lambda: recipe("dcgan").set("kernel-divisible-by-stride.kernel", 5), r"not divisible by the stride"),
    ("no recipe", lambda: recipe("dcgn"), r"There is no recipe 'dcgn'; did you mean 'dcgan'"),
    ("no file", lambda: recipe("none.toml"), r"Cannot read the recipe 'none\.toml': No such file"),
    ("no toml", lambda: parse("a = [", "f.toml"), r"The recipe 'f\.toml' is not TOML"),
    ("unknown key", lambda: parse("batch = 3", "f.toml"), r"The recipe 'f\.toml': 'recipe' has no parameter 'batch'"),
    ("no table", lambda: parse("[heuristics]\nema = true", "f.toml"), r"write each heuristic as a table"),
    ("bad list", lambda: parse('heuristics = ["ema"]', "f.toml"), r"write each heuristic as a table"),
    (
        "network of numbers",
        lambda: EMPTY.set("network", 42),
        r"no network '42'; choose one of: dcgan, mlp, r3gan, resn",
    ),
    ("on vectors", lambda: parse("[on_vectors]\nwithout = ['emma']", "f"), r"'f': There is no heuristic 'emma'"),
    ("on vectors more", lambda: parse("[on_vectors]\nwith = ['r7']", "f"), r"'f': There is no heuristic 'r7'"),
    ("on vectors odd", lambda: parse("[on_vectors]\nwithin = ['r1']", "f"), r"The recipe 'f': .*within"),
    ("on few", lambda: parse("[on_few_images]\nwith = ['r7']", "f"), r"'f': There is no heuristic 'r7'"),
    ("on few odd", lambda: parse("[on_few_images]\nbelow = -1", "f"), r"The recipe 'f': .*below"),
    ("in file", lambda: parse("[heuristics.r1]\ngamma = -1", "f.toml"), r"The recipe 'f\.toml': 'r1\.gamma'"),
    ("clash in file", lambda: parse("[heuristics.hinge]\n[heuristics.minimax]", "f"), r"The recipe 'f': '.*' fill the"),
]


@pytest.mark.parametrize(("act", "sentence"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_every_mistake_has_one_sentence(act: Any, sentence: str) -> None:
    with pytest.raises(SteadyganError, match=sentence) as refusal:
        act()
    text = str(refusal.value)
    assert "\n" not in text
    assert len(text) < 600


def test_a_binary_file_is_no_recipe(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SteadyganError, match="it is not text"):
        recipe(path)


def test_a_file_of_any_name_may_hold_a_recipe(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("[settings]\nbatch = 5\n[heuristics.ema]\nramp_up = 'off'\n")
    chosen = recipe(path)
    assert (chosen.name, chosen.settings.batch) == ("mine", 5)
    assert chosen.heuristics[0].parameters()["ramp_up"] is None
    assert "off" in chosen.to_toml()


def test_every_packaged_recipe_is_complete() -> None:
    classics = ("dcgan", "dcgan-hacks", "lsgan", "naive", "r3gan", "salimans", "sngan", "steady", "wgan-gp")
    assert recipe_names() == tuple(sorted((*classics, "conditional", "semi-supervised", "small-data")))
    for name in recipe_names():
        chosen = recipe(name)
        assert chosen.name == name
        assert chosen.summary.endswith(".")
        assert chosen.sources

from itertools import combinations

import pytest

from steadygan.errors import SteadyganError
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.recipes import recipe
from steadygan.study.designs import Variant, take_out_names, try_names, variants
from steadygan.study.edit import Edit, put_in, taken_out, toggled
from steadygan.study.trial import refusal, trial_name, trials
from tests import tiny

DCGAN = recipe("dcgan")


def named(found: tuple[Variant, ...]) -> dict[str, str]:
    return {variant.name: variant.change for variant in found}


def test_leave_one_out_takes_each_heuristic_of_the_recipe_out_by_itself() -> None:
    found = variants(DCGAN, take_out=take_out_names(["all"], DCGAN))
    assert len(found) == 1 + len(DCGAN.heuristics)
    for variant in found[1:]:
        changed = variant.edit.apply(DCGAN)
        assert {each.name for each in DCGAN.heuristics} - {each.name for each in changed.heuristics} == {
            *variant.edit.heuristics
        }


def test_add_one_in_tries_every_heuristic_that_the_recipe_lacks() -> None:
    names = try_names(["all"], DCGAN)
    assert {*names} | {each.name for each in DCGAN.heuristics} == {kind.name for kind in BUILT_IN}
    assert len(variants(DCGAN, try_in=names)) == 1 + len(names)


def test_pairs_come_with_their_parts_and_the_baseline_each_once() -> None:
    found = named(variants(DCGAN, take_out=["batch-norm"], pairs=["batch-norm", "r1", "ema"]))
    assert found == {
        "baseline": "baseline",
        "without batch-norm": "without",
        "with r1": "with",
        "with ema": "with",
        "with r1 without batch-norm": "pair",
        "with ema without batch-norm": "pair",
        "with r1 with ema": "pair",
    }


def test_a_full_factorial_has_every_combination_once() -> None:
    names = ["batch-norm", "r1", "ema", "leaky-relu"]
    found = variants(DCGAN, factorial=names)
    subsets = [{*some} for size in range(5) for some in combinations(names, size)]
    assert [{*variant.edit.heuristics} for variant in found] == subsets
    assert [variant.change for variant in found].count("factorial") == 4 + 1
    with pytest.raises(SteadyganError, match="128 variants"):
        variants(DCGAN, factorial=[kind.name for kind in BUILT_IN[:7]])


def test_a_number_can_be_tried_and_brings_its_heuristic() -> None:
    edit = put_in("r1.gamma=0.5", DCGAN)
    assert edit.name == "with r1.gamma=0.5"
    assert edit.heuristics == ("r1",)
    assert edit.apply(DCGAN).heuristics == DCGAN.with_("r1", gamma=0.5).heuristics
    assert put_in("batch=32", DCGAN).apply(DCGAN).settings.batch == 32


def test_what_the_recipe_lacks_cannot_be_taken_out_nor_what_it_has_be_put_in() -> None:
    with pytest.raises(SteadyganError, match="has no 'r1'"):
        taken_out("r1", DCGAN)
    with pytest.raises(SteadyganError, match="has 'batch-norm' already"):
        put_in("batch-norm", DCGAN)
    with pytest.raises(SteadyganError, match="did you mean 'batch-norm'"):
        toggled("batch-nrom", DCGAN)


def test_combinations_that_cannot_be_are_refused_with_the_reason() -> None:
    images = tiny.images()
    both = put_in("hinge", DCGAN) + put_in("wasserstein", DCGAN)
    assert "shares a slot" in refusal(both, DCGAN, images, False)
    clash = put_in("spectral-norm", DCGAN) + put_in("spectral-norm", DCGAN)
    assert refusal(clash, DCGAN, images, False) == ""
    assert "both decide" in refusal(put_in("equalised-lr", DCGAN), DCGAN, images, False)


def test_an_edit_that_changes_nothing_here_is_refused() -> None:
    assert refusal(put_in("horizontal-flip", DCGAN), DCGAN, tiny.vectors(), False) == (
        "'horizontal-flip' changes nothing for vectors"
    )
    assert refusal(put_in("horizontal-flip", DCGAN), DCGAN, tiny.images(), False) == ""
    assert refusal(Edit(), DCGAN, tiny.vectors(), False) == ""
    r3gan = recipe("r3gan")
    assert "decides itself" in refusal(put_in("average-pooling", r3gan), r3gan, tiny.images(), False)


def test_trials_have_names_for_folders_that_no_other_has() -> None:
    found = trials(variants(DCGAN, try_in=["r1", "r1.gamma=5", "r1.gamma=5.0"]), range(3, 5), {})
    names = [trial.name for trial in found]
    assert names[0] == "baseline-seed3"
    assert len(set(names)) == len(names) == 8
    assert all(name.replace("-", "").replace("=", "").replace(".", "").isalnum() for name in names)
    assert trial_name("with a/b:C", 0) != trial_name("with a-b-C", 0)
    assert [trial.seed for trial in found] == [3] * 4 + [4] * 4  # each seed of all variants before the next

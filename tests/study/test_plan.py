from pathlib import Path

import pytest

from steadygan.errors import SteadyganError
from steadygan.recipes import recipe
from steadygan.study.edit import Edit
from steadygan.study.plan import Plan, differences
from steadygan.study.planning import Request, make_plan, refuse_another_plan
from tests.study import fake


def test_a_plan_is_read_as_it_was_written() -> None:
    plan = fake.plan(try_in=("r1.gamma=5", "horizontal-flip"), search=3.0, recipe=None, threads=2)
    again = Plan.from_toml(plan.to_toml(), "there")
    assert again == plan
    assert [each.to_toml() for each in again.recipes] == [each.to_toml() for each in plan.recipes]


def test_a_damaged_plan_is_refused_in_a_sentence() -> None:
    for text in ("", "[", "version = 1", fake.plan().to_toml().replace("seeds = 2", "seeds = 0")):
        with pytest.raises(SteadyganError, match="'there' is no plan of a study"):
            Plan.from_toml(text, "there")


def test_trials_are_the_variants_with_each_seed() -> None:
    plan = fake.plan(training={"images": 64, "seed": 5}, seeds=3)
    assert len(plan.trials) == 3 * (1 + len(recipe("dcgan").heuristics))
    assert {trial.seed for trial in plan.trials} == {5, 6, 7}
    assert plan.training.stop_on == "critical"  # hopeless trials end early
    assert plan.training.device != "auto"


def test_refused_variants_are_trials_with_the_reason() -> None:
    plan = fake.plan(take_out=(), try_in=("horizontal-flip", "ema"))
    refused = [trial.name for trial in plan.trials if trial.refusal]
    assert refused == ["with-horizontal-flip-seed0", "with-horizontal-flip-seed1"]


def test_a_study_that_goes_on_takes_all_that_is_left_out_from_its_plan() -> None:
    plan = fake.plan(recipe="dcgan", edit=Edit(values={"batch": 16}), samples=500, training={"minutes": 2.0})
    assert make_plan(Request(), plan)[0] == plan
    same = Request(data="ring8", take_out=("all",), seeds=2, samples=500, training={"minutes": 2.0})
    assert differences(plan, make_plan(same, plan)[0]) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seeds": 3}, "seeds was 2 and is 3"),
        ({"training": {"images": 512}}, "training.images was 256 and is 512"),
        ({"training": {"minutes": 1.0}}, "training.images was 256 and is not there; training.minutes was not there"),
        ({"take_out": ("batch-norm",)}, "take_out was .*, batch-norm.* and is batch-norm"),
        ({"edit": Edit(values={"batch": 32})}, "recipe.settings.batch was 128 and is 32"),
        ({"data": "grid25"}, "data was ring8 and is grid25"),
    ],
)
def test_a_study_that_would_go_on_otherwise_is_refused_by_name(changed: dict[str, object], said: str) -> None:
    before = fake.plan()
    now, _ = make_plan(Request.model_validate(changed), before)
    with pytest.raises(SteadyganError, match=said):
        refuse_another_plan(before, now)


def test_what_cannot_be_planned_is_said() -> None:
    with pytest.raises(SteadyganError, match="Name the data"):
        make_plan(Request(), None)
    with pytest.raises(SteadyganError, match="Say what to compare"):
        make_plan(Request(data="ring8"), None)
    with pytest.raises(SteadyganError, match="shares the GPUs out itself"):
        fake.plan(training={"device": "cuda:1"})
    with pytest.raises(SteadyganError, match="seeds"):
        fake.plan(seeds=0)


def test_a_search_chooses_from_the_recipes_that_suit_the_data() -> None:
    plan = fake.plan(recipe=None, take_out=None, search=8.0, training={})
    names = [each.name for each in plan.recipes]
    assert names[0] == "steady"
    assert "dcgan" in names
    assert plan.training.minutes == 2.0
    assert fake.plan(recipe=None, take_out=None, try_in=("r1",), search=8.0).try_in == ("r1",)  # though steady has it
    with pytest.raises(SteadyganError, match="did you mean 'r1'"):
        fake.plan(recipe=None, take_out=None, try_in=("r11",), search=8.0)
    assert fake.plan(search=8.0, take_out=None).recipes == ()  # the one that was named


def test_a_file_is_named_with_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    monkeypatch.chdir(tmp_path)
    np.save("points.npy", np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32))
    assert fake.plan(data="points.npy").data == str(tmp_path / "points.npy")

import math

import pytest

from steadygan.errors import SteadyganError
from steadygan.study.analysis import Analysis, Effect, Verdict, analyse
from tests.study.example import factorial, known, table, trial


def by_name(found: Analysis) -> dict[str, Effect]:
    return {effect.heuristic: effect for effect in found.effects}


def test_known_effects_are_found_in_their_order() -> None:
    """Taking out what helps makes the score larger; the ratio is always that of runs with the heuristic."""
    found = analyse(table(known({"with r1": 0.7, "without batch-norm": 1.6, "with noise": 1.0, "with bad": 1.5})))
    assert [effect.heuristic for effect in found.effects] == ["batch-norm", "r1", "noise", "bad"]
    truth = {"r1": 0.7, "batch-norm": 1 / 1.6, "noise": 1.0, "bad": 1.5}
    for effect in found.effects:
        assert effect.score is not None
        assert effect.score.student is not None
        assert effect.score.student.low <= math.log(truth[effect.heuristic]) <= effect.score.student.high
        assert (effect.seeds, effect.scored, effect.settings) == (5, 5, 1)
    assert {name: effect.verdict for name, effect in by_name(found).items()} == {
        "batch-norm": Verdict.HELPS,
        "r1": Verdict.HELPS,
        "noise": Verdict.NO_DIFFERENCE,
        "bad": Verdict.HURTS,
    }
    assert by_name(found)["batch-norm"].taken_out
    assert not by_name(found)["r1"].taken_out


def test_pairs_of_the_same_seed_are_compared() -> None:
    """What seeds share cancels: the ratio is exact however much they differ."""
    rows = [trial("baseline", seed, 10.0**seed) for seed in range(5)]
    rows += [trial("with r1", seed, 0.5 * 10.0**seed) for seed in reversed(range(5))]
    (effect,) = analyse(table(rows)).effects
    assert effect.score is not None
    assert effect.score.values == pytest.approx([math.log(0.5)] * 5)
    assert (effect.better, effect.worse) == (5, 0)


def test_a_failure_is_not_dropped() -> None:
    """Two diverged of five: three scores are compared, all five seeds are, and survival counts both."""
    rows = known({"with r1": 0.5})
    for row in rows[-2:]:
        row.update(status="diverged", healthy=False, score=None)
    (effect,) = analyse(table(rows)).effects
    assert (effect.seeds, effect.comparisons, effect.scored) == (5, 5, 3)
    assert (effect.better, effect.worse) == (3, 2)
    assert (effect.survival_with.healthy, effect.survival_with.runs) == (3, 5)
    assert effect.verdict is Verdict.NO_DIFFERENCE


def test_scores_of_survivors_are_not_believed_where_more_runs_fail() -> None:
    rows = known({"with r1": 0.5}, seeds=12)
    for row in rows[-6:]:
        row.update(status="diverged", healthy=False, score=None)
    (effect,) = analyse(table(rows)).effects
    assert effect.score_chance is not None
    assert effect.score_chance < 0.05
    assert effect.verdict is not Verdict.HELPS


@pytest.mark.parametrize(("variant", "verdict"), [("without r1", Verdict.RESCUES), ("with r1", Verdict.BREAKS)])
def test_a_heuristic_without_which_every_run_fails(variant: str, verdict: Verdict) -> None:
    rows = known({})
    rows += [trial(variant, seed, None, status="diverged", healthy=False) for seed in range(5)]
    (effect,) = analyse(table(rows)).effects
    assert effect.verdict is verdict
    assert effect.score is None


def test_a_stopped_run_has_no_score_to_compare() -> None:
    rows = known({"with r1": 1.0})
    rows[-1].update(status="stopped", healthy=False, score=1.0)
    (effect,) = analyse(table(rows)).effects
    assert (effect.scored, effect.worse >= 1) == (4, True)


def test_refused_recipes_never_ran() -> None:
    rows = known({})
    rows += [
        trial("with r1", seed, None, status="refused", healthy=None, reason="r1 needs a gradient", speed=None)
        for seed in range(5)
    ]
    found = analyse(table(rows))
    (effect,) = found.effects
    assert effect.verdict is Verdict.NOT_TRIED
    assert effect.reason == "r1 needs a gradient"
    assert effect.survival_with.runs == 0
    assert found.best is not None
    assert found.best.is_baseline


def test_nothing_but_refusals_and_nothing_at_all() -> None:
    rows = [trial(name, 0, None, status="refused", healthy=None) for name in ("baseline", "with r1")]
    found = analyse(table(rows))
    assert found.best is None
    assert [effect.verdict for effect in found.effects] == [Verdict.NOT_TRIED]
    nothing = analyse(table(rows).iloc[:0])
    assert (nothing.best, nothing.effects, nothing.variants) == (None, (), ())


def test_all_failed() -> None:
    rows = [
        trial(name, seed, None, status="diverged", healthy=False)
        for name in ("baseline", "with r1")
        for seed in range(5)
    ]
    found = analyse(table(rows))
    (effect,) = found.effects
    assert (effect.verdict, effect.better, effect.worse) == (Verdict.NO_DIFFERENCE, 0, 0)
    assert found.best is None
    assert found.variants[0].median == math.inf


@pytest.mark.parametrize("seeds", [1, 4])
def test_few_seeds_are_too_few(seeds: int) -> None:
    found = analyse(table(known({"with r1": 0.1}, seeds)))
    assert found.effects[0].verdict is Verdict.TOO_FEW
    assert found.best is not None
    assert not found.best.sure


def test_a_trial_that_was_done_twice_counts_once() -> None:
    rows = known({"with r1": 0.7})
    (effect,) = analyse(table(rows + rows[-2:])).effects
    assert effect.comparisons == 5


def test_many_questions_are_asked_at_once() -> None:
    """Each p-value grows with the number of heuristics, at most by that number."""
    alone = by_name(analyse(table(known({"with r1": 0.9}))))["r1"]
    among = by_name(analyse(table(known({"with r1": 0.9} | {f"with h{n}": 1.0 for n in range(9)}))))["r1"]
    assert alone.score_chance is not None
    assert among.score_chance is not None
    assert alone.score_chance < among.score_chance <= 10 * alone.score_chance + 1e-12


def test_what_a_machine_let_down_says_nothing_of_its_recipe() -> None:
    rows = known({"with r1": 0.7})
    rows[-1].update(status="failed", healthy=None, score=None, reason="no space is left")
    (effect,) = analyse(table(rows)).effects
    assert (effect.seeds, effect.survival_with.runs, effect.better) == (4, 4, 4)
    assert effect.reason == "no space is left"


def test_two_values_of_one_number_are_two_effects() -> None:
    rows = known({"with r1.gamma=1": 0.7, "with r1.gamma=100": 1.4})
    for row in rows[5:]:
        row["heuristics"] = ["r1"]
    found = by_name(analyse(table(rows)))
    assert found["r1.gamma=1"].verdict is Verdict.HELPS
    assert found["r1.gamma=100"].verdict is Verdict.HURTS


def test_speed_is_compared_in_pairs_too() -> None:
    rows = [trial("baseline", seed, 20.0, speed=100.0 + seed) for seed in range(5)]
    rows += [trial("with r1", seed, 20.0, speed=0.5 * (100.0 + seed)) for seed in range(5)]
    (effect,) = analyse(table(rows)).effects
    assert effect.speed is not None
    assert effect.speed.ratio == pytest.approx(0.5)


def test_effects_and_interactions_of_a_factorial_design() -> None:
    """r1 and ema help by themselves, and undo half of one another; flip does nothing."""
    log_effects = {frozenset({"r1"}): -0.5, frozenset({"ema"}): -0.3, frozenset({"r1", "ema"}): 0.25}
    found = analyse(table(factorial(["r1", "ema", "flip"], log_effects)))
    effects = by_name(found)
    assert {effect.settings for effect in found.effects} == {4}
    for name, truth in {"r1": -0.5 + 0.125, "ema": -0.3 + 0.125, "flip": 0.0}.items():
        score = effects[name].score
        assert score is not None
        assert score.mean == pytest.approx(truth, abs=0.02)
        assert len(score.values) == 5
        assert effects[name].comparisons == 20
    together = {(each.first, each.second): each for each in found.interactions}
    assert set(together) == {("r1", "ema"), ("r1", "flip"), ("ema", "flip")}
    for pair, truth in {("r1", "ema"): 0.25, ("r1", "flip"): 0.0, ("ema", "flip"): 0.0}.items():
        score = together[pair].score
        assert score is not None
        assert score.mean == pytest.approx(truth, abs=0.04)
        assert together[pair].seeds == 5


def test_the_sign_of_an_interaction_does_not_depend_on_the_baseline() -> None:
    """Log score 0.3 only where both are there; the baseline has a and not b."""
    rows = []
    for variant, change, names, log_score in (
        ("baseline", "baseline", [], 0.0),
        ("without a", "without", ["a"], 0.0),
        ("with b", "with", ["b"], 0.3),
        ("with b without a", "pair", ["a", "b"], 0.0),
    ):
        rows += [trial(variant, s, math.exp(log_score), change=change, heuristics=names) for s in range(5)]
    found = analyse(table(rows))
    (together,) = found.interactions
    assert together.score is not None
    assert together.score.mean == pytest.approx(0.3)
    assert by_name(found)["a"].settings == 1  # on the baseline, not in the pair


def test_a_search_has_recipes_but_no_effects() -> None:
    rows = [trial(f"recipe {n}", 0, 20.0 - n, change="search", heuristics=["r1"]) for n in range(3)]
    found = analyse(table(rows))
    assert found.effects == ()
    assert found.best is not None
    assert found.best.variant.name == "recipe 2"


def test_a_table_of_something_else_is_refused() -> None:
    with pytest.raises(SteadyganError, match="no column 'score'"):
        analyse(table([trial()]).drop(columns="score"))

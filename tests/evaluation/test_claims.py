"""The verdicts on claims, the results that are kept, and the table of docs/claims.md."""

import math
from pathlib import Path

import pytest
from scipy.stats import binom

from benchmarks.claims import document, results, run
from benchmarks.claims.claim import Arms, Claim, Theory
from benchmarks.claims.registry import claims
from benchmarks.claims.verdict import Verdict, interval, judge
from steadygan.heuristics.catalogue import BUILT_IN


def _claim(**changed: object) -> Claim:
    fields: dict[str, object] = {
        "name": "r1/test",
        "says": "It helps.",
        "source": "Someone 2020",
        "setting": "Here",
        "figure": "distance",
        "better": "lower",
        "measure": lambda seed: {"without": 2.0, "with": 1.0},
    }
    return Claim(**{**fields, **changed})  # type: ignore[arg-type]


def _seeds(*pairs: tuple[float, float]) -> list[Arms]:
    return [{"without": without, "with": with_} for without, with_ in pairs]


@pytest.mark.parametrize("count", [6, 7, 8, 9, 12, 20])
def test_the_interval_is_that_of_the_sign_test(count: int) -> None:
    values = [float(each) for each in range(count)]
    low, high = interval(values[::-1])
    # The largest rank k so that fewer than k of n fair coins come heads with a chance of at most 2.5 %.
    rank = max(k for k in range(1, count) if binom.cdf(k - 1, count, 0.5) <= 0.025)
    assert (low, high) == (values[rank - 1], values[count - rank])


def test_five_seeds_have_no_interval() -> None:
    assert all(math.isnan(end) for end in interval([1.0] * 5))


@pytest.mark.parametrize(
    ("pairs", "least", "verdict"),
    [
        ([(2.0, 1.0)] * 6, 0.5, Verdict.HOLDS),
        ([(2.0, 1.0)] * 6, 1.5, Verdict.IN_PART),
        ([(1.0, 2.0)] * 6, 0.5, Verdict.REFUTED),
        ([(1.0, 1.0)] * 6, 0.0, Verdict.NOT_SEEN),
        ([(2.0, 1.0)] * 5 + [(1.0, 2.0)], 0.0, Verdict.NOT_SEEN),
        ([(math.inf, 1.0)] * 6, 0.5, Verdict.HOLDS),
        ([(math.inf, math.inf)] * 6, 0.5, Verdict.NOT_SEEN),
        # No worse is enough for a claim that nothing is lost.
        ([(1.0, 1.1)] * 6, -0.2, Verdict.HOLDS),
        ([(1.0, 1.3)] * 6, -0.2, Verdict.REFUTED),
        ([(1.0, 1.1)] * 5 + [(1.0, 1.3)], -0.2, Verdict.NOT_SEEN),
    ],
)
def test_verdicts(pairs: list[tuple[float, float]], least: float, verdict: Verdict) -> None:
    found = judge(_claim(least=least), _seeds(*pairs))
    assert found is not None
    assert found.verdict is verdict


def test_higher_may_be_better() -> None:
    found = judge(_claim(better="higher"), _seeds(*[(1.0, 3.0)] * 6))
    assert found is not None
    assert (found.effect, found.verdict) == (2.0, Verdict.HOLDS)


def test_a_ratio_is_judged_by_its_factor() -> None:
    claim = _claim(scale="ratio", least=10.0)
    found = judge(claim, _seeds(*[(200.0, 1.0)] * 3, *[(20.0, 1.0)] * 3))
    assert found is not None
    assert found.verdict is Verdict.HOLDS
    assert math.isclose(math.exp(found.low), 20.0)
    none_left = judge(claim, _seeds(*[(1.0, 0.0)] * 6))
    assert none_left is not None
    assert none_left.low == math.inf


def test_a_missed_number_of_theory_is_in_part() -> None:
    found = judge(_claim(theory=Theory(0.9, 0.05)), _seeds(*[(2.0, 1.0)] * 6))
    assert found is not None
    assert found.verdict is Verdict.IN_PART


def test_missing_seeds_have_no_verdict_and_say_so() -> None:
    claim = _claim()
    assert judge(claim, _seeds(*[(2.0, 1.0)] * 5)) is None
    assert document.row(claim, None)[-1] == "not run yet"


def test_results_survive_a_line_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / results.FILE
    results.append(path, "r1/test", 0, {"without": math.inf, "with": 1.0}, 0.1)
    with path.open("a") as file:
        file.write('{"claim": "r1/te')
    results.append(path, "r1/test", 1, {"without": 2.0, "with": 1.0}, 0.1)
    assert results.read(path) == {"r1/test": {0: {"without": math.inf, "with": 1.0}, 1: {"without": 2.0, "with": 1.0}}}


def test_only_what_is_missing_is_run(tmp_path: Path) -> None:
    claim, done = _claim(), {"r1/test": {0: {"without": 2.0, "with": 1.0}}}
    queue = run.missing([claim], done)
    assert [seed for _, seed in queue] == [1, 2, 3, 4, 5]
    run.run(queue, tmp_path / results.FILE, 60.0)
    assert set(results.read(tmp_path / results.FILE)["r1/test"]) == {1, 2, 3, 4, 5}


def test_the_table_has_a_row_for_each_claim_in_the_order_of_the_catalogue() -> None:
    found = {"r1/test": {seed: {"without": 2.0, "with": 1.0} for seed in range(6)}}
    text = document.text([_claim(name="ema/test"), _claim()], found)
    rows = [line for line in text.splitlines() if line.startswith("| [")]
    assert [row.split("]")[0] for row in rows] == ["| [r1", "| [ema"]
    assert rows[0].endswith("| 2 | 1 | 1 (1 to 1) | **holds** (6 seeds) |")
    assert rows[1].endswith("|  |  |  | not run yet |")


def test_claims_have_names_of_their_own_and_seeds_enough() -> None:
    names = [claim.name for claim in claims()]
    assert len(names) == len(set(names))
    assert {claim.heuristic for claim in claims()} <= {kind.name for kind in BUILT_IN}
    assert all(len(claim.seeds) >= 6 for claim in claims())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.99931, "0.99931"),
        (1.0, "1"),
        (0.12345, "0.123"),
        (12_345.6, "12,346"),
        (3.4e7, "3.4e7"),
        (math.inf, "diverges"),
    ],
)
def test_numbers_of_the_table(value: float, text: str) -> None:
    assert document.number(value) == text

"""Findings begin, last and end with the rows, and are the same however the rows are read."""

from typing import Any

import pytest

from steadygan.doctor import Evidence, Examiner, Severity
from steadygan.doctor.history import History, Setting
from steadygan.doctor.rule import Rule
from steadygan.doctor.rules import RULES
from steadygan.vocabulary import Failure

SETTING = Setting(wanted=1000)


def low(history: History) -> tuple[Evidence, ...]:
    value = float(history.last("x")[-1])
    return (Evidence(figure="x", value=value, sentence="x is low"),) if value < 1 else ()


RULE = Rule(Failure.MODE_COLLAPSE, Severity.WARNING, ("x",), low, persists=3, after=0.2)


def rows(values: list[float]) -> list[dict[str, Any]]:
    return [{"images": 100 * place, "x": value} for place, value in enumerate(values)]


def test_a_finding_needs_to_persist_and_says_since_when() -> None:
    examiner = Examiner(SETTING, [RULE])
    found = [examiner.add(row) for row in rows([0, 0, 0, 2, 0, 0, 0, 0])]
    assert [len(each) for each in found] == [0, 0, 0, 0, 0, 0, 1, 0]  # before 200 images nothing counts
    (finding,) = found[6]
    assert (finding.since, finding.seen_at, finding.ended_at) == (400, 600, None)
    assert finding.evidence[0].sentence == "x is low"


def test_a_finding_ends_when_it_was_not_seen_as_long() -> None:
    examiner = Examiner(SETTING, [RULE]).read(rows([2, 2, 0, 0, 0, 2, 2, 0, 2, 2, 2, 2]))
    (finding,) = examiner.findings
    assert (finding.since, finding.ended_at) == (200, 1000)
    assert examiner.lasting == []


def test_rows_without_the_figure_change_nothing() -> None:
    mixed = [row for each in rows([2, 2, 0, 0, 0]) for row in (each, {"images": each["images"], "y": 1.0})]
    assert (
        Examiner(SETTING, [RULE]).read(mixed).findings == Examiner(SETTING, [RULE]).read(rows([2, 2, 0, 0, 0])).findings
    )


def test_a_history_keeps_what_is_no_number_as_nan() -> None:
    history = History.of([{"images": 5, "a": None, "b": 2}, {"images": 9, "a": 1.5}])
    assert history.images == 9
    assert history.last("a", 2)[1] == 1.5
    assert history.last("a", 2)[0] != history.last("a", 2)[0]
    assert history.times("a") == [5, 9]
    assert len(history.last("c")) == 0


def healthy(images: int, **other: float | None) -> dict[str, Any]:
    usual = {
        "not_finite": 0,
        "discriminator/gradient_norm": 5.0,
        "generator/gradient_norm": 4.0,
        "doctor/separation": 0.9,
        "doctor/variety": 1.0,
        "doctor/twins": 0.0,
        "doctor/distance": 0.01,
        "doctor/mean_gap": 0.1,
        "doctor/contrast": 1.0,
        "doctor/saturated": 0.0,
        "doctor/drift": 0.3,
        "doctor/update/generator": 3e-3,
        "doctor/update/discriminator": 2e-3,
        "doctor/empty_bins": 0.02,
        "doctor/checkerboard": 2.0,
        "doctor/checkerboard/data": 2.0,
        "doctor/recall": 0.6,
        "doctor/detail": 1.0,
        "doctor/lowest": -0.99,
        "doctor/highest": 0.99,
        "doctor/lowest/data": -1.0,
        "doctor/highest/data": 1.0,
    }
    return {
        "images": images,
        **usual,
        **{f"doctor/{name}".replace("doctor/raw/", ""): value for name, value in other.items()},
    }


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"raw/not_finite": 3}, Failure.NOT_FINITE),
        ({"update/generator": 0.0}, Failure.STALLED),
        ({"variety": 0.05}, Failure.MODE_COLLAPSE),
        ({"separation": 0.05, "distance": 0.6}, Failure.GARBAGE_FOOLING),
        ({"separation": 1.0, "distance": 0.6}, Failure.DISCRIMINATOR_WINS),
        ({"drift": 0.9, "distance": 0.4}, Failure.OSCILLATION),
        ({"empty_bins": 0.8}, Failure.MODE_DROPPING),
        ({"recall": 0.0}, Failure.MODE_DROPPING),
        ({"distance": 0.3}, Failure.STALLED),
        ({"detail": 4.0}, Failure.GARBAGE_FOOLING),
        ({"mean_gap": 2.0}, Failure.PREPROCESSING_MISMATCH),
        ({"lowest/data": 0.0}, Failure.PREPROCESSING_MISMATCH),
        ({"highest/data": 255.0}, Failure.PREPROCESSING_MISMATCH),
        ({"saturated": 0.8}, Failure.SATURATED_OUTPUT),
        ({"checkerboard": 40.0}, Failure.CHECKERBOARD),
        ({"raw/discriminator/gradient_norm": 1e5}, Failure.EXPLODING_GRADIENTS),
        ({"held_out": 0.95}, Failure.DISCRIMINATOR_OVERFITS),
    ],
)
def test_each_failure_is_found_where_its_figures_say_so(changed: dict[str, float], kind: Failure) -> None:
    before = [healthy(1280 * place) for place in range(1, 20)]
    after = [healthy(1280 * place, **changed) for place in range(20, 40)]
    examiner = Examiner(Setting()).read(before)
    assert examiner.findings == []
    examiner.read(after)
    assert kind in {finding.kind for finding in examiner.lasting}
    assert examiner.lasting[0].since >= 1280 * 20


@pytest.mark.parametrize(
    "changed",
    [
        {"lowest/data": 0.0, "lowest": 0.0},  # both end in a sigmoid
        {"highest/data": 2.6, "highest": 2.5},  # the generator's last layer has no bound
    ],
)
def test_ranges_that_the_generator_shares_are_no_mismatch(changed: dict[str, float]) -> None:
    assert Examiner(Setting()).read(healthy(1280 * place, **changed) for place in range(1, 60)).findings == []


def test_what_lasts_for_long_is_critical() -> None:
    won = [healthy(1280 * place, separation=1.0, distance=0.6) for place in range(20, 50)]
    found = Examiner(Setting()).read(won).findings
    assert {each.severity for each in found if each.kind is Failure.DISCRIMINATOR_WINS} == set(Severity)


def test_fakes_that_come_nearer_do_not_stand_still() -> None:
    nearer = [healthy(1280 * place, distance=0.9**place + 0.1) for place in range(1, 60)]
    assert Failure.STALLED not in {each.kind for each in Examiner(Setting(wanted=10_000)).read(nearer[:15]).findings}


def test_a_healthy_history_has_no_findings() -> None:
    assert Examiner(Setting()).read(healthy(1280 * place) for place in range(1, 60)).findings == []


def test_every_failure_has_a_meaning_and_rules_name_figures() -> None:
    from steadygan.doctor.meanings import MEANINGS

    assert set(MEANINGS) == set(Failure)
    assert all(sentence.count(".") >= 2 for sentence in MEANINGS.values())
    assert all(rule.reads for rule in RULES)

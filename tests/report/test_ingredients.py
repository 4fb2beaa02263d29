from steadygan.heuristics.penalties import R1
from steadygan.report.ingredients import Parameter, filled_slots
from steadygan.vocabulary import Slot
from tests.report.example import RECIPE


def test_each_slot_holds_what_the_recipe_puts_there() -> None:
    held = {slot.name: [item.name for item in slot.ingredients] for slot in filled_slots(RECIPE)}
    assert list(held) == [slot.value for slot in Slot]
    assert held["penalty"] == ["r1", "r2"]
    assert held["objective"] == ["relativistic"]
    assert held["target"] == []


def test_a_heuristic_comes_with_its_card_and_departures_from_defaults() -> None:
    slots = {slot.name: slot for slot in filled_slots({"heuristics": {"r1": {"gamma": 5.0}}})}
    (r1,) = slots["penalty"].ingredients
    assert r1.card is R1.card
    parameters = {parameter.name: parameter for parameter in r1.parameters}
    assert parameters["gamma"] == Parameter("gamma", "5", default="1")
    assert parameters["every"] == Parameter("every", str(R1().every))


def test_a_heuristic_of_another_version_is_shown_without_a_card() -> None:
    strange = filled_slots({"heuristics": {"time-travel": {"years": 3, "back": True}}})[-1]
    assert strange.name == "unknown"
    assert strange.ingredients[0].card is None
    assert strange.ingredients[0].parameters == (Parameter("years", "3"), Parameter("back", "true"))


def test_a_recipe_that_is_missing_fills_no_slot() -> None:
    assert not any(slot.ingredients for slot in filled_slots({}))
    assert not any(slot.ingredients for slot in filled_slots({"heuristics": 3}))

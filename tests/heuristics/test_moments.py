"""The moments: one method each, and no heuristic that acts at one without saying so in its header."""

import inspect

import pytest

from steadygan.heuristics import moments
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.catalogue import BUILT_IN, sort_key
from steadygan.heuristics.inputs import DiffAugment, ExperienceReplay, InstanceNoise
from steadygan.heuristics.objectives import Hinge
from steadygan.heuristics.penalties import R1, Lecam
from steadygan.heuristics.targets import NoisyLabels, SoftLabels

MOMENTS = [getattr(moments, name) for name in moments.__all__ if name != "Memory"]


def method_of(moment: type) -> str:
    (name,) = moment.__abstractmethods__  # type: ignore[attr-defined]  # every moment is abstract
    return str(name)


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
def test_a_moment_has_one_method_and_nothing_else(moment: type) -> None:
    own = [name for name, value in vars(moment).items() if inspect.isfunction(value) and not name.startswith("_")]
    assert own == [method_of(moment)]
    assert inspect.isabstract(moment)


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_who_acts_at_a_moment_says_so(kind: type[Heuristic]) -> None:
    for moment in MOMENTS:
        assert hasattr(kind, method_of(moment)) is issubclass(kind, moment)


def test_heuristics_are_sorted_by_slot_then_by_the_order_that_they_declare_then_by_name() -> None:
    chosen = [R1(), InstanceNoise(), Lecam(), Hinge(), SoftLabels(), ExperienceReplay(), NoisyLabels(), DiffAugment()]
    assert [each.name for each in sorted(chosen, key=sort_key)] == [
        "noisy-labels",
        "soft-labels",
        "experience-replay",
        "diff-augment",
        "instance-noise",
        "hinge",
        "lecam",
        "r1",
    ]

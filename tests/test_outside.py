"""Heuristics, networks and data from outside of the package, without anything installed."""

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from torch import Tensor

import steadygan as sg
from steadygan.data import DataSettings, prepare
from steadygan.errors import SteadyganError
from steadygan.heuristics.card import Card
from steadygan.heuristics.catalogue import heuristic_class, reference
from steadygan.heuristics.penalties import R1
from steadygan.heuristics.roles import InputHeuristic, Objective
from steadygan.heuristics.turn import Turn
from steadygan.networks import network_family
from steadygan.recipes import parse
from steadygan.vocabulary import Side
from tests import tiny

HERE = "tests.test_outside"


class Dimmed(InputHeuristic):
    """Every input, darker."""

    name: ClassVar[str] = "dimmed"
    card: ClassVar[Card] = R1.card
    order: ClassVar[int] = 2
    factor: float = 0.5

    def apply(self, images: Tensor, side: Side, turn: Turn) -> Tensor:
        """Darken."""
        return self.factor * images


class StrongerR1(R1):
    """A subclass that keeps the name of what it inherits from."""

    gamma: float = 7.0


class Demanding(InputHeuristic):
    """Has a parameter without a default."""

    name: ClassVar[str] = "demanding"
    card: ClassVar[Card] = R1.card
    factor: float


class Unfinished(Objective):
    """Has a name and no loss."""

    name: ClassVar[str] = "unfinished"
    card: ClassVar[Card] = R1.card


def pictures() -> tuple[np.ndarray, np.ndarray]:
    """Eight images of two classes."""
    return np.arange(8 * 64, dtype=np.uint8).reshape(8, 8, 8), np.arange(8) % 2


def nothing() -> str:
    """No array."""
    return "nothing"


def test_an_object_and_its_reference_put_the_same_into_a_recipe() -> None:
    by_object = sg.recipe("steady").with_(Dimmed(factor=0.25))
    by_name = sg.recipe("steady").with_(f"{HERE}:Dimmed", factor=0.25)
    assert by_object == by_name
    assert by_object.change(values={"dimmed.factor": 0.75}).get(Dimmed) == Dimmed(factor=0.75)
    assert not by_object.without("dimmed").has("dimmed")
    assert sg.recipe("steady").with_(f"{HERE}:Demanding", factor=3).get(Demanding) == Demanding(factor=3)
    assert not by_object.without(f"{HERE}:Dimmed").has("dimmed")
    chosen = by_object.with_("diff-augment").with_("instance-noise")
    assert [each.name for each in chosen.inputs] == ["diff-augment", "dimmed", "instance-noise"]


def test_a_recipe_with_it_survives_a_file_as_the_very_class() -> None:
    for heuristic in (Dimmed(factor=0.25), StrongerR1()):
        chosen = sg.recipe("steady").with_(heuristic)
        again = parse(chosen.to_toml(), "file")
        assert again == chosen
        assert type(again.get(type(heuristic))) is type(heuristic)
    assert reference(R1) == "r1"
    assert reference(StrongerR1) == f"{HERE}:StrongerR1"


def test_it_trains_and_goes_on_bit_for_bit(tmp_path: Path) -> None:
    recipe = tiny.small("dcgan").with_(Dimmed()).with_(StrongerR1(every=2))
    one = sg.train(tiny.images(), recipe, images=64, out=tmp_path / "one", device="cpu", precision="fp32")
    sg.train(tiny.images(), recipe, images=24, out=tmp_path / "other", device="cpu", precision="fp32")
    other = sg.resume(tmp_path / "other", images=64, data=tiny.images())
    assert np.array_equal(one.sample(4), other.sample(4))
    saved = (tmp_path / "one" / "recipe.toml").read_text("utf-8")
    assert f'[heuristics."{HERE}:StrongerR1"]' in saved


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (f"{HERE}:Unfinished", "does not say what it does; define __call__"),
        (f"{HERE}:pictures", "is not a heuristic"),
        (f"{HERE}:Missing", "has no 'Missing'"),
        ("no_such_package:Thing", "cannot be imported"),
        ("dimed", "There is no heuristic 'dimed'"),
    ],
)
def test_what_is_no_heuristic_is_refused_in_one_sentence(name: str, words: str) -> None:
    with pytest.raises(SteadyganError, match=words) as refused:
        heuristic_class(name)
    assert "\n" not in str(refused.value)


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(SteadyganError, match="is no network"):
        network_family(f"{HERE}:pictures")
    with pytest.raises(SteadyganError, match="There is no network 'dcgam'"):
        network_family("dcgam")


def test_a_function_is_a_data_source(tmp_path: Path) -> None:
    data = prepare(f"{HERE}:pictures", DataSettings(), cache=tmp_path)
    images, labels = pictures()
    assert np.array_equal(np.asarray(data.images)[..., 0], images)
    assert data.labels is not None
    assert np.array_equal(data.labels, labels)
    with pytest.raises(SteadyganError, match="return an array of images"):
        prepare(f"{HERE}:nothing", DataSettings(), cache=tmp_path)

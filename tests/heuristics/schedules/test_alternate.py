import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from steadygan.heuristics.schedules import Alternate, alternate
from steadygan.vocabulary import Player

from ..truth import FakeState


def test_by_default_each_player_moves_once_the_discriminator_first() -> None:
    assert alternate() == (Player.DISCRIMINATOR, Player.GENERATOR)
    assert Alternate().moves(FakeState()) == (Player.DISCRIMINATOR, Player.GENERATOR)


@given(k=st.integers(1, 100), m=st.integers(1, 100))
def test_the_discriminator_makes_its_moves_before_the_generator(k: int, m: int) -> None:
    moves = Alternate(discriminator_moves=k, generator_moves=m).moves(FakeState())
    assert moves == alternate(k, m)
    assert list(moves) == [Player.DISCRIMINATOR for _ in range(k)] + [Player.GENERATOR for _ in range(m)]


@pytest.mark.parametrize("field", ["discriminator_moves", "generator_moves"])
@pytest.mark.parametrize("moves", [0, -1, 101, 1.5])
def test_impossible_numbers_of_moves_are_refused(field: str, moves: float) -> None:
    with pytest.raises(ValidationError):
        Alternate.model_validate({field: moves})

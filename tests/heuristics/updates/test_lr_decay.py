import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from steadygan.heuristics.updates import LrDecay, linear_decay
from steadygan.vocabulary import Player

IMAGES = st.integers(0, 10**9)


@pytest.mark.parametrize(
    ("images_seen", "left"), [(0, 1.0), (1_000, 1.0), (2_000, 0.775), (3_000, 0.55), (5_000, 0.1), (10**9, 0.1)]
)
def test_the_decay_is_a_straight_line_between_its_ends(images_seen: int, left: float) -> None:
    assert linear_decay(images_seen, start=1_000, images=5_000, floor=0.1) == pytest.approx(left)
    assert LrDecay(start=1_000, images=5_000, floor=0.1).rate(Player.GENERATOR, images_seen) == pytest.approx(left)


@given(now=IMAGES, later=IMAGES, start=st.integers(0, 10**8), length=st.integers(1, 10**8), floor=st.floats(0, 1))
def test_the_decay_stays_within_its_bounds_and_never_rises(
    now: int, later: int, start: int, length: int, floor: float
) -> None:
    def left(images_seen: int) -> float:
        return linear_decay(images_seen, start, start + length, floor)

    assert floor - 1e-12 <= left(now) <= 1
    assert left(now + later) <= left(now) + 1e-12
    assert left(start) == 1
    assert left(start + length) == pytest.approx(floor)


@given(start=st.integers(0, 10**6), half=st.integers(1, 10**6), floor=st.floats(0, 1))
def test_half_way_half_of_what_goes_is_gone(start: int, half: int, floor: float) -> None:
    assert linear_decay(start + half, start, start + 2 * half, floor) == pytest.approx((1 + floor) / 2)


@given(images=IMAGES)
def test_both_players_decay_alike(images: int) -> None:
    heuristic = LrDecay()
    assert heuristic.rate(Player.GENERATOR, images) == heuristic.rate(Player.DISCRIMINATOR, images)


@pytest.mark.parametrize(
    "parameters", [{"start": -1}, {"images": 0}, {"floor": -0.1}, {"floor": 1.1}, {"start": 2_000_000}]
)
def test_impossible_decays_are_refused(parameters: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        LrDecay.model_validate(parameters)

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from steadygan.heuristics.updates import TwoTimeScales, two_time_scales
from steadygan.vocabulary import Player

IMAGES = st.integers(0, 10**9)


def test_by_default_the_discriminator_is_four_times_as_fast_around_the_base_rate() -> None:
    fast, slow = two_time_scales(Player.DISCRIMINATOR), two_time_scales(Player.GENERATOR)
    assert (2e-4 * fast, 2e-4 * slow) == pytest.approx((4e-4, 1e-4))
    assert fast * slow == 1


@given(images=IMAGES, discriminator=st.floats(1e-3, 1e3), generator=st.floats(1e-3, 1e3))
def test_two_time_scales_do_not_change_over_time(images: int, discriminator: float, generator: float) -> None:
    heuristic = TwoTimeScales(discriminator=discriminator, generator=generator)
    assert heuristic.rate(Player.DISCRIMINATOR, images) == discriminator
    assert heuristic.rate(Player.GENERATOR, images) == generator


@pytest.mark.parametrize("field", ["discriminator", "generator"])
@pytest.mark.parametrize("value", [0, -1, float("inf")])
def test_impossible_factors_are_refused(field: str, value: float) -> None:
    with pytest.raises(ValidationError):
        TwoTimeScales.model_validate({field: value})

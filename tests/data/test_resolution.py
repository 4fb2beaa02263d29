import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadygan.data import DataSettings
from steadygan.data.resolution import choose_resolution
from steadygan.errors import SteadyganError


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"resolution": 7}, "8 to 256, not 7"),
        ({"resolution": 257}, "8 to 256"),
        ({"resolution": True}, "whole number"),
        ({"resolution": "large"}, "'large'"),
        ({"channels": 2}, "1 .grey. or 3"),
        ({"background": "whit"}, "did you mean 'white'"),
        ({"background": "#12345"}, "#rrggbb"),
        ({"background": "#11223344"}, "#rrggbb"),
        ({"background": 5}, "not 5"),
        ({"max_pixels": 0}, "above 0"),
        ({"resolutoin": 64}, "did you mean 'resolution'"),
    ],
)
def test_impossible_settings_are_refused_in_a_sentence(values, sentence):
    with pytest.raises(SteadyganError, match=sentence):
        DataSettings(**values)


def test_backgrounds_are_names_or_numbers():
    assert DataSettings().background_rgb == (255, 255, 255)
    assert DataSettings(background="#010203").background_rgb == (1, 2, 3)
    assert DataSettings(background="navy").background_rgb == (0, 0, 128)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(28, 28)] * 5, 28),
        ([(8, 8)], 8),
        ([(64, 64)] * 3, 64),
        ([(100, 100)] * 3, 64),
        ([(28, 30)] * 3, 24),
        ([(500, 400), (300, 900)], 64),
        # nine of ten reach 50, the tenth is small
        ([(50, 60)] * 9 + [(9, 9)], 48),
        ([(50, 60)] * 8 + [(9, 9)] * 2, 8),
        ([(1, 1)], 8),
    ],
)
def test_the_resolution_of_a_folder_follows_its_sizes(sizes, expected):
    assert choose_resolution(sizes, largest_kept_size=64) == expected


@given(st.lists(st.tuples(st.integers(1, 3000), st.integers(1, 3000)), min_size=1, max_size=30))
def test_a_chosen_resolution_enlarges_at_most_a_tenth(sizes):
    resolution = choose_resolution(sizes, largest_kept_size=64)
    assert 8 <= resolution <= 64
    enlarged = sum(min(size) < resolution for size in sizes)
    assert enlarged <= len(sizes) / 10 or resolution == 8


def test_square_arrays_keep_larger_sizes():
    assert choose_resolution([(200, 200)], largest_kept_size=256) == 200
    assert choose_resolution([(300, 300)], largest_kept_size=256) == 64

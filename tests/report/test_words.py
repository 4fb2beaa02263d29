import pytest

from steadygan.report.words import count, duration, figure, moment, percent, spaced, value_in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (298, "4 min 58 s"), (7500, "2 h 05 min"), (90_000, "1 d 1 h")],
)
def test_durations_use_the_two_largest_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.012345, "0.01235"),
        (2013.4, "2,013"),
        (3.14e-7, "3.14e-07"),
        (0.0, "0"),
        (-0.571, "−0.571"),
        (None, "not finite"),
    ],
)
def test_measured_numbers_have_four_significant_digits(value: float | None, words: str) -> None:
    assert figure(value) == words


def test_counts_are_separated_by_thousands() -> None:
    assert count(600_000) == "600,000"


def test_a_moment_is_written_out_and_anything_else_is_left_alone() -> None:
    assert moment("2026-11-21T22:14:05+00:00") == "21 November 2026, 22:14 UTC"
    assert moment("yesterday") == "yesterday"


def test_settings_are_written_plainly() -> None:
    assert [value_in_words(value) for value in (True, None, 64, 0.0004, [0.0, 0.99], "cpu")] == [
        "yes",
        "none",
        "64",
        "0.0004",
        "0, 0.99",
        "cpu",
    ]


def test_keys_become_words_with_names_spelt_as_people_spell_them() -> None:
    assert spaced("sliced_wasserstein") == "sliced Wasserstein"
    assert spaced("vae-hybrid/kl") == "VAE-hybrid KL"
    assert spaced("vanilla_klein") == "vanilla klein"


def test_shares_are_percentages() -> None:
    assert [percent(share) for share in (0.0, 0.8944, 1.0)] == ["0.0%", "89.4%", "100.0%"]

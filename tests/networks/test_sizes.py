import pytest

from steadygan.networks.sizes import nearest_size


@pytest.mark.parametrize(
    ("available", "wanted", "nearest"),
    [
        ((32, 16, 8, 4), 16, 16),
        ((32, 16, 8, 4), 200, 32),
        ((32, 16, 8, 4), 1, 4),
        ((28, 14, 7), 32, 28),
        ((14, 7), 10, 14),  # 1.4 is less than 10 / 7
        ((4, 16), 8, 16),
        ((7, 7, 14), 7, 7),
    ],
)
def test_the_nearest_size_is_that_of_the_smallest_ratio(available: tuple[int, ...], wanted: int, nearest: int) -> None:
    assert nearest_size(available, wanted) == nearest


def test_no_size_is_near_to_none() -> None:
    assert nearest_size((4, 8), 0) == 0

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadygan.heuristics.inputs import HorizontalFlip, horizontal_flip
from steadygan.vocabulary import Side

from ..truth import FakeTurn, likely_share
from .pictures import distinct

SIZES = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 12), st.integers(1, 12))


@given(shape=SIZES)
def test_flipping_twice_gives_the_image_back(shape: tuple[int, int, int, int]) -> None:
    images = distinct(*shape)
    assert torch.equal(horizontal_flip(horizontal_flip(images, 1.0), 1.0), images)


def test_a_flip_mirrors_left_and_right() -> None:
    image = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).reshape(1, 1, 2, 3)
    assert horizontal_flip(image, 1.0).reshape(2, 3).tolist() == [[3, 2, 1], [6, 5, 4]]


@pytest.mark.parametrize("probability", [0.0, 0.2, 0.5, 1.0])
def test_the_expected_share_of_images_is_flipped_each_as_a_whole(probability: float) -> None:
    torch.manual_seed(0)
    images = distinct(5_000, 1, 2, 2)
    flipped = horizontal_flip(images, probability)
    is_flipped = (flipped == images.flip(3)).flatten(1).all(1)
    assert (is_flipped | (flipped == images).flatten(1).all(1)).all()
    assert likely_share(int(is_flipped.sum()), 5_000, probability)


def test_only_real_images_are_flipped() -> None:
    images, heuristic = distinct(3, 1, 2, 2), HorizontalFlip(probability=1.0)
    assert torch.equal(heuristic.apply(images, Side.REAL, FakeTurn()), images.flip(3))
    assert torch.equal(heuristic.apply(images, Side.FAKE, FakeTurn()), images)

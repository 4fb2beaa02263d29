import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from steadygan.heuristics.targets import flip_labels

from ..truth import likely_share, seeded

MIXED = torch.tensor([1.0, 0.0, 0.0, 1.0, 1.0])
MANY = torch.arange(20_000).remainder(2).float()
LABELS = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=50).map(torch.tensor)


@pytest.mark.parametrize("probability", [0.05, 0.3, 0.5])
def test_the_expected_share_of_labels_is_flipped_on_both_sides(probability: float) -> None:
    flipped = flip_labels(MANY, probability, seeded()) != MANY
    assert likely_share(int(flipped[MANY == 1].sum()), 10_000, probability)
    assert likely_share(int(flipped[MANY == 0].sum()), 10_000, probability)


@given(labels=LABELS, probability=st.floats(0, 1), seed=st.integers(0, 2**31))
def test_flipped_labels_are_labels(labels: Tensor, probability: float, seed: int) -> None:
    flipped = flip_labels(labels, probability, seeded(seed))
    assert ((flipped == 0) | (flipped == 1)).all()


def test_no_label_is_flipped_with_probability_zero_and_every_one_with_probability_one() -> None:
    assert torch.equal(flip_labels(MIXED, 0.0), MIXED)
    assert torch.equal(flip_labels(MIXED, 1.0), 1 - MIXED)

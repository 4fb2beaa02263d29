"""A fifth of the data, at most 10,000, is held out, always the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadygan.features import split_indices


@given(count=st.integers(1, 60_000), seed=st.integers(0, 5))
def test_every_item_is_on_one_side(count: int, seed: int) -> None:
    kept, held_out = split_indices(count, seed)
    assert np.array_equal(np.sort(np.concatenate([kept, held_out])), np.arange(count))
    assert len(kept) >= 1
    assert len(held_out) == min(10_000, round(count / 5), count - 1)


def test_it_is_always_alike_and_differs_by_seed() -> None:
    first, again, other = (split_indices(1000, seed)[1] for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("part", [slice(0, 500), slice(500, None)])
def test_it_is_random(part: slice) -> None:
    held_out = np.zeros(1000)
    held_out[split_indices(1000)[1]] = 1
    assert held_out[part].sum() == pytest.approx(100, abs=35)  # six standard deviations of the hypergeometric

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadygan.data import Sampler
from steadygan.errors import SteadyganError

counts = st.integers(1, 40)
seeds = st.integers(0, 2**32)
batches = st.lists(st.integers(1, 90), min_size=1, max_size=12)


@given(counts, seeds, batches)
def test_every_epoch_is_a_permutation_whatever_the_batches(count, seed, sizes):
    sampler = Sampler(count, seed)
    taken = [sampler.next(size) for size in sizes]
    assert [len(one) for one in taken] == sizes
    seen = np.concatenate(taken)
    assert seen.dtype == np.int64
    for low in range(0, len(seen) - count + 1, count):
        assert sorted(seen[low : low + count]) == list(range(count))
    rest = seen[len(seen) // count * count :]
    assert len(set(rest.tolist())) == len(rest)


@given(counts, seeds, batches, batches)
def test_a_restored_sampler_goes_on_as_the_unbroken_one(count, seed, before, after):
    unbroken = Sampler(count, seed)
    for size in before:
        unbroken.next(size)
    restored = Sampler(count, seed + 1)
    restored.load_state_dict(unbroken.state_dict())
    for size in after:
        assert np.array_equal(restored.next(size), unbroken.next(size))
    assert restored.state_dict() == unbroken.state_dict()


@given(counts, seeds, batches)
def test_the_order_does_not_depend_on_how_it_is_cut_into_batches(count, seed, sizes):
    cut, whole = Sampler(count, seed), Sampler(count, seed)
    assert np.array_equal(np.concatenate([cut.next(size) for size in sizes]), whole.next(sum(sizes)))


def test_epochs_and_seeds_have_orders_of_their_own():
    sampler = Sampler(1000, seed=1)
    first, second = sampler.next(1000), sampler.next(1000)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, Sampler(1000, seed=2).next(1000))
    assert np.array_equal(first, Sampler(1000, seed=1).next(1000))


def test_the_state_is_small():
    sampler = Sampler(100_000, 0)
    sampler.next(150_000)
    assert sampler.state_dict() == {"count": 100_000, "seed": 0, "epoch": 1, "position": 50_000}


def test_a_state_of_other_data_is_refused():
    with pytest.raises(SteadyganError, match="hold 11 items, but held 10"):
        Sampler(11, 0).load_state_dict(Sampler(10, 0).state_dict())


def test_impossible_numbers_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        Sampler(0, 0)
    with pytest.raises(ValueError, match="at least one"):
        Sampler(3, 0).next(0)

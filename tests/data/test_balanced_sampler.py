"""Classes drawn equally often: balance, epochs within classes, and going on after any item."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadygan.data import BalancedSampler, Sampler, order
from steadygan.data import sampler as sampler_module
from steadygan.errors import SteadyganError

seeds = st.integers(0, 2**32)
batches = st.lists(st.integers(1, 60), min_size=1, max_size=10)
some_groups = (
    st.lists(st.sampled_from([-1, 0, 1, 2, 5]), min_size=1, max_size=30)
    .filter(lambda one: max(one) >= 0)
    .map(lambda one: np.array(one, dtype=np.int64))
)


@pytest.fixture(autouse=True, scope="module")
def _short_blocks():
    """So that small examples cross from block to block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampler_module, "_LEAST_BLOCK", 8)
        yield


@given(some_groups, seeds, batches)
def test_after_any_number_of_items_the_classes_differ_by_one_at_most(groups, seed, sizes):
    sampler = BalancedSampler(groups, seed)
    seen = np.concatenate([sampler.next(size) for size in sizes])
    assert seen.dtype == np.int64
    assert len(seen) == sum(sizes)
    classes = np.unique(groups[groups >= 0])
    drawn = groups[seen]
    assert set(drawn) <= set(classes)
    for low in range(0, len(seen) - len(classes) + 1, len(classes)):
        assert sorted(drawn[low : low + len(classes)]) == classes.tolist()
    rest = drawn[len(drawn) // len(classes) * len(classes) :]
    assert len(set(rest)) == len(rest)


@given(some_groups, seeds, batches)
def test_every_epoch_of_a_class_is_a_permutation_of_it(groups, seed, sizes):
    sampler = BalancedSampler(groups, seed)
    seen = np.concatenate([sampler.next(size) for size in sizes])
    for one in np.unique(groups[groups >= 0]):
        items = np.flatnonzero(groups == one)
        of_class = seen[groups[seen] == one]
        for low in range(0, len(of_class) - len(items) + 1, len(items)):
            assert sorted(of_class[low : low + len(items)]) == items.tolist()
        rest = of_class[len(of_class) // len(items) * len(items) :]
        assert len(set(rest)) == len(rest)


@given(some_groups, seeds, batches, batches)
def test_a_restored_sampler_goes_on_as_the_unbroken_one(groups, seed, before, after):
    unbroken = BalancedSampler(groups, seed)
    for size in before:
        unbroken.next(size)
    restored = BalancedSampler(groups, seed + 1)
    restored.next(5)
    restored.load_state_dict(unbroken.state_dict())
    for size in after:
        assert np.array_equal(restored.next(size), unbroken.next(size))
    assert restored.state_dict() == unbroken.state_dict()


def test_it_goes_on_from_every_single_item():
    groups = np.array([0, 1, 1, 2, 2, 2, -1])
    whole = BalancedSampler(groups, 3).next(80)
    for cut in range(1, 60):
        sampler = BalancedSampler(groups, 3)
        sampler.next(cut)
        restored = BalancedSampler(groups, 0)
        restored.load_state_dict(sampler.state_dict())
        assert np.array_equal(restored.next(80 - cut), whole[cut:])


@given(some_groups, seeds, batches)
def test_the_order_does_not_depend_on_how_it_is_cut_into_batches(groups, seed, sizes):
    cut, whole = BalancedSampler(groups, seed), BalancedSampler(groups, seed)
    assert np.array_equal(np.concatenate([cut.next(size) for size in sizes]), whole.next(sum(sizes)))


def test_no_class_comes_first_more_often_than_another():
    drawn = BalancedSampler(np.array([0, 1, 2, 3] * 5), seed=0).next(4 * 4000)
    # each class in each place of a round: binomial with p = 1/4
    for place in range(4):
        times = np.bincount(drawn[place::4] % 4, minlength=4)
        assert np.all(np.abs(times - 1000) < 5 * np.sqrt(4000 * 0.25 * 0.75))


def test_items_within_a_class_are_shuffled_anew_in_every_epoch():
    sampler = BalancedSampler(np.zeros(1000, np.int64), seed=1)
    first, second = sampler.next(1000), sampler.next(1000)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, np.arange(1000))
    assert not np.array_equal(first, BalancedSampler(np.zeros(1000, np.int64), seed=2).next(1000))


def test_the_state_is_a_few_numbers_however_many_classes():
    groups = np.arange(1000) % 300
    sampler = BalancedSampler(groups, 4)
    sampler.next(12_345)
    state = sampler.state_dict()
    assert set(state) == {"count", "seed", "drawn", "groups"}
    assert (state["count"], state["seed"], state["drawn"]) == (1000, 4, 12_345)
    assert all(type(number) is int and abs(number) < 2**63 for number in state.values())


def test_a_state_of_other_classes_or_of_another_order_is_refused():
    sampler = BalancedSampler(np.array([0, 1, 1]), 0)
    with pytest.raises(SteadyganError, match="hold 3 items, but held 4"):
        sampler.load_state_dict(BalancedSampler(np.array([0, 1, 1, 1]), 0).state_dict())
    with pytest.raises(SteadyganError, match="other classes"):
        sampler.load_state_dict(BalancedSampler(np.array([0, 0, 1]), 0).state_dict())
    with pytest.raises(SteadyganError, match="without drawing classes equally often"):
        sampler.load_state_dict(Sampler(3, 0).state_dict())
    with pytest.raises(SteadyganError, match="with classes drawn equally often"):
        Sampler(3, 0).load_state_dict(sampler.state_dict())


def test_the_order_is_balanced_where_there_are_groups():
    groups = np.array([0, 1, 1, 1])
    assert np.array_equal(order(4, 9).next(20), Sampler(4, 9).next(20))
    assert np.array_equal(order(4, 9, groups).next(20), BalancedSampler(groups, 9).next(20))


def test_impossible_groups_are_refused():
    for groups in (np.array([], int), np.array([-1, -1]), np.array([-2, 0]), np.zeros((2, 2), int)):
        with pytest.raises(ValueError, match="groups must be"):
            BalancedSampler(groups, 0)
    with pytest.raises(ValueError, match="for 5 items"):
        order(5, 0, np.array([0, 1]))
    with pytest.raises(ValueError, match="at least one"):
        BalancedSampler(np.array([0]), 0).next(0)

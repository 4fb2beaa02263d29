"""Which labels stay and which items are held out."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from steadygan.data import UNLABELLED, keep_label_count, keep_label_share, split_held_out
from steadygan.errors import SteadyganError

CLASSES = 5
seeds = st.integers(0, 2**32)
some_labels = st.lists(st.integers(-1, CLASSES - 1), max_size=60).map(lambda one: np.array(one, dtype=np.int64))
shares = st.floats(0.001, 1)


@given(some_labels, shares, seeds)
def test_a_share_of_every_class_stays_and_nothing_is_made_up(labels, share, seed):
    before = labels.copy()
    kept = keep_label_share(labels, share, CLASSES, seed)
    assert kept.dtype == np.int64
    assert np.array_equal(labels, before)
    assert np.all((kept == labels) | (kept == UNLABELLED))
    for one in range(CLASSES):
        size = int((labels == one).sum())
        assert (kept == one).sum() == (max(1, round(share * size)) if size else 0)


@given(some_labels, seeds)
def test_the_whole_share_changes_nothing(labels, seed):
    assert np.array_equal(keep_label_share(labels, 1.0, CLASSES, seed), labels)


@given(some_labels, st.integers(1, 30), seeds)
def test_a_number_of_every_class_stays(labels, number, seed):
    kept = keep_label_count(labels, number, CLASSES, seed)
    assert np.all((kept == labels) | (kept == UNLABELLED))
    for one in range(CLASSES):
        assert (kept == one).sum() == min(number, (labels == one).sum())


@given(some_labels, shares, shares, seeds)
def test_fewer_labels_are_among_more(labels, one, other, seed):
    fewer, more = (keep_label_share(labels, share, CLASSES, seed) for share in sorted((one, other)))
    assert np.all((fewer == UNLABELLED) | (fewer == more))


def test_ten_labels_of_each_of_ten_classes_are_a_hundred():
    labels = np.random.default_rng(0).integers(0, 10, 60_000)
    kept = keep_label_count(labels, 10, 10, seed=1)
    assert np.bincount(kept[kept >= 0]).tolist() == [10] * 10
    assert not np.array_equal(kept, keep_label_count(labels, 10, 10, seed=2))
    assert np.array_equal(kept, keep_label_count(labels, 10, 10, seed=1))


def test_every_item_is_as_likely_to_keep_its_label():
    labels = np.array([0] * 6 + [1] * 4)
    times = np.sum([keep_label_share(labels, 0.5, 2, seed) >= 0 for seed in range(2000)], axis=0)
    # binomial with p = 1/2
    assert np.all(np.abs(times - 1000) < 5 * np.sqrt(500))


@pytest.mark.parametrize("share", [0, -0.1, 1.0001, float("nan")])
def test_impossible_shares_of_labels_are_refused(share):
    with pytest.raises(SteadyganError, match="above 0 and at most 1, not"):
        keep_label_share(np.zeros(3, int), share, 1, 0)


def test_impossible_labels_are_refused():
    with pytest.raises(SteadyganError, match="At least 1 label"):
        keep_label_count(np.zeros(3, int), 0, 1, 0)
    for labels in (np.array([0, 2]), np.array([-2, 0]), np.zeros((2, 2), int)):
        with pytest.raises(ValueError, match=r"-1\.\.1"):
            keep_label_share(labels, 0.5, 2, 0)


@given(st.integers(1, 80), st.floats(0, 0.99), st.integers(0, 90), seeds)
def test_a_split_without_labels_has_the_number_asked_for(count, share, most, seed):
    train, out = split_held_out(count, None, share, most, seed)
    assert np.array_equal(np.sort(np.concatenate([train, out])), np.arange(count))
    assert np.array_equal(train, np.sort(train))
    assert np.array_equal(out, np.sort(out))
    assert (train.dtype, out.dtype) == (np.int64, np.int64)
    assert len(out) == min(most, round(share * count), count - 1)


@given(some_labels, st.floats(0, 0.99), st.integers(0, 70), seeds)
def test_a_split_with_labels_is_stratified(labels, share, most, seed):
    assume(len(labels))
    train, out = split_held_out(len(labels), labels, share, most, seed)
    assert np.array_equal(np.sort(np.concatenate([train, out])), np.arange(len(labels)))
    total = min(most, round(share * len(labels)))
    assert len(out) <= total
    for one in np.unique(labels):
        size = (labels == one).sum()
        number = (labels[out] == one).sum()
        # never further than one from the exact proportion, and one always stays
        assert number <= size - 1
        assert min(size - 1, np.floor(size * total / len(labels))) <= number <= np.ceil(size * total / len(labels))


@given(st.integers(2, 5), st.integers(2, 9), seeds)
def test_an_even_split_of_even_classes_is_even(classes, each, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(classes), each * 2))
    _, out = split_held_out(len(labels), labels, 0.5, len(labels), seed)
    assert np.bincount(labels[out], minlength=classes).tolist() == [each] * classes


def test_nothing_held_out_leaves_everything():
    train, out = split_held_out(5, np.array([0, 1, -1, 0, 1]), 0, 100, 7)
    assert (train.tolist(), out.tolist()) == ([0, 1, 2, 3, 4], [])


def test_which_items_are_held_out_is_chance_and_follows_the_seed():
    splits = [split_held_out(10, None, 0.3, 10, seed)[1] for seed in range(2000)]
    times = np.bincount(np.concatenate(splits), minlength=10)
    assert np.all(np.abs(times - 600) < 5 * np.sqrt(2000 * 0.3 * 0.7))
    assert np.array_equal(splits[3], split_held_out(10, None, 0.3, 10, 3)[1])


def test_what_proportions_leave_open_is_chance_too():
    labels = np.repeat(np.arange(4), 2)
    chosen = [labels[split_held_out(8, labels, 0.25, 8, seed)[1]] for seed in range(1000)]
    times = np.bincount(np.concatenate(chosen), minlength=4)
    assert np.all(np.abs(times - 500) < 5 * np.sqrt(1000 * 0.5 * 0.5))


def test_impossible_splits_are_refused():
    for share in (1, -0.1, float("nan")):
        with pytest.raises(SteadyganError, match="from 0 to below 1"):
            split_held_out(5, None, share, 5, 0)
    with pytest.raises(SteadyganError, match="0 or more, not -1"):
        split_held_out(5, None, 0.5, -1, 0)
    with pytest.raises(ValueError, match="for 5 items"):
        split_held_out(5, np.zeros(4, int), 0.5, 5, 0)

"""Handles missing labels, forgets labels so that training knows only some of them, and holds items out of training."""

import numpy as np

from steadygan.arrays import Array
from steadygan.errors import SteadyganError

UNLABELLED = -1
LABEL_CONVENTION = "unlabelled is -1"
"""A part of the identity of sources with labels, so that data prepared under another convention are read again."""


def labels_with_notes(
    labels: Array, names: tuple[str, ...], where: str, why: str = "label -1"
) -> tuple[Array | None, tuple[str, ...], tuple[str, ...]]:
    """Adds a note if some labels are missing, and drops the labels if all of them are.

    Args:
        labels: int64 [N], -1 where an item is unlabelled.
        names: the name of each class.
        where: where the data are, for the note, such as ``memory`` or a quoted file name.
        why: why an item counts as unlabelled, in a few words.

    Returns:
        The labels, or None; the names of the classes; the notes.
    """
    missing = int((labels < 0).sum())
    if missing == len(labels):
        none = "the only item" if missing == 1 else f"none of the {missing:,} items"
        return None, (), (f"No labels: {none} in {where} has {'none' if missing == 1 else 'one'} ({why}).",)
    note = f"Unlabelled: {missing:,} of the {len(labels):,} items in {where} ({why})."
    return labels, names, (note,) if missing else ()


def keep_label_share(labels: Array, share: float, classes: int, seed: int) -> Array:
    """Forgets labels until the same share of every class is left.

    Of each class max(1, round(share · number)) labels are kept, chosen at random. With the same seed, the labels that a
    smaller share keeps are among those that a larger share keeps.

    Args:
        labels: int64 [N], 0..classes - 1, or -1 where an item is unlabelled.
        share: above 0 and at most 1; 1 changes nothing.
        classes: how many classes there are.
        seed: any whole number from 0 on.

    Returns:
        A copy, int64 [N], in which forgotten labels are -1.

    Raises:
        SteadyganError: when the share is out of its range.
    """
    if not 0 < share <= 1:
        raise SteadyganError(f"The share of labels to keep must be above 0 and at most 1, not {share}.")
    return _keep(labels, [max(1, round(share * size)) for size in _sizes(labels, classes)], seed)


def keep_label_count(labels: Array, count_per_class: int, classes: int, seed: int) -> Array:
    """Forgets labels until the same number of every class is left.

    Args:
        labels: int64 [N], 0..classes - 1, or -1 where an item is unlabelled.
        count_per_class: how many labels of each class are kept, at least 1; a class with fewer keeps them all.
        classes: how many classes there are.
        seed: any whole number from 0 on. With the same seed, the labels that a smaller number keeps are among those
            that a larger number keeps.

    Returns:
        A copy, int64 [N], in which forgotten labels are -1.

    Raises:
        SteadyganError: when the number is below 1.
    """
    if count_per_class < 1:
        raise SteadyganError(f"At least 1 label per class must be kept, not {count_per_class}.")
    return _keep(labels, [count_per_class] * len(_sizes(labels, classes)), seed)


def split_held_out(count: int, labels: Array | None, share: float, most: int, seed: int) -> tuple[Array, Array]:
    """Holds out random items of every class, in proportion to its size.

    min(most, round(share · count)) items are held out. The number of each class is its proportion rounded down, and the
    classes with the largest remainders get one more until the numbers add up; ties are broken at random. Unlabelled
    items are treated as a class of their own. At least one item of every class stays in training, so fewer items are
    held out if classes are tiny.

    Args:
        count: N, how many items there are, at least 1.
        labels: int64 [N], -1 or more, or None.
        share: the share of the items to hold out, from 0 to below 1; with 0, all items are trained on.
        most: the largest number of items to hold out, 0 or more.
        seed: any whole number from 0 on.

    Returns:
        The indices of the items to train on, and those of the items held out, int64 and ascending. Together they are
        0..N - 1, each once.

    Raises:
        SteadyganError: when a number is out of its range.
    """
    if not 0 <= share < 1:
        raise SteadyganError(f"The share of items to hold out must be from 0 to below 1, not {share}.")
    if most < 0:
        raise SteadyganError(f"The greatest number of items to hold out must be 0 or more, not {most}.")
    groups = np.zeros(count, np.int64) if labels is None else labels
    if groups.shape != (count,):
        raise ValueError(f"labels of shape {list(groups.shape)} for {count} items")
    generator = np.random.Generator(np.random.PCG64(seed))
    values, sizes = np.unique(groups, return_counts=True)
    out = np.zeros(count, dtype=bool)
    for value, number in zip(values, _proportions(sizes, min(most, round(share * count)), generator), strict=True):
        out[generator.permutation(np.flatnonzero(groups == value))[:number]] = True
    return np.flatnonzero(~out), np.flatnonzero(out)


def _proportions(sizes: Array, total: int, generator: np.random.Generator) -> Array:
    """Divides the total among the classes by the method of largest remainders, in whole numbers only."""
    numbers, remainders = np.divmod(sizes * total, max(1, sizes.sum()))
    by_chance = generator.random(len(sizes))
    largest = np.lexsort((by_chance, -remainders))
    numbers[largest[: total - numbers.sum()]] += 1
    capped: Array = np.minimum(numbers, sizes - 1)
    return capped


def _sizes(labels: Array, classes: int) -> list[int]:
    if labels.ndim != 1 or (len(labels) and not (labels.min() >= UNLABELLED and labels.max() < classes)):
        raise ValueError(f"labels must be [N] and lie in -1..{classes - 1}")
    return [int(size) for size in np.bincount(labels[labels >= 0], minlength=classes)]


def _keep(labels: Array, numbers: list[int], seed: int) -> Array:
    kept = np.full(len(labels), UNLABELLED, dtype=np.int64)
    for one, number in enumerate(numbers):
        # each class has a random stream of its own, so that what is kept of one does not depend on the others
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(one,))))
        kept[generator.permutation(np.flatnonzero(labels == one))[:number]] = one
    return kept

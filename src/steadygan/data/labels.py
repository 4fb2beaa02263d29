"""Labels that are not there, and views of labels for training: only some known, and some items held out."""

import numpy as np

from steadygan.arrays import Array
from steadygan.errors import SteadyganError

UNLABELLED = -1
MEANING = "unlabelled is -1"
"""Part of the identity of sources with labels: what was prepared when labels meant something else is read anew."""


def drop_empty(
    labels: Array, names: tuple[str, ...], where: str, why: str = "label -1"
) -> tuple[Array | None, tuple[str, ...], tuple[str, ...]]:
    """Labels, names of classes, and a note if some are missing; no labels at all where nothing is labelled.

    Args:
        labels: int64 [N], -1 where there is none.
        names: one per class.
        where: the place for the note, such as ``memory`` or a quoted file name.
        why: what makes an item unlabelled, in a few words.
    """
    missing = int((labels < 0).sum())
    if missing == len(labels):
        return None, (), (f"No labels: of the {missing:,} items in {where} none has one ({why}).",)
    note = f"Unlabelled: {missing:,} of the {len(labels):,} items in {where} ({why})."
    return labels, names, (note,) if missing else ()


def keep_label_share(labels: Array, share: float, classes: int, seed: int) -> Array:
    """Forgets labels until the same share of every class is left.

    Of each class max(1, round(share · number)) labels stay, chosen at random. With the same seed the labels of a
    smaller share are among those of a greater one.

    Args:
        labels: int64 [N], 0..classes - 1, or -1 where there is none.
        share: above 0 and at most 1; 1 changes nothing.
        classes: how many classes there are.
        seed: any whole number from 0 on.

    Returns:
        int64 [N], a copy in which -1 stands for what was forgotten.

    Raises:
        SteadyganError: the share is out of its range.
    """
    if not 0 < share <= 1:
        raise SteadyganError(f"The share of labels to keep must be above 0 and at most 1, not {share}.")
    return _keep(labels, [max(1, round(share * size)) for size in _sizes(labels, classes)], seed)


def keep_label_count(labels: Array, count_per_class: int, classes: int, seed: int) -> Array:
    """Forgets labels until the same number of every class is left.

    Args:
        labels: int64 [N], 0..classes - 1, or -1 where there is none.
        count_per_class: how many labels of each class stay, at least 1; a class with fewer keeps them all.
        classes: how many classes there are.
        seed: any whole number from 0 on; with the same one, fewer labels are among more.

    Returns:
        int64 [N], a copy in which -1 stands for what was forgotten.

    Raises:
        SteadyganError: the number is below 1.
    """
    if count_per_class < 1:
        raise SteadyganError(f"At least 1 label per class must be kept, not {count_per_class}.")
    return _keep(labels, [count_per_class] * len(_sizes(labels, classes)), seed)


def split_held_out(count: int, labels: Array | None, share: float, most: int, seed: int) -> tuple[Array, Array]:
    """Holds out random items, of every class in proportion to its size.

    min(most, round(share · count)) items are held out. Every class gets its proportion rounded down, and what is
    missing then goes to those with the largest remainders, ties by chance. Items without a label are treated as a
    class of their own. One item of every class always stays in training, so that with tiny classes fewer are held out.

    Args:
        count: N, how many items there are, at least 1.
        labels: int64 [N], -1 or more, or None.
        share: from 0 to below 1; 0 gives everything to training.
        most: the greatest number held out, 0 or more.
        seed: any whole number from 0 on.

    Returns:
        int64, the places of the items to train on, ascending; int64, those held out, ascending. Together they are
        0..N - 1, each once.

    Raises:
        SteadyganError: a number is out of its range.
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
    """How many of each class make up the total: largest remainders, all in whole numbers."""
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
        # a stream of its own for each class: what is kept of one does not depend on the others
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(one,))))
        kept[generator.permutation(np.flatnonzero(labels == one))[:number]] = one
    return kept

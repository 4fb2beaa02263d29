"""Stacked MNIST, made from any set of images: three of them as the red, green and blue of one.

With digits there are 1,000 equally likely classes that a classifier of digits can tell apart, so that the modes which a
generator reaches can be counted.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np

from steadygan.arrays import Array
from steadygan.data.arrays import VectorsError
from steadygan.data.cached import read_cached
from steadygan.data.labels import UNLABELLED, drop_empty
from steadygan.data.reading import DataSource, Outcome, Progress, Sink
from steadygan.errors import SteadyganError
from steadygan.settings import DataSettings

STACKED = "stacked:"
# the fixed training set of VEEGAN and of PacGAN; 60,000 would be 60 for each of the 1,000 classes
LEAST_ITEMS = 128_000
MOST_CLASSES = 1000
_SEED = 0
_BLOCK_BYTES = 16_000_000


def stacked_source(inner: DataSource, root: Path) -> DataSource:
    """Three random images of a source, made grey, as the channels of one: uint8 [N, H, W, 3].

    N is the number of images in the source, but at least 128,000, which is what PacGAN and VEEGAN train on. As in
    their code all three are drawn uniformly with replacement, and once, before training (Metz et al. draw anew for
    every batch). On the disk 128,000 items take 0.3 GB at 28 x 28 and 1.6 GB at 64 x 64.

    The class is the triple of classes (r, g, b) of K, as r·K² + g·K + b, if the source has labels and K³ is at most
    1,000; where one of the three is unlabelled, so is the triple. The resolution and all other settings are those of
    the source; its images are kept in the cache too.

    Args:
        inner: a source of images.
        root: the cache, for the grey images of the source.

    Returns:
        The source; its identity holds that of the inner one.

    Source:
        Metz et al. 2017 (arXiv 1611.02163), section 3.3.1; Lin et al. 2018 (arXiv 1712.04086), section 4.2.
    """
    name = f"{STACKED}{inner.name}"

    def read(settings: DataSettings, sink: Sink, workers: int, progress: Progress) -> Outcome:
        if settings.channels == 1:
            raise SteadyganError(f"'{name}' has three channels, one per image: leave the number of channels out.")
        grey = settings.model_copy(update={"channels": 1})
        halves = _Halves(progress)
        try:
            found, _ = read_cached(inner, grey, root, workers, halves.first)
        except VectorsError as error:
            raise SteadyganError(f"'{name}' stacks images, but '{inner.name}' holds vectors: name images.") from error
        triples = draw_triples(len(found.images), max(LEAST_ITEMS, len(found.images)), _SEED)
        _stack_into(sink, found.images, triples, name, halves)
        labels, names = triple_classes(found.labels, found.class_names, triples)
        if labels is None:
            return Outcome(None, (), found.skipped, found.notes)
        labels, names, about_labels = drop_empty(labels, names, f"'{name}'", "one of three is unlabelled")
        return Outcome(labels, names, found.skipped, found.notes + about_labels)

    return DataSource(name, repr(("stacked", LEAST_ITEMS, MOST_CLASSES, _SEED, inner.identity)), read)


def draw_triples(images: int, count: int, seed: int) -> Array:
    """Which images are stacked: uniform, independent, with replacement.

    Args:
        images: how many there are, at least 1.
        count: N, how many triples.
        seed: any whole number from 0 on.

    Returns:
        int64 [N, 3], places of images for red, green and blue.
    """
    return np.random.Generator(np.random.PCG64(seed)).integers(0, images, (count, 3))


def stack(images: Array, triples: Array) -> Array:
    """Puts three grey images into the channels of one.

    Args:
        images: uint8 [M, H, W, 1].
        triples: int64 [N, 3], places of images.

    Returns:
        uint8 [N, H, W, 3].
    """
    # [N, 3, H, W] from the fancy index, then channels last
    return np.ascontiguousarray(np.moveaxis(images[..., 0][triples], 1, -1))


def triple_classes(labels: Array | None, names: Sequence[str], triples: Array) -> tuple[Array | None, tuple[str, ...]]:
    """The classes of stacked images.

    Args:
        labels: int64 [M], the classes of the single images, -1 where unlabelled, or None.
        names: one per class, K of them.
        triples: int64 [N, 3], places of images.

    Returns:
        int64 [N], r·K² + g·K + b, or -1 where one of the three is, and names such as ``3-1-7``; None and no names
        where there are no labels or K³ exceeds 1,000. Where names with hyphens would be ambiguous, numbers of classes
        take their place.
    """
    classes = len(names)
    if labels is None or not 0 < classes**3 <= MOST_CLASSES:
        return None, ()
    joined = tuple("-".join(three) for three in product(names, repeat=3))
    if len(set(joined)) < len(joined):
        joined = tuple("-".join(three) for three in product(map(str, range(classes)), repeat=3))
    three = labels[triples]
    return np.where((three < 0).any(1), UNLABELLED, three @ np.array([classes**2, classes, 1])), joined


def _stack_into(sink: Sink, images: Array, triples: Array, name: str, halves: "_Halves") -> None:
    height, width = images.shape[1:3]
    sink.start((height, width, 3), np.uint8)
    colourful = False
    for low, some in _blocks(triples, max(1, _BLOCK_BYTES // (height * width * 3))):
        block = stack(images, some)
        colourful = colourful or bool((block != block[..., :1]).any())
        sink.append(block)
        halves.second(low + len(some), len(triples))
    if not colourful:
        raise SteadyganError(f"'{name}' has nothing to stack: all its images are the same, name at least two others.")


def _blocks(triples: Array, rows: int) -> Iterator[tuple[int, Array]]:
    for low in range(0, len(triples), rows):
        yield low, triples[low : low + rows]


class _Halves:
    """One progress for two pieces of work: reading the images, then stacking them."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._whole = LEAST_ITEMS

    def first(self, done: int, total: int) -> None:
        self._whole = max(LEAST_ITEMS, total)
        self._progress(done * (self._whole // 2) // max(1, total), self._whole)

    def second(self, done: int, total: int) -> None:
        begun = self._whole // 2
        self._progress(begun + done * (self._whole - begun) // total, self._whole)

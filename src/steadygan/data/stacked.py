"""Makes Stacked MNIST, or the like from any set of images: three images become the red, green and blue of one.

Stacked digits have 1,000 equally likely classes, which a classifier of digits can recognise, so that the modes that a
generator covers can be counted.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np

from steadygan.arrays import Array
from steadygan.data.array_rows import VectorsError
from steadygan.data.cached import read_cached
from steadygan.data.data_source import DataSource, Outcome, Progress, Sink
from steadygan.data.labels import UNLABELLED, labels_with_notes
from steadygan.errors import SteadyganError
from steadygan.settings import DataSettings

STACKED = "stacked:"
# the size of the training set of VEEGAN and of PacGAN; 60,000 would be only 60 for each of the 1,000 classes
LEAST_ITEMS = 128_000
MOST_CLASSES = 1000
_SEED = 0
_BLOCK_BYTES = 16_000_000


def stacked_source(inner: DataSource, root: Path) -> DataSource:
    """Makes a source whose images, uint8 [N, H, W, 3], have three random grey images of another source as channels.

    N is the number of images in the other source, but at least 128,000, on which PacGAN and VEEGAN train. As in their
    code, all three images are drawn uniformly with replacement, once before training (Metz et al. draw new ones for
    every batch). On the disk 128,000 items take 0.3 GB at 28 x 28 and 1.6 GB at 64 x 64.

    If the other source has labels of K classes and K³ is at most 1,000, the class of the triple of classes (r, g, b) is
    r·K² + g·K + b. A triple is unlabelled if one of its images is. The resolution and all other settings are those of
    the other source, whose images are kept in the cache too.

    Args:
        inner: a source of images.
        root: the folder of the cache, for the grey images of that source.

    Returns:
        The source; its identity contains that of the inner one.

    Source:
        Metz et al. 2017 (arXiv 1611.02163), section 3.3.1; Lin et al. 2018 (arXiv 1712.04086), section 4.2.
    """
    name = f"{STACKED}{inner.name}"

    def read(settings: DataSettings, sink: Sink, workers: int, progress: Progress) -> Outcome:
        if settings.channels == 1:
            raise SteadyganError(f"'{name}' has three channels, one per image: leave the number of channels out.")
        grey = settings.model_copy(update={"channels": 1})
        halves = _TwoPartProgress(progress)
        try:
            found, _ = read_cached(inner, grey, root, workers, halves.first)
        except VectorsError as error:
            raise SteadyganError(f"'{name}' stacks images, but '{inner.name}' holds vectors: name images.") from error
        triples = draw_triples(len(found.images), max(LEAST_ITEMS, len(found.images)), _SEED)
        _stack_into(sink, found.images, triples, name, halves)
        labels, names = triple_classes(found.labels, found.class_names, triples)
        if labels is None:
            return Outcome(None, (), found.skipped, found.notes, found.single_colour)
        labels, names, about_labels = labels_with_notes(labels, names, f"'{name}'", "one of three is unlabelled")
        return Outcome(labels, names, found.skipped, found.notes + about_labels, found.single_colour)

    return DataSource(name, repr(("stacked", LEAST_ITEMS, MOST_CLASSES, _SEED, inner.identity)), read)


def draw_triples(images: int, count: int, seed: int) -> Array:
    """Draws the images to stack, uniformly, independently and with replacement.

    Args:
        images: the number of images, at least 1.
        count: N, the number of triples.
        seed: any whole number from 0 on.

    Returns:
        The indices of the images for red, green and blue, int64 [N, 3].
    """
    return np.random.Generator(np.random.PCG64(seed)).integers(0, images, (count, 3))


def stack(images: Array, triples: Array) -> Array:
    """Puts three grey images into the channels of one.

    Args:
        images: uint8 [M, H, W, 1].
        triples: indices of images, int64 [N, 3].

    Returns:
        uint8 [N, H, W, 3].
    """
    # indexing gives [N, 3, H, W], whose channels are then moved to the end
    return np.ascontiguousarray(np.moveaxis(images[..., 0][triples], 1, -1))


def triple_classes(labels: Array | None, names: Sequence[str], triples: Array) -> tuple[Array | None, tuple[str, ...]]:
    """Computes the classes of stacked images.

    Args:
        labels: the classes of the single images, int64 [M], -1 where unlabelled; None if there are no labels.
        names: the names of the K classes.
        triples: indices of images, int64 [N, 3].

    Returns:
        The labels r·K² + g·K + b, int64 [N], which are -1 where one of the three is, and names such as ``3-1-7``; None
        and no names if there are no labels or K³ exceeds 1,000. If names joined by hyphens would be ambiguous, they are
        made of the numbers of the classes instead.
    """
    classes = len(names)
    if labels is None or not 0 < classes**3 <= MOST_CLASSES:
        return None, ()
    joined = tuple("-".join(three) for three in product(names, repeat=3))
    if len(set(joined)) < len(joined):
        joined = tuple("-".join(three) for three in product(map(str, range(classes)), repeat=3))
    three = labels[triples]
    return np.where((three < 0).any(1), UNLABELLED, three @ np.array([classes**2, classes, 1])), joined


def _stack_into(sink: Sink, images: Array, triples: Array, name: str, halves: "_TwoPartProgress") -> None:
    height, width = images.shape[1:3]
    sink.start((height, width, 3), np.uint8)
    colourful = False
    for low, some in _blocks(triples, max(1, _BLOCK_BYTES // (height * width * 3))):
        block = stack(images, some)
        colourful = colourful or bool((block != block[..., :1]).any())
        sink.append(block)
        halves.second(low + len(some), len(triples))
    if not colourful:
        raise SteadyganError(
            f"'{name}' has nothing to stack: all its images are the same; name data with at least two different images."
        )


def _blocks(triples: Array, rows: int) -> Iterator[tuple[int, Array]]:
    for low in range(0, len(triples), rows):
        yield low, triples[low : low + rows]


class _TwoPartProgress:
    """Reports one progress for two parts of the work: reading the images, and then stacking them."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._whole = LEAST_ITEMS

    def first(self, done: int, total: int) -> None:
        self._whole = max(LEAST_ITEMS, total)
        self._progress(done * (self._whole // 2) // max(1, total), self._whole)

    def second(self, done: int, total: int) -> None:
        begun = self._whole // 2
        self._progress(begun + done * (self._whole - begun) // total, self._whole)

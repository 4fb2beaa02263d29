"""Data of ``fit``: arrays, datasets and loaders, in groups of as many batches as one step sees."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import keras
import numpy as np
from keras import ops

from steadygan.amounts import things
from steadygan.arrays import Array
from steadygan.data.labels import UNLABELLED
from steadygan.errors import SteadyganError

if TYPE_CHECKING:
    from steadygan.keras.model import GAN

Prepare = Callable[[Any], Any]
"""Of a batch as it was given: the images, or images and labels, or None to leave it out."""

SLACK = 1e-3
"""How far beyond [-1, 1] floats of images may lie, from rounding."""


class Source(Protocol):
    """Real images in groups of as many as one step sees, without end."""

    def __len__(self) -> int:
        """Steps in which all of them are seen."""
        ...

    def steps(self, first: int) -> Iterator[Any]:
        """What each step sees, from one of them on: images, or images and labels."""
        ...


class Batches(NamedTuple):
    """What ``fit`` goes through, and an example of it.

    Attributes:
        source: gives the images of each step.
        images: all of them, or a first batch.
        labels: theirs; None if there are none.
    """

    source: Source
    images: Array
    labels: Array | None

    @property
    def signature(self) -> tuple[str, bool]:
        """What a compiled step depends on, beside the number of images."""
        return str(self.images.dtype), self.labels is not None

    def from_step(self, first: int) -> Iterator[tuple[Array, ...]]:
        """What Keras is given. It looks at the first two before it begins, and on TensorFlow at later ones early.

        Args:
            first: number of the step to begin with; those before it were made already.
        """
        for given in self.source.steps(first):
            yield given if isinstance(given, tuple) else (given,)


class ArraySource:
    """Images of an array in an order that depends on a seed and the number of the pass alone.

    Args:
        images: [N, ...].
        labels: int [N]; None if there are none.
        size: images of a step.
        seed: of the order.
        shuffle: whether the order is drawn, anew in each pass.
    """

    def __init__(self, images: Array, labels: Array | None, size: int, seed: int, shuffle: bool) -> None:
        self.images, self.labels, self.size, self.seed, self.shuffle = images, labels, size, seed, shuffle

    def __len__(self) -> int:
        """Steps in a pass; what is left over is in other passes, since the order changes."""
        return max(1, len(self.images) // self.size)

    def steps(self, first: int) -> Iterator[Any]:
        """The images of each step, with their labels if there are any."""
        number, at = divmod(first, len(self))
        while True:
            order = self._order(number)
            for step in range(at, len(self)):
                chosen = order[step * self.size : (step + 1) * self.size]
                yield self.images[chosen] if self.labels is None else (self.images[chosen], self.labels[chosen])
            number, at = number + 1, 0

    def _order(self, number: int) -> Array:
        count = len(self.images)
        order = np.random.default_rng((self.seed, number)).permutation(count) if self.shuffle else np.arange(count)
        # A set smaller than one step is seen several times in it.
        return order if count >= self.size else np.resize(order, self.size)


class DatasetSource:
    """Neighbouring batches of a PyDataset; a last one that is not full is left out.

    Args:
        dataset: gives batches.
        count: how many a step sees.
        length: batches in the dataset.
        prepare: what is done with each batch; None for one that is left out.
    """

    def __init__(self, dataset: Any, count: int, length: int, prepare: Prepare) -> None:
        self.dataset, self.count, self.prepare = dataset, count, prepare
        self.full = length - 1 if length > 1 and prepare(dataset[length - 1]) is None else length

    def __len__(self) -> int:
        """Steps in a pass."""
        return max(1, self.full // self.count)

    def steps(self, first: int) -> Iterator[Any]:
        """The images of each step; its number says which batches they are, so that training goes on where it was."""
        return _grouped(self._batches(first * self.count % self.full), self.prepare, self.count)

    def _batches(self, at: int) -> Iterator[Iterator[Any]]:
        while True:
            self.dataset.on_epoch_begin()
            yield map(self.dataset.__getitem__, range(at, self.full))
            self.dataset.on_epoch_end()
            at = 0


class LoaderSource:
    """Batches in turn of anything that can be gone through again and again.

    Args:
        loader: gives batches; it is begun anew when it ends.
        count: how many a step sees.
        length: batches in the loader.
        prepare: what is done with each batch; None for one that is left out.
    """

    def __init__(self, loader: Any, count: int, length: int, prepare: Prepare) -> None:
        self.loader, self.count, self.length, self.prepare = loader, count, length, prepare

    def __len__(self) -> int:
        """Steps in a pass."""
        return max(1, self.length // self.count)

    def steps(self, first: int) -> Iterator[Any]:
        """The images of each step, whatever its number: the order is the loader's own."""
        return _grouped(repeat(self.loader), self.prepare, self.count)


def _grouped(passes: Iterable[Iterable[Any]], prepare: Prepare, count: int) -> Iterator[Any]:
    """So many batches at a time, also from the end of one pass and the beginning of the next."""

    def prepared() -> Iterator[Any]:
        for batches in passes:
            is_empty = True
            for batch in map(prepare, batches):
                if batch is not None:
                    is_empty = False
                    yield batch
            if is_empty:
                raise SteadyganError("The source of batches can be gone through only once; give a dataset or a loader")

    endless = prepared()
    while True:
        yield _joined(list(islice(endless, count)))


def as_batches(x: Any, y: Any, gan: "GAN", shuffle: bool) -> Batches:
    """What ``fit`` goes through.

    Args:
        x: images, or a source of batches.
        y: labels of images in an array.
        gan: whose step is trained.
        shuffle: whether the images of an array come in a new order in each pass.

    Raises:
        SteadyganError: when the data have another shape or range, or labels are missing.
    """
    if hasattr(x, "__array__") or isinstance(x, list | tuple):
        return _of_array(np.asarray(x), y, gan, shuffle)
    if y is not None:
        raise SteadyganError("y goes with images in an array; let the dataset give (images, labels) instead")
    first = _first_batch(x)
    images, labels = _checked(first, gan)
    gan._batch = len(images)

    def prepare(batch: Any) -> Any:
        images, labels = _checked(batch, gan)
        if len(images) != gan.batch:
            return None
        return images if labels is None else (images, labels)

    kind = DatasetSource if isinstance(x, keras.utils.PyDataset) else LoaderSource
    return Batches(kind(x, gan.batches_per_step, _length(x), prepare), images, labels)


def _of_array(x: Array, y: Any, gan: "GAN", shuffle: bool) -> Batches:
    images, labels = _checked(x if y is None else (x, np.asarray(y)), gan)
    size = gan.batch * gan.batches_per_step
    return Batches(ArraySource(images, labels, size, gan.seed, shuffle), images, labels)


def _first_batch(source: Any) -> Any:
    try:
        return source[0] if isinstance(source, keras.utils.PyDataset) else next(iter(source))
    except (TypeError, StopIteration, IndexError):
        raise SteadyganError(
            f"fit takes an array of images or a source of batches, and was given {type(source).__name__}, which gives "
            "none"
        ) from None


def _length(loader: Any) -> int:
    try:
        return len(loader)
    except TypeError:
        raise SteadyganError(
            "This source of batches does not know its length; give a dataset or loader that does, or an array"
        ) from None


def _checked(batch: Any, gan: "GAN") -> tuple[Array, Array | None]:
    """Images and labels of a batch, as arrays in Keras' order of axes."""
    given = batch if isinstance(batch, list | tuple) else (batch,)
    images = _array(given[0])
    labels = _array(given[1]) if len(given) > 1 and gan.classes else None
    if images.shape[1:] != gan.shape and len(gan.shape) == 3 and images.ndim == 4:
        turned = np.moveaxis(images, 1, 3)
        images = turned if turned.shape[1:] == gan.shape else images
    if images.shape[1:] != gan.shape:
        raise SteadyganError(
            f"The GAN was made for shape={gan.shape} and the data have {tuple(images.shape[1:])}; give one of both "
            "another shape"
        )
    if gan.classes and labels is None:
        raise SteadyganError(
            "The recipe needs labels and fit was given none; give y=, or a dataset of (images, labels)"
        )
    _refuse_range(images, gan)
    return images, None if labels is None else _named(labels, len(images), gan)


def _array(given: Any) -> Array:
    return np.asarray(given.numpy() if hasattr(given, "numpy") else given)


def _refuse_range(images: Array, gan: "GAN") -> None:
    if images.dtype == np.uint8 or len(gan.shape) != 3:
        return
    if images.dtype.kind != "f":
        raise SteadyganError(f"Images are {images.dtype}; give uint8, or floats in [-1, 1]")
    low, high = float(images.min()), float(images.max())
    if not (low >= -1 - SLACK and high <= 1 + SLACK):
        raise SteadyganError(
            f"Images lie between {low:g} and {high:g}; give uint8, or floats in [-1, 1] (steadygan.keras.scaled)"
        )


def _named(labels: Array, count: int, gan: "GAN") -> Array:
    least = 0 if gan.recipe.all_labelled else UNLABELLED
    labels = labels.reshape(-1)
    if len(labels) != count:
        raise SteadyganError(
            f"There are {things(count, 'image')} and {things(len(labels), 'label')}; give one for each"
        )
    if labels.dtype.kind not in "iu" or labels.min(initial=0) < least or labels.max(initial=0) >= gan.classes:
        unknown = "" if least == 0 else ", or -1 where unknown"
        raise SteadyganError(f"Labels are whole numbers from 0 to {gan.classes - 1}{unknown}; give such")
    return labels.astype("int32")


def _joined(batches: list[Any]) -> Any:
    if len(batches) == 1:
        return batches[0]
    if isinstance(batches[0], tuple):
        return tuple(np.concatenate(parts) for parts in zip(*batches, strict=True))
    return np.concatenate(batches)


def scaled_to_range(images: Any, output: str) -> Any:
    """Images as the networks see them.

    Args:
        images: uint8, or floats in [-1, 1]; vectors are floats of any range.
        output: the generator's last activation: ``sigmoid`` for [0, 1], ``tanh`` for [-1, 1].

    Returns:
        float32 of the same shape.
    """
    is_bytes = keras.backend.standardize_dtype(images.dtype) == "uint8"
    images = ops.cast(images, "float32")
    if is_bytes:
        images = images / 127.5 - 1.0
    return (images + 1.0) / 2.0 if output == "sigmoid" and len(images.shape) == 4 else images

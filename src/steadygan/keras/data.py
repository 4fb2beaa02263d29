"""Data of ``fit``: arrays, datasets and loaders, in groups of as many batches as one step sees."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import numpy as np
from keras import ops

from steadygan.amounts import things
from steadygan.arrays import Array
from steadygan.data.labels import UNLABELLED
from steadygan.errors import SteadyganError

if TYPE_CHECKING:
    from steadygan.keras.model import GAN

SLACK = 1e-3
"""How far beyond [-1, 1] floats of images may lie, from rounding."""


class Batches(NamedTuple):
    """What ``fit`` goes through, and an example of it.

    Attributes:
        dataset: gives the images of a step at once, or images and labels.
        images: all of them, or a first batch.
        labels: theirs; None if there are none.
    """

    dataset: Any
    images: Array
    labels: Array | None

    @property
    def signature(self) -> tuple[str, bool]:
        """What a compiled step depends on, beside the number of images."""
        return str(self.images.dtype), self.labels is not None


class ArrayBatches(keras.utils.PyDataset):
    """Images of an array in an order that depends on a seed and on how many images were seen before the epoch.

    Args:
        images: [N, ...].
        labels: int [N]; None if there are none.
        size: images of a step.
        seed: of the order.
        shuffle: whether the order is drawn, anew in each epoch.
        seen: images seen so far, as the discriminator counts them.
        counted: images that each step adds to these.
    """

    def __init__(
        self, images: Array, labels: Array | None, size: int, seed: int, shuffle: bool, seen: int, counted: int
    ) -> None:
        super().__init__()
        self.images, self.labels, self.size, self.seed, self.shuffle = images, labels, size, seed, shuffle
        self._seen, self._counted = seen, counted
        self._order = self._drawn()

    def __len__(self) -> int:
        """Steps in an epoch; what is left over is in other epochs, since the order changes."""
        return max(1, len(self.images) // self.size)

    def __getitem__(self, index: int) -> Any:
        """The images of a step, with their labels if there are any."""
        chosen = self._order[index * self.size : (index + 1) * self.size]
        return self.images[chosen] if self.labels is None else (self.images[chosen], self.labels[chosen])

    def on_epoch_end(self) -> None:
        """Draw the order of the next epoch."""
        self._seen += len(self) * self._counted
        self._order = self._drawn()

    def _drawn(self) -> Array:
        count = len(self.images)
        order = np.arange(count)
        if self.shuffle:
            order = np.random.default_rng((self.seed, self._seen)).permutation(count)
        # A set smaller than one step is seen several times in it.
        return order if count >= self.size else np.resize(order, self.size)


class GroupedDataset(keras.utils.PyDataset):
    """Several neighbouring batches of a PyDataset as one.

    Args:
        dataset: gives batches.
        count: how many make one.
        prepare: what is done with each batch.
    """

    def __init__(self, dataset: Any, count: int, prepare: Any) -> None:
        super().__init__()
        self.dataset, self.count, self.prepare = dataset, count, prepare

    def __len__(self) -> int:
        """Steps in an epoch."""
        return max(1, len(self.dataset) // self.count)

    def __getitem__(self, index: int) -> Any:
        """The images of a step, with their labels if there are any."""
        first = index * self.count
        numbers = [at % len(self.dataset) for at in range(first, first + self.count)]
        return _joined([self.prepare(self.dataset[each]) for each in numbers])

    def on_epoch_end(self) -> None:
        """Tell the dataset."""
        self.dataset.on_epoch_end()


class GroupedLoader(keras.utils.PyDataset):
    """Several batches in turn of anything that can be gone through again and again, as one.

    Args:
        loader: gives batches; it is begun anew when it ends.
        count: how many make one.
        length: batches in the loader.
        prepare: what is done with each batch; None for one that is left out.
    """

    def __init__(self, loader: Any, count: int, length: int, prepare: Any) -> None:
        super().__init__()
        self.loader, self.count, self.length, self.prepare = loader, count, length, prepare
        self._batches = self._endless()

    def __len__(self) -> int:
        """Steps in an epoch."""
        return max(1, self.length // self.count)

    def __getitem__(self, index: int) -> Any:
        """The images of the next step, whatever its number."""
        return _joined([next(self._batches) for _ in range(self.count)])

    def _endless(self) -> Iterator[Any]:
        while True:
            for batch in self.loader:
                prepared = self.prepare(batch)
                if prepared is not None:
                    yield prepared


def as_batches(x: Any, y: Any, gan: "GAN", shuffle: bool) -> Batches:
    """What ``fit`` goes through.

    Args:
        x: images, or a source of batches.
        y: labels of images in an array.
        gan: whose step is trained.
        shuffle: whether the images of an array come in a new order in each epoch.

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

    count = gan.batches_per_step
    if isinstance(x, keras.utils.PyDataset):
        return Batches(GroupedDataset(x, count, prepare), images, labels)
    return Batches(GroupedLoader(x, count, _length(x), prepare), images, labels)


def _of_array(x: Array, y: Any, gan: "GAN", shuffle: bool) -> Batches:
    images, labels = _checked(x if y is None else (x, np.asarray(y)), gan)
    size = gan.batch * gan.batches_per_step
    dataset = ArrayBatches(images, labels, size, gan.seed, shuffle, gan.images_seen, gan.images_per_step)
    return Batches(dataset, images, labels)


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

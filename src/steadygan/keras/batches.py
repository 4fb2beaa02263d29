"""The batches of a step, in the order of axes of PyTorch, in which heuristics are written."""

from typing import TYPE_CHECKING, Any

from keras import ops

from steadygan.feeding.loader import Batch
from steadygan.keras.data import scaled_to_range
from steadygan.keras.images import image_view
from steadygan.keras.torch_view import NEEDS_VIEWS, view

if TYPE_CHECKING:
    from steadygan.keras.model import GAN


def batches_of_step(gan: "GAN", images: Any, labels: Any) -> list[Batch]:
    """The batches of one step, one for each move that sees new images.

    Args:
        gan: whose step.
        images: of all of them, [batches * N, ...].
        labels: theirs; None if there are none.
    """
    count = gan.batches_per_step
    # Their number is written down, because some backends do not know it while they compile.
    images = ops.reshape(ops.convert_to_tensor(images), (count * gan.batch, *gan.shape))
    if labels is not None:
        labels = ops.reshape(ops.convert_to_tensor(labels), (count * gan.batch,))
    parts = ops.split(images, count)
    named = [None] * count if labels is None else ops.split(labels, count)
    return [as_seen(gan, each, label) for each, label in zip(parts, named, strict=True)]


def as_seen(gan: "GAN", images: Any, labels: Any) -> Batch:
    """Images and labels as heuristics see them: views, scaled as the networks take them."""
    seen = image_view(scaled_to_range(images, gan.output_activation))
    if labels is None or not gan.classes:
        return Batch(seen)
    # PyTorch names rows by int64 alone.
    return Batch(seen, view(ops.cast(ops.convert_to_tensor(labels), "int32" if NEEDS_VIEWS else "int64")))

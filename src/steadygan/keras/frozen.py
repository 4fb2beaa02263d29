"""Freezing a discriminator for the generator's step only."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def frozen(*models: Any) -> Iterator[None]:
    """Keep the weights of models out of what is trained within a ``with`` block, and give them back afterwards.

    It is for hand-written loops in which the generator and the discriminator are trained in turn by
    ``train_on_batch``::

        combined = keras.Sequential([generator, discriminator])
        combined.compile(keras.optimizers.Adam(2e-4, 0.5), "binary_crossentropy")
        for images in batches:
            discriminator.train_on_batch(...)
            with frozen(discriminator):
                combined.train_on_batch(latents, np.ones((len(latents), 1)))

    Setting ``discriminator.trainable = False`` and leaving it there stops the discriminator's own training as well, and
    makes its batch normalisation run in inference mode within the combined model. Here the weights are frozen one by
    one, and the layers are not told: batch normalisation and dropout run in training mode, by the statistics of the
    batch, and running statistics move as they do in PyTorch. Weights that were frozen before stay frozen.

    What a model trains is settled when it is first trained, on TensorFlow for good, so every ``train_on_batch`` of the
    combined model belongs within the block, the first one above all.

    Args:
        models: Keras models or layers, built.

    Raises:
        ValueError: when a model has no weights yet.
    """
    for model in models:
        if not model.variables:
            raise ValueError(f"'{model.name}' has no weights yet to be frozen; build it or call it once before")
    held = [variable for model in models for variable in model.trainable_variables]
    for variable in held:
        variable.trainable = False
    try:
        yield
    finally:
        for variable in held:
            variable.trainable = True

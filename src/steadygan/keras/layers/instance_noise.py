"""Noise on what the discriminator sees."""

from typing import Any

import keras
from keras import ops

from steadygan.keras.layers.stochastic import Random


@keras.saving.register_keras_serializable("steadygan")
class InstanceNoise(Random):
    """Noise on real and fake images that fades over the images seen, for the front of a discriminator.

    It is active in training mode only, and counts every image that passes then, real and fake alike: in a usual step,
    in which the discriminator judges a batch of each and once more for the generator, three for each real image.

    Args:
        stddev: standard deviation of the noise at first, at least 0.
        images: that pass until the noise is gone, at least 1.
        seed: of the random numbers; drawn when None.

    Shapes: any, and the same comes out: x + σ(t) ε with ε ~ N(0, 1) and σ(t) = stddev · max(0, 1 - t / images).

    Source: Sønderby et al. 2016, section 3.2.1; Arjovsky and Bottou 2017, section 3; ganhacks, item 13.
    """

    def __init__(self, stddev: float = 0.1, images: int = 500_000, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        if stddev < 0 or images < 1:
            raise ValueError(
                f"InstanceNoise has stddev {stddev} and images {images}; they must be at least 0 and at least 1"
            )
        self.stddev = stddev
        self.images = images
        self.images_seen = self.add_weight(
            shape=(), initializer="zeros", dtype="int32", trainable=False, name="images_seen"
        )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Add the noise of this moment in training mode."""
        if not training:
            return inputs
        seen = ops.convert_to_tensor(self.images_seen)
        left = 1.0 - ops.cast(seen, "float32") / self.images
        # The count stands still at the end, so that it never outgrows its integer.
        self.images_seen.assign(ops.minimum(seen + ops.cast(ops.shape(inputs)[0], "int32"), self.images))
        noise = keras.random.normal(ops.shape(inputs), dtype=inputs.dtype, seed=self.seed_generator)
        return inputs + ops.cast(self.stddev * left, inputs.dtype) * noise

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {**super().get_config(), "stddev": self.stddev, "images": self.images}

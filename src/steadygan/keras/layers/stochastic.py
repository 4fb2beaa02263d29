"""Layers that stay random when the generator is used, not only while it is trained."""

import random
from typing import Any

import keras

_SEEDS = 10**9


class Random(keras.layers.Layer):
    """A layer that draws random numbers, which go on where they were when it is loaded.

    Args:
        seed: of the numbers; when None, drawn from the source that :func:`keras.utils.set_random_seed` sets.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        # Never without a seed: Keras then drops activations on torch by random numbers that no layer holds.
        self.seed_generator = keras.random.SeedGenerator(random.randrange(_SEEDS) if seed is None else seed)
        self.built = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same comes out."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {**super().get_config(), "seed": self.seed}

    # Keras does not save seed generators, and a generator that was loaded would repeat itself.

    def save_own_variables(self, store: Any) -> None:
        """Put the state of the random numbers into a file."""
        super().save_own_variables(store)
        store["seed"] = keras.ops.convert_to_numpy(self.seed_generator.state)

    def load_own_variables(self, store: Any) -> None:
        """Take the state of the random numbers from a file."""
        own = {name: store[name] for name in store.keys() if name != "seed"}  # noqa: SIM118  # not every store iterates
        super().load_own_variables(own)
        self.seed_generator.state.assign(store["seed"])


@keras.saving.register_keras_serializable("steadygan")
class GeneratorDropout(Random):
    """Dropout that stays on in inference mode, so that it is a source of variety.

    Args:
        rate: share of activations that become 0, in [0, 1).
        seed: of the random numbers; drawn when None.

    Shapes: any, and the same comes out.

    Source: ganhacks, item 17; Isola et al. 2016, section 2.1.
    """

    def __init__(self, rate: float = 0.5, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"The rate of GeneratorDropout is {rate}; it must be in [0, 1)")
        self.rate = rate

    def call(self, inputs: Any) -> Any:
        """Drop activations, in training and inference alike."""
        return keras.random.dropout(inputs, self.rate, seed=self.seed_generator) if self.rate > 0 else inputs

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {**super().get_config(), "rate": self.rate}


@keras.saving.register_keras_serializable("steadygan")
class GaussianNoise(Random):
    """Gaussian noise on a generator's hidden activations that stays on in inference mode, unlike Keras' own layer.

    Args:
        stddev: standard deviation of the noise, at least 0.
        seed: of the random numbers; drawn when None.

    Shapes: any, and the same comes out.

    Source: ganhacks, item 13.
    """

    def __init__(self, stddev: float = 0.1, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        if stddev < 0:
            raise ValueError(f"The stddev of GaussianNoise is {stddev}; it must be at least 0")
        self.stddev = stddev

    def call(self, inputs: Any) -> Any:
        """Add the noise, in training and inference alike."""
        return inputs + keras.random.normal(
            keras.ops.shape(inputs), stddev=self.stddev, dtype=inputs.dtype, seed=self.seed_generator
        )

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {**super().get_config(), "stddev": self.stddev}

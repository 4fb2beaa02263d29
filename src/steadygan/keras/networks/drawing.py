"""Initial weights that are the same on every backend."""

import math
import random
from typing import Any, Literal

import keras
import numpy as np

LARGEST_SEED = 10**9


@keras.saving.register_keras_serializable("steadygan")
class Drawn(keras.initializers.Initializer):
    """Weights that NumPy draws, so that a seed gives the same ones on every backend.

    Args:
        scale: their standard deviation where ``fan`` is None.
        mean: of the weights.
        uniform: whether they are uniform rather than normal.
        fan: what divides their variance: ``in`` for the inputs of an output, ``average`` for the mean of these and of
            the outputs of an input, None for nothing.
        seed: of the numbers; when None, one is drawn from Python's random numbers, as Keras does.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mean: float = 0.0,
        uniform: bool = False,
        fan: Literal["in", "average"] | None = None,
        seed: int | None = None,
    ) -> None:
        self.scale = scale
        self.mean = mean
        self.uniform = uniform
        self.fan = fan
        self.seed = seed
        self._drawn_seed = random.randint(1, LARGEST_SEED) if seed is None else seed

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draw weights of a shape whose last axes are inputs and outputs."""
        generator = np.random.default_rng(self._drawn_seed)
        drawn = generator.uniform(-math.sqrt(3), math.sqrt(3), shape) if self.uniform else generator.normal(size=shape)
        return keras.ops.convert_to_tensor(self.mean + self._deviation(tuple(shape)) * drawn, dtype or "float32")

    def get_config(self) -> dict[str, Any]:
        """What the initialiser was made with."""
        return {
            "scale": self.scale,
            "mean": self.mean,
            "uniform": self.uniform,
            "fan": self.fan,
            "seed": self.seed,
        }

    def _deviation(self, shape: tuple[int, ...]) -> float:
        if self.fan is None:
            return self.scale
        places = math.prod(shape[:-2])
        inputs, outputs = places * shape[-2], places * shape[-1]
        return self.scale / math.sqrt(inputs if self.fan == "in" else (inputs + outputs) / 2)

"""Initial weights that differ between layers though one initialiser is given to all of them."""

from typing import Any, Literal

import keras
from keras import ops


@keras.saving.register_keras_serializable("steadygan")
class FreshNormal(keras.initializers.Initializer):
    """Weights of N(mean, stddev²), drawn anew at each use.

    An initialiser of Keras draws its seed once, so that all layers of one shape that share it start from the same
    weights. This one draws a seed for every layer; :func:`keras.utils.set_random_seed` makes them reproducible.

    Args:
        stddev: standard deviation, at least 0.
        mean: of the weights; 1 for the scale of a normalisation.

    Source: Radford et al. 2015, section 4.
    """

    def __init__(self, stddev: float = 0.02, mean: float = 0.0) -> None:
        self.stddev = stddev
        self.mean = mean

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draw weights of a shape."""
        return keras.initializers.RandomNormal(self.mean, self.stddev)(shape, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """What the initialiser was made with."""
        return {"stddev": self.stddev, "mean": self.mean}


def normal(stddev: float = 0.02, mean: float = 0.0) -> FreshNormal:
    """Weights of N(mean, stddev²), which differ between layers even where they share the initialiser.

    Args:
        stddev: standard deviation, at least 0.
        mean: of the weights; 1 for the scale of a normalisation.
    """
    return FreshNormal(stddev, mean)


@keras.saving.register_keras_serializable("steadygan")
class ICNR(keras.initializers.Initializer):
    """Weights of a layer that doubles maps, which begins as nearest-neighbour upsampling.

    Args:
        mode: ``pixel-shuffle`` for a convolution before one, whose outputs 4c to 4c + 3 become the pixels of channel c;
            ``transposed`` for a transposed convolution of stride 2.
        initializer: what draws the weights before they are changed; N(0, 0.02²) when None.

    Raises:
        ValueError: when the mode is another.

    Source: Aitken et al. 2017, section on initialisation; the transposed convolution is after it.
    """

    def __init__(self, mode: Literal["pixel-shuffle", "transposed"], initializer: Any = None) -> None:
        if mode not in ("pixel-shuffle", "transposed"):
            raise ValueError(f"ICNR has the modes pixel-shuffle and transposed, and was given '{mode}'")
        self.mode = mode
        self.initializer = FreshNormal() if initializer is None else keras.initializers.get(initializer)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draw weights of a shape: [K, K, C, 4 O] of a convolution, or [K, K, O, C] of a transposed one."""
        drawn = self.initializer(shape, dtype=dtype)
        if self.mode == "transposed":
            return _checkerboard_free(drawn)
        # Of a single channel PyTorch's repeat would be a view of one number, into which nothing can be written.
        return ops.take(drawn, [4 * (place // 4) for place in range(shape[-1])], axis=-1)

    def get_config(self) -> dict[str, Any]:
        """What the initialiser was made with."""
        return {"mode": self.mode, "initializer": keras.initializers.serialize(self.initializer)}


def _checkerboard_free(weights: Any) -> Any:
    """Convolve a kernel [K, K, ...] with a square of ones, after which it makes constant maps of constant maps."""
    size = weights.shape[0]
    still = [(0, 0)] * (len(weights.shape) - 2)
    drawn = weights[: size - 1, : size - 1]
    summed = ops.pad(drawn, [(0, 0), (0, 1), *still]) + ops.pad(drawn, [(0, 0), (1, 0), *still])
    summed = ops.pad(summed, [(0, 1), (0, 0), *still]) + ops.pad(summed, [(1, 0), (0, 0), *still])
    # Along each axis 2 (K - 1) numbers were added up in K places, which would raise the standard deviation.
    return summed * (size / (2 * (size - 1)))

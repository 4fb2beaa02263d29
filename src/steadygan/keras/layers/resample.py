"""What happens to maps when they are halved or doubled, beside convolutions."""

from typing import Any

import keras
import numpy as np
from keras import ops

from steadygan.arrays import Array


@keras.saving.register_keras_serializable("steadygan")
class PixelShuffle(keras.layers.Layer):
    """Double maps by distributing each four channels to a square of 2x2 pixels.

    Four channels that lie side by side belong to one channel of the result, as in PyTorch; TensorFlow's
    ``depth_to_space`` orders them otherwise.

    Shapes: float [N, H, W, 4 C] to [N, 2 H, 2 W, C].

    Source: Shi et al. 2016, section 2.2.
    """

    def call(self, inputs: Any) -> Any:
        """Rearrange channels."""
        height, width, channels = inputs.shape[1], inputs.shape[2], inputs.shape[3] // 4
        squares = ops.reshape(inputs, (-1, height, width, channels, 2, 2))
        return ops.reshape(ops.transpose(squares, (0, 1, 4, 2, 5, 3)), (-1, 2 * height, 2 * width, channels))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """[N, 2 H, 2 W, C]."""
        count, height, width, channels = input_shape
        return (count, 2 * height, 2 * width, channels // 4)


@keras.saving.register_keras_serializable("steadygan")
class LowPassFilter(keras.layers.Layer):
    """Remove the finest waves of maps by the filter [1, 2, 1] / 4 along both axes, zeros beyond the border.

    The wave of period 2 along an axis, which is the checkerboard that a doubling leaves, has no power left in the
    result, because 1 - 2 + 1 = 0.

    Shapes: float [N, H, W, C], and the same comes out.

    Source: Zhang 2019, section 3.2 (Tri-3).
    """

    def call(self, inputs: Any) -> Any:
        """Filter the maps."""
        padded = ops.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)))
        lines = (padded[:, :-2] + padded[:, 2:] + 2 * padded[:, 1:-1]) / 4
        return (lines[:, :, :-2] + lines[:, :, 2:] + 2 * lines[:, :, 1:-1]) / 4

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same as what comes in."""
        return input_shape


@keras.saving.register_keras_serializable("steadygan")
class BilinearResize(keras.layers.Layer):
    """Halve maps, or double them, each pixel spreading over four along each axis with the weights [1, 3, 3, 1] / 4.

    Beyond the border is 0; halving has half the weights, so that constant maps stay as they are but for the border.

    Args:
        size: height and width of the result when maps are doubled, twice theirs or one less; 0 for halving, to half
            their size rounded up.

    Shapes: float [N, S, S, C] to [N, size, size, C], or to [N, ceil(S / 2), ceil(S / 2), C].

    Source: Huang et al. 2025, whose code resamples so.
    """

    def __init__(self, size: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size

    def call(self, inputs: Any) -> Any:
        """Resample the maps."""
        matrix = _spread(self.size) if self.size else _spread(inputs.shape[1]).T / 2
        return _times(ops.convert_to_tensor(matrix, inputs.dtype), inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """[N, size, size, C], or half as large."""
        size = self.size or (input_shape[1] + 1) // 2
        return (input_shape[0], size, size, input_shape[3])

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {**super().get_config(), "size": self.size}


def _spread(size: int) -> Array:
    """The matrix that doubles a line of ceil(size / 2) pixels, float64 [size, ceil(size / 2)]."""
    large, small = np.arange(size), np.arange((size + 1) // 2)
    return np.maximum(0.0, 1.0 - np.abs(large[:, None] / 2 - 0.25 - small))


def _times(matrix: Any, maps: Any) -> Any:
    """Every column of every map times the matrix, then every row."""
    height, width, channels = maps.shape[1:]
    rows = matrix.shape[0]
    columns = ops.matmul(matrix, ops.reshape(maps, (-1, height, width * channels)))
    lines = ops.matmul(matrix, ops.reshape(columns, (-1, width, channels)))
    return ops.reshape(lines, (-1, rows, rows, channels))

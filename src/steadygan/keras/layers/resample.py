"""What happens to maps when they are halved or doubled, beside convolutions."""

from typing import Any

import keras
from keras import ops


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
class PixelSum(keras.layers.Layer):
    """Sum maps over their pixels: float [N, H, W, C] to [N, C].

    Source: Miyato et al. 2018, appendix on network architectures; a mean would make logits smaller.
    """

    def call(self, inputs: Any) -> Any:
        """Sum them."""
        return ops.sum(inputs, axis=(1, 2))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """[N, C]."""
        return (input_shape[0], input_shape[-1])

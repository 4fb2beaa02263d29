"""Self-attention over the pixels of a map."""

from typing import Any

import keras
from keras import ops

from steadygan.keras.layers.rescaling import rescaled


@keras.saving.register_keras_serializable("steadygan")
class SelfAttention(keras.layers.Layer):
    """Let each pixel look at all others; see :class:`steadygan.layers.SelfAttention`, whose channels come last here.

    Keys and values are halved in size by max pooling, an odd size rounded up; keys and queries have C / 8 channels,
    values C / 2.

    Args:
        equalised: whether its four convolutions have the equalised learning rate.
        spectral: power iterations of their spectral normalisation; 0 for none.
        kernel_initializer: of the four convolutions.

    Shapes: float [N, H, W, C], and the same comes out.

    Source: Zhang et al. 2018, equations 1 to 3.
    """

    def __init__(
        self, equalised: bool = False, spectral: int = 0, kernel_initializer: Any = "glorot_uniform", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.equalised = equalised
        self.spectral = spectral
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: Any) -> None:
        """Make the convolutions and γ, which is 0 at first."""
        height, width, channels = input_shape[1:]
        narrow, middle = max(1, channels // 8), max(1, channels // 2)
        self.keys = self._convolution(narrow, "keys", 0)
        self.queries = self._convolution(narrow, "queries", 1)
        self.values = self._convolution(middle, "values", 2)
        self.outputs = self._convolution(channels, "outputs", 3)
        for each in (self.keys, self.queries, self.values):
            each.build(input_shape)
        self.outputs.build((None, height, width, middle))
        self.gamma = self.add_weight(shape=(), initializer="zeros", name="gamma")

    def _convolution(self, filters: int, name: str, place: int) -> Any:
        initializer = _independent(self.kernel_initializer, place)
        layer = keras.layers.Conv2D(filters, 1, use_bias=False, kernel_initializer=initializer, name=name)
        return rescaled(layer, self.equalised, self.spectral)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Add what each pixel attends to."""
        keys, values = (
            _pixels(ops.max_pool(layer(inputs, training=training), 2, 2, "same", "channels_last"))
            for layer in (self.keys, self.values)
        )
        queries = _pixels(self.queries(inputs, training=training))
        weights = ops.softmax(ops.matmul(queries, ops.transpose(keys, (0, 2, 1))), axis=-1)
        seen = ops.matmul(weights, values)
        maps = ops.reshape(seen, (-1, *inputs.shape[1:3], seen.shape[-1]))
        return inputs + ops.cast(self.gamma, inputs.dtype) * self.outputs(maps, training=training)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same as what comes in."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {
            **super().get_config(),
            "equalised": self.equalised,
            "spectral": self.spectral,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _pixels(maps: Any) -> Any:
    """Maps [N, H, W, C] as lines of pixels [N, H W, C]."""
    return ops.reshape(maps, (-1, maps.shape[1] * maps.shape[2], maps.shape[3]))


def _independent(initializer: Any, place: int) -> Any:
    """A copy that draws other numbers at each place, so that convolutions of one shape do not start alike."""
    config = initializer.get_config()
    if isinstance(config.get("seed"), int):
        config["seed"] += place
    return type(initializer).from_config(config)

"""The ways from vectors to maps, and from maps to vectors, that residual networks have."""

from typing import Any

import keras
from keras import ops


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


@keras.saving.register_keras_serializable("steadygan")
class MapBasis(keras.layers.Layer):
    """Make maps of vectors: each number scales one learnt map.

    Args:
        size: height and width S of the maps.
        initializer: of the maps; N(0, 1) when None.

    Shapes: float [N, C] to [N, S, S, C].

    Source: Huang et al. 2025, and their code.
    """

    def __init__(self, size: int, initializer: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size
        self.initializer = keras.initializers.get(initializer or keras.initializers.RandomNormal(0.0, 1.0))

    def build(self, input_shape: Any) -> None:
        """Draw the maps."""
        shape = (self.size, self.size, input_shape[-1])
        self.basis = self.add_weight(shape=shape, initializer=self.initializer, name="basis")

    def call(self, inputs: Any) -> Any:
        """Scale the maps."""
        return ops.convert_to_tensor(self.basis) * ops.reshape(inputs, (-1, 1, 1, inputs.shape[-1]))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """[N, S, S, C]."""
        return (input_shape[0], self.size, self.size, input_shape[1])

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {
            **super().get_config(),
            "size": self.size,
            "initializer": keras.initializers.serialize(self.initializer),
        }

"""The equalised learning rate."""

import math
from typing import Any

import keras
from keras import ops

from steadygan.keras.layers.kinds import fan_in
from steadygan.keras.layers.rescaled import RescaledKernel


@keras.saving.register_keras_serializable("steadygan")
class EqualisedLearningRate(RescaledKernel):
    """Draw a layer's kernel from N(0, 1) and multiply it by He's constant √(2 / fan-in) whenever it is used.

    All kernels then learn at the same speed under Adam. Biases start at 0.

    Args:
        layer: dense, or a convolution, a transposed or depthwise convolution of any dimension. Its own initialisers are
            replaced; if it is built already, it is drawn anew.

    Raises:
        ValueError: when the layer is another.

    Source: Karras et al. 2017, section 4.1; He et al. 2015, equation 10.
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        if isinstance(layer, keras.layers.Embedding):
            raise ValueError(
                "EqualisedLearningRate wraps Dense and convolutions, and was given Embedding; leave it bare"
            )
        draw = keras.initializers.RandomNormal(stddev=1.0)
        setattr(layer, self._where.initializer, draw)
        layer.bias_initializer = keras.initializers.Zeros()
        if layer.built:
            self.trained.assign(draw(self.trained.shape))
            if layer.bias is not None:
                layer.bias.assign(ops.zeros(layer.bias.shape))

    def call(self, inputs: Any) -> Any:
        """Run the layer with its kernel times the constant."""
        return self._run(inputs, ops.convert_to_tensor(self.trained) * math.sqrt(2.0 / fan_in(self.layer)))

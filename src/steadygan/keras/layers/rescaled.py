"""What spectral normalisation and the equalised learning rate share: a layer that computes with a changed kernel."""

from typing import Any

import keras

from steadygan.keras.layers.kinds import Kernel, kernel_of


class RescaledKernel(keras.layers.Wrapper):
    """Runs a layer with a kernel that is computed from the one that is trained.

    The layer keeps its weights, their names and its dtype policy; the kernel is rescaled in the dtype of the weights.

    Args:
        layer: dense, a convolution, a transposed or depthwise convolution of any dimension, or an embedding.

    Raises:
        ValueError: when the layer is another.
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        # Otherwise a model in mixed precision would hand out rounded kernels. The layer itself casts as it always does.
        kwargs |= {"dtype": getattr(layer, "variable_dtype", None), "autocast": False}
        super().__init__(layer, **kwargs)
        where = kernel_of(layer)
        if where is None:
            raise ValueError(
                f"{type(self).__name__} wraps Dense, convolutions and Embedding, and was given {type(layer).__name__}; "
                "wrap the layers inside of it one by one"
            )
        self._where: Kernel = where

    @property
    def trained(self) -> Any:
        """The kernel as it is trained, a Keras variable of the wrapped layer, which must be built."""
        return self._where.variable(self.layer)

    def compute_output_spec(self, inputs: Any, training: bool | None = None) -> Any:
        """What comes out of the layer."""
        return self.layer.compute_output_spec(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the layer."""
        return self.layer.compute_output_shape(input_shape)

    def _run(self, inputs: Any, kernel: Any) -> Any:
        """Call the layer with another kernel, without an assignment, so that gradients flow into what made it."""
        others = [(each, each.value) for each in self.layer.variables if each is not self.trained]
        # A scope hides the one around it, so that it must hold the other weights as well.
        with keras.StatelessScope([*others, (self.trained, kernel)], initialize_variables=False):
            return self.layer(inputs)

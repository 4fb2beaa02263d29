"""What brings a discriminator's answers into the form that losses take."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("steadygan")
class Unpacking(keras.layers.Layer):
    """Give each image of a pack an answer of its own: float [N / m, m·K] to [N, K].

    Args:
        packing: images in a pack, m.

    Source: after Lin et al. 2017, section 2.
    """

    def __init__(self, packing: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.packing = packing

    def call(self, inputs: Any) -> Any:
        """Unpack answers."""
        return ops.reshape(inputs, (-1, inputs.shape[-1] // self.packing))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """[N, K]."""
        count, length = input_shape
        return (None if count is None else count * self.packing, length // self.packing)

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {**super().get_config(), "packing": self.packing}


@keras.saving.register_keras_serializable("steadygan")
class SemiSupervisedLogit(keras.layers.Layer):
    """The logit of "real" that class logits [N, K] imply, with that of "fake" held at 0: log Σ exp, [N].

    Source: Salimans et al. 2016, section 5.
    """

    def call(self, inputs: Any) -> Any:
        """Return the logit, which stands for D(x) = Z / (Z + 1), Z the sum of the exponentials."""
        return ops.logsumexp(inputs, axis=1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """[N]."""
        return (input_shape[0],)


@keras.saving.register_keras_serializable("steadygan")
class FirstOf(keras.layers.Layer):
    """Return the first of several values; those that compute the others stay part of the model."""

    def call(self, inputs: Any) -> Any:
        """Return the first."""
        return inputs[0]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the first."""
        return input_shape[0]

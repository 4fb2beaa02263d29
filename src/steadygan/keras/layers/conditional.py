"""Normalisation with a scale and a shift for each class."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("steadygan")
class ConditionalNormalization(keras.layers.Layer):
    """Give any normalisation a scale and a shift for each class; it is called with values and labels.

    Args:
        norm: a layer that normalises [N, ..., C] and has no scale and shift of its own.
        classes: rows of the tables of scales (1 at first) and shifts (0 at first).

    Shapes: float [N, ..., C] and int [N]; the shape of the former comes out. Where the label is -1, the class is
    unknown, and gets the mean over all classes.

    Source: Dumoulin et al. 2016, section 2.2, equation 5; Miyato and Koyama 2018 (in a GAN's generator).
    """

    def __init__(self, norm: Any, classes: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.norm = norm
        self.classes = classes

    def build(self, input_shape: Any) -> None:
        """Make the tables."""
        shape = input_shape[0]
        if not self.norm.built:
            self.norm.build(shape)
        self.scales = self.add_weight(shape=(self.classes, shape[-1]), initializer="ones", name="scales")
        self.shifts = self.add_weight(shape=(self.classes, shape[-1]), initializer="zeros", name="shifts")

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Normalise values, and scale and shift those of each example as its class has it."""
        values, labels = inputs
        scale, shift = (_rows(table, labels, values) for table in (self.scales, self.shifts))
        return self.norm(values, training=training) * scale + shift

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the values."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {
            **super().get_config(),
            "norm": keras.saving.serialize_keras_object(self.norm),
            "classes": self.classes,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "ConditionalNormalization":
        """The layer that a config describes."""
        return cls(**{**config, "norm": keras.saving.deserialize_keras_object(config["norm"])})


def _rows(table: Any, labels: Any, values: Any) -> Any:
    """The rows of a table [K, C] for labels [N], the mean row where one is unknown, shaped to multiply the values."""
    table = ops.cast(ops.convert_to_tensor(table), values.dtype)
    known = ops.take(table, ops.maximum(labels, 0), axis=0)
    rows = ops.where(ops.expand_dims(labels < 0, 1), ops.mean(table, axis=0), known)
    return ops.reshape(rows, (-1, *(1,) * (len(values.shape) - 2), values.shape[-1]))

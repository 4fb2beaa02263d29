"""Which weight of a Keras layer is its kernel, and how it is seen as a matrix of outputs × everything else."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
from keras import layers as of_keras

_CONVOLUTIONS = (of_keras.Conv1D, of_keras.Conv2D, of_keras.Conv3D)
_TRANSPOSED = (of_keras.Conv1DTranspose, of_keras.Conv2DTranspose, of_keras.Conv3DTranspose)
_DEPTHWISE = (of_keras.DepthwiseConv1D, of_keras.DepthwiseConv2D)


class Kernel(NamedTuple):
    """Where a kind of layer keeps its kernel.

    Attributes:
        attribute: its name, which belongs to the layer once it is built.
        initializer: the name of what draws it.
        outputs: axes that count outputs, from the last one backwards.
        inputs: the axis of inputs, from the last one backwards; None where it is among those of outputs.
    """

    attribute: str
    initializer: str
    outputs: tuple[int, ...]
    inputs: int | None

    def variable(self, layer: Any) -> Any:
        """The kernel of a layer, a Keras variable.

        Raises:
            ValueError: when it is no variable, as in a quantised layer or one with LoRA.
        """
        found = getattr(layer, self.attribute)
        if not isinstance(found, keras.Variable):
            raise ValueError(
                f"The kernel of layer '{layer.name}' is computed from other weights; wrap the layer "
                "before it is quantised or given LoRA"
            )
        return found

    def matrix(self, weights: Any) -> Any:
        """See a kernel as PyTorch's spectral normalisation does, whose vectors then fit.

        Args:
            weights: float, a kernel as Keras lays it out.

        Returns:
            float [outputs, everything else], with inputs before places.
        """
        count = len(weights.shape)
        leading = [axis % count for axis in (*self.outputs, *(() if self.inputs is None else (self.inputs,)))]
        places = [axis for axis in range(count) if axis not in leading]
        rows = math.prod(weights.shape[axis] for axis in leading[: len(self.outputs)])
        return keras.ops.reshape(keras.ops.transpose(weights, (*leading, *places)), (rows, -1))


def kernel_of(layer: Any) -> Kernel | None:
    """Where a layer keeps its kernel, or None if it is not one of those whose kernel can be rescaled."""
    if isinstance(layer, of_keras.Embedding):
        return Kernel("embeddings", "embeddings_initializer", (-2,), -1)
    if isinstance(layer, _TRANSPOSED):
        return Kernel("kernel", "kernel_initializer", (-2,), -1)
    if isinstance(layer, _DEPTHWISE):
        return Kernel("kernel", "depthwise_initializer", (-2, -1), None)
    if isinstance(layer, (*_CONVOLUTIONS, of_keras.Dense)):
        return Kernel("kernel", "kernel_initializer", (-1,), -2)
    return None


def fan_in(layer: Any) -> float:
    """Count the inputs that one output of a layer is a sum of, on average where a stride makes them differ.

    Args:
        layer: built; a convolution of any kind, or dense.
    """
    shape: tuple[int, ...] = tuple(layer.kernel.shape)
    if isinstance(layer, _TRANSPOSED):
        strides: tuple[int, ...] = tuple(layer.strides)
        return shape[-1] * math.prod(shape[:-2]) / math.prod(strides)
    if isinstance(layer, _DEPTHWISE):
        return float(math.prod(shape[:-2]))
    return float(math.prod(shape[:-1]))


def layers_within(model: Any, kind: type[Any]) -> Iterator[Any]:
    """The layers of a kind in a model, or in a single layer, however deep.

    Args:
        model: a Keras model or layer.
        kind: the class.
    """
    for layer in model._flatten_layers():
        if isinstance(layer, kind):
            yield layer

"""How a network runs a fixed reference batch before each batch."""

from typing import Any

import keras
import numpy as np
from keras import ops

from steadygan.keras.layers.kinds import layers_within
from steadygan.keras.layers.virtual_batch_norm import VirtualBatchNormalization


@keras.saving.register_keras_serializable("steadygan")
class WithReferenceBatch(keras.Model):
    """Run a network after a fixed reference batch, from which its normalisations take statistics.

    Both runs are part of one call, with the same weights, and gradients flow through both. Layers that look at several
    examples see the reference batch by itself::

        network = keras.Sequential([keras.Input((64,)), layers.Dense(128), VirtualBatchNormalization(), layers.ReLU()])
        generator = WithReferenceBatch(network, keras.random.normal((64, 64)))

    Args:
        network: a Keras model with :class:`VirtualBatchNormalization` or :class:`ReferenceBatchNormalization` layers.
        reference: the reference batch, which is saved and never trained: real images for a discriminator, latents for
            a generator, float [M, ...]; a list of arrays for a network with several inputs, such as latents and labels.
        is_needed: whether a network without such layers is refused.

    Shapes: those of the network.

    Raises:
        ValueError: when the network has no such layer.

    Source: Salimans et al. 2016, section 3.5 ("chosen once and fixed at the start of training").
    """

    def __init__(self, network: Any, reference: Any, is_needed: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.network = network
        self.several = isinstance(reference, list | tuple)
        self.is_needed = is_needed
        if is_needed and not any(True for _ in layers_within(network, VirtualBatchNormalization)):
            raise ValueError(
                f"The network '{network.name}' has no layer that takes statistics from a reference batch; put "
                "VirtualBatchNormalization or ReferenceBatchNormalization into it"
            )
        self.reference = [self._hold(each, place) for place, each in enumerate(self._listed(reference))]
        self.built = bool(network.built)

    def build(self, input_shape: Any) -> None:
        """Build the network."""
        if not self.network.built:
            self.network.build(input_shape)
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Run the reference batch and then the inputs."""
        norms = list(layers_within(self.network, VirtualBatchNormalization))
        reference = [ops.convert_to_tensor(each) for each in self.reference]
        try:
            for norm in norms:
                norm.held.collecting = True
            self.network(reference if self.several else reference[0], training=training)
            for norm in norms:
                norm.held.collecting = False
            return self.network(inputs, training=training)
        finally:
            for norm in norms:
                norm.held.collecting, norm.held.moments = False, None

    def hold(self, reference: Any) -> None:
        """Fill the reference batch anew.

        Args:
            reference: of the shape given before.

        Raises:
            ValueError: when the shape is another.
        """
        given = self._listed(reference)
        shapes = [list(each.shape) for each in self.reference], [list(np.shape(each)) for each in given]
        if shapes[0] != shapes[1]:
            raise ValueError(f"A reference batch of {shapes[0]} cannot hold {shapes[1]}")
        for variable, array in zip(self.reference, given, strict=True):
            variable.assign(array)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the network."""
        return self.network.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        """What the model was made with; the reference batch itself is among the weights."""
        held = [{"shape": list(each.shape), "dtype": each.dtype} for each in self.reference]
        return {
            **super().get_config(),
            "network": keras.saving.serialize_keras_object(self.network),
            "reference": held,
            "several": self.several,
            "is_needed": self.is_needed,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Make the model again; the reference batch comes with the weights, and is 0 until then."""
        given = dict(config)
        network = keras.saving.deserialize_keras_object(given.pop("network"), custom_objects=custom_objects)
        empty = [np.zeros(each["shape"], each["dtype"]) for each in given.pop("reference")]
        return cls(network, empty if given.pop("several") else empty[0], **given)

    def _listed(self, reference: Any) -> list[Any]:
        given = reference if self.several else [reference]
        return [each if keras.ops.is_tensor(each) else np.asarray(each) for each in given]

    def _hold(self, array: Any, place: int) -> Any:
        values = ops.convert_to_numpy(array)
        dtype = "float32" if values.dtype.kind == "f" else "int32"
        return self.add_weight(
            shape=values.shape,
            initializer=lambda shape, dtype=None: ops.convert_to_tensor(values, dtype=dtype),
            dtype=dtype,
            trainable=False,
            autocast=False,
            name=f"reference_{place}",
        )

"""How several images get one answer of the discriminator."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("steadygan")
class Packing(keras.layers.Layer):
    """Stack each few neighbours of a batch along their channels, so that the discriminator judges them together.

    Args:
        packing: images in a pack, m; the batch size must be a multiple of it. Images m·i to m·i + m - 1 make pack i.

    Shapes: float [N, H, W, C] to [N / m, H, W, m·C], or [N, F] to [N / m, m·F].

    Source: Lin et al. 2017, section 2.
    """

    def __init__(self, packing: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.packing = packing

    def call(self, inputs: Any) -> Any:
        """Pack the images.

        Raises:
            ValueError: when the size of the batch is known and no multiple of the packing.
        """
        count = inputs.shape[0]
        if count is not None and count % self.packing:
            raise ValueError(f"A batch of {count} cannot be divided into packs of {self.packing}")
        shape = tuple(inputs.shape[1:])
        packs = ops.reshape(inputs, (-1, self.packing, *shape))
        if len(shape) == 3:
            packs = ops.transpose(packs, (0, 2, 3, 1, 4))
        return ops.reshape(packs, (-1, *shape[:-1], self.packing * shape[-1]))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """[N / m, ..., m·C]."""
        count = None if input_shape[0] is None else input_shape[0] // self.packing
        return (count, *input_shape[1:-1], self.packing * input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {**super().get_config(), "packing": self.packing}

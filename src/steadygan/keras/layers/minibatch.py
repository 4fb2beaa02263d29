"""Layers that let the discriminator look at several images at once."""

from typing import Any

import keras
from keras import ops


def minibatch_closeness(kernels: Any) -> Any:
    """Measure how close each example is to the others of its batch: o_b(i) = Σ_{j ≠ i} exp(-‖M_ib - M_jb‖₁).

    Args:
        kernels: float [N, B, C], the rows M_ib.

    Returns:
        float [N, B], from 0 to N - 1.

    Source: Salimans et al. 2016, section 3.2. The paper's sum has j = i in it, which adds 1 everywhere; the authors'
    code leaves it out, and so does this.
    """
    rows = ops.transpose(kernels, (1, 0, 2))
    distances = ops.sum(ops.abs(rows[:, :, None] - rows[:, None]), axis=3)
    return ops.transpose(ops.sum(ops.exp(-distances), axis=2)) - 1.0


@keras.saving.register_keras_serializable("steadygan")
class MinibatchDiscrimination(keras.layers.Layer):
    """Append to the features of each example how close it is to the others of the batch, in B respects.

    The tensor T [A, B, C] starts from N(0, 1 / A), so that its columns are about as long as the normalised ones in the
    authors' code.

    Args:
        kernels: B, at least 1.
        dimension: C, numbers that each kernel compares, at least 1.

    Shapes: float [N, A] to [N, A + B].

    Source: Salimans et al. 2016, section 3.2.
    """

    mixes_examples = True

    def __init__(self, kernels: int = 100, dimension: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernels = kernels
        self.dimension = dimension

    def build(self, input_shape: Any) -> None:
        """Draw the tensor.

        Raises:
            ValueError: when what comes in is not [N, A].
        """
        if len(input_shape) != 2:
            raise ValueError(
                f"MinibatchDiscrimination takes features [N, A], and {list(input_shape)} came; put Flatten before it"
            )
        features = input_shape[-1]
        self.tensor = self.add_weight(
            shape=(features, self.kernels, self.dimension),
            initializer=keras.initializers.RandomNormal(stddev=features**-0.5),
            name="tensor",
        )

    def call(self, inputs: Any) -> Any:
        """Append the closeness."""
        features = inputs.shape[-1]
        products = ops.matmul(inputs, ops.reshape(self.tensor, (features, -1)))
        # Small distances in half precision would all be equal.
        wide = ops.cast(products, keras.backend.result_type(products.dtype, "float32"))
        closeness = minibatch_closeness(ops.reshape(wide, (-1, self.kernels, self.dimension)))
        return ops.concatenate([inputs, ops.cast(closeness, inputs.dtype)], axis=1)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """[N, A + B]."""
        return (input_shape[0], input_shape[1] + self.kernels)

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {**super().get_config(), "kernels": self.kernels, "dimension": self.dimension}


@keras.saving.register_keras_serializable("steadygan")
class MinibatchStddev(keras.layers.Layer):
    """Append a channel (for vectors: a feature) with how much the images of a group differ, one number for each group.

    Args:
        group: images in a group; lowered to the largest divisor of N that is at most this.
        data_format: ``channels_last`` or ``channels_first``; that of Keras' configuration when None.

    Image i is in group i mod N / group, as in the authors' code.

    Shapes: float [N, H, W, C] to [N, H, W, C + 1], or [N, F] to [N, F + 1].

    Source: Karras et al. 2017, section 3; groups from the authors' code.
    """

    mixes_examples = True

    def __init__(self, group: int = 4, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.group = group
        self.data_format = data_format or keras.config.image_data_format()

    def call(self, inputs: Any) -> Any:
        """Append the standard deviation."""
        wide = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        shape = ops.shape(inputs)
        size = largest_divisor(shape[0], self.group)
        groups = ops.reshape(wide, (size, -1, *shape[1:]))
        # The small number keeps the root's gradient finite where all images of a group agree.
        deviations = ops.sqrt(ops.var(groups, axis=0) + 1e-8)
        axes = tuple(range(1, inputs.ndim))
        values = ops.mean(deviations, axis=axes, keepdims=True)
        like = list(shape)
        like[self._axis(inputs.ndim)] = 1
        # Every group has one number for its places, and each of its images the same.
        spread = ops.broadcast_to(values[None], (size, shape[0] // size, *like[1:]))
        return ops.concatenate(
            [inputs, ops.cast(ops.reshape(spread, like), inputs.dtype)], axis=self._axis(inputs.ndim)
        )

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """One channel or feature more."""
        made = list(input_shape)
        made[self._axis(len(made))] += 1
        return tuple(made)

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {**super().get_config(), "group": self.group, "data_format": self.data_format}

    def _axis(self, dimensions: int) -> int:
        return 1 if self.data_format == "channels_first" or dimensions == 2 else dimensions - 1


def largest_divisor(count: Any, most: int) -> Any:
    """The largest divisor of a number of examples that is at most so large.

    Args:
        count: an int, or a tensor where a compiled function takes batches of any size.
        most: at least 1.
    """
    if isinstance(count, int):
        return next(size for size in range(min(most, count), 0, -1) if count % size == 0)
    sizes = ops.arange(1, most + 1, dtype="int32")
    return ops.max(ops.where(ops.cast(count, "int32") % sizes == 0, sizes, 1))

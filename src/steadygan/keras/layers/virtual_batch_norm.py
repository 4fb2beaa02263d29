"""Normalisation of hidden layers with the help of a reference batch."""

from typing import Any, NamedTuple

import keras
from keras import ops


class Moments(NamedTuple):
    """Mean and variance of each feature over a reference batch.

    Attributes:
        mean: float [1, ..., C].
        variance: float [1, ..., C], the mean of the squares minus the square of the mean.
        examples: how many there are.
    """

    mean: Any
    variance: Any
    examples: int


class Held:
    """What a layer holds between the run of the reference batch and that of other examples, within one call.

    Attributes:
        collecting: whether the reference batch is running.
        moments: its statistics.
    """

    def __init__(self) -> None:
        self.collecting = False
        self.moments: Moments | None = None


@keras.saving.register_keras_serializable("steadygan")
class VirtualBatchNormalization(keras.layers.Layer):
    """Normalise each example by a fixed reference batch and itself, so that no example depends on its neighbours.

    With the means m and mean squares s of n reference examples and those of the example itself, the statistics are
    n / (n + 1) and 1 / (n + 1) parts of each. The reference examples are normalised by their own statistics, and
    gradients flow through these. The network must be wrapped in :class:`WithReferenceBatch`, which runs the reference
    batch through it first.

    Args:
        epsilon: added to the variance, at least 0.
        axis: of the features.
        center: whether it has a shift.
        scale: whether it has a scale.
        beta_initializer: of the shift.
        gamma_initializer: of the scale.

    Shapes: float [N, C] or [N, ..., C], and the same comes out.

    Source: Salimans et al. 2016, section 3.5.
    """

    def __init__(
        self,
        epsilon: float = 1e-5,
        axis: int = -1,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.axis = axis
        self.center = center
        self.scale = scale
        self.beta_initializer = keras.initializers.get(beta_initializer)
        self.gamma_initializer = keras.initializers.get(gamma_initializer)
        self.held = Held()

    def build(self, input_shape: Any) -> None:
        """Make the scale and the shift."""
        shape = (input_shape[self.axis],)
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(shape=shape, initializer=self.gamma_initializer, autocast=False, name="gamma")
        if self.center:
            self.beta = self.add_weight(shape=shape, initializer=self.beta_initializer, autocast=False, name="beta")

    def call(self, inputs: Any) -> Any:
        """Normalise the reference batch while its statistics are collected, and other examples afterwards.

        Raises:
            RuntimeError: when no reference batch went through before.
        """
        # Sums over many pixels need more than the digits of half precision.
        wide = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        if self.held.collecting:
            mean, variance = _moments(wide, [0, *self._places(wide)])
            self.held.moments = Moments(mean, variance, wide.shape[0])
        elif self.held.moments is None:
            raise RuntimeError(f"{type(self).__name__} has no reference batch; wrap the network in WithReferenceBatch")
        else:
            mean, variance = self._statistics(self.held.moments, wide)
        factor = ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            factor = factor * self._spread(self.gamma, wide)
        normal = (wide - mean) * factor
        if self.beta is not None:
            normal = normal + self._spread(self.beta, wide)
        return ops.cast(normal, inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same comes out."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "axis": self.axis,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": keras.initializers.serialize(self.beta_initializer),
            "gamma_initializer": keras.initializers.serialize(self.gamma_initializer),
        }

    def _statistics(self, reference: Moments, x: Any) -> tuple[Any, Any]:
        """Mean and variance of the reference batch and each example, which counts as one of n + 1."""
        places = self._places(x)
        own_mean, own_variance = _moments(x, places) if places else (x, ops.zeros_like(x))
        share = 1.0 / (reference.examples + 1.0)
        # The same as mean squares minus the squared mean, without the difference of two large numbers.
        distance = own_mean - reference.mean
        mean = reference.mean + share * distance
        spread = share * (own_variance - reference.variance) + share * (1.0 - share) * ops.square(distance)
        return mean, reference.variance + spread

    def _places(self, x: Any) -> list[int]:
        """The axes that are neither examples nor features."""
        return [axis for axis in range(1, x.ndim) if axis != self.axis % x.ndim]

    def _spread(self, values: Any, x: Any) -> Any:
        """Numbers of the features, shaped so that they multiply x."""
        shape = [1] * x.ndim
        shape[self.axis] = values.shape[0]
        return ops.reshape(ops.cast(values, x.dtype), shape)


@keras.saving.register_keras_serializable("steadygan")
class ReferenceBatchNormalization(VirtualBatchNormalization):
    """Normalise each example by the statistics of a fixed reference batch alone.

    It is used like :class:`VirtualBatchNormalization`, with the same arguments, inside of :class:`WithReferenceBatch`.

    Shapes: float [N, C] or [N, ..., C], and the same comes out.

    Source: Goodfellow 2016, section 4.3.
    """

    def _statistics(self, reference: Moments, x: Any) -> tuple[Any, Any]:
        return reference.mean, reference.variance


def _moments(x: Any, axes: list[int]) -> tuple[Any, Any]:
    mean = ops.mean(x, axes, keepdims=True)
    return mean, ops.mean(ops.square(x - mean), axes, keepdims=True)

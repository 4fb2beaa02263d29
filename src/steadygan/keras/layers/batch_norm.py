"""Batch normalisation that can be differentiated twice on every backend."""

import math
from typing import Any

import keras
from keras import ops
from torch.nn import functional

from steadygan.keras.torch_view import NEEDS_VIEWS, in_dtype


@keras.saving.register_keras_serializable("steadygan")
class BatchNormalization(keras.layers.BatchNormalization):
    """Normalise each feature over the batch, with the right second derivative on every backend.

    In Keras' own layer on TensorFlow a part of the gradient is stopped, without which a penalty on the gradient of a
    discriminator is slightly wrong. Besides, the defaults are those of PyTorch. Like Keras' layer, it runs in inference
    mode while its ``trainable`` is False; :func:`steadygan.keras.frozen` leaves that as it is.

    Args:
        momentum: share of the running statistics that stays at each step, in [0, 1]; 1 minus PyTorch's.
        epsilon: added to the variance, at least 0.
        axis: of the features.
        center: whether it has a shift.
        scale: whether it has a scale.
        unbiased: whether the running variance is that of n / (n - 1), as PyTorch keeps it; Keras keeps that of n.
        beta_initializer: of the shift.
        gamma_initializer: of the scale.

    Shapes: float [N, ..., C], and the same comes out; statistics are computed in float32 at least.

    Source: Ioffe and Szegedy 2015, algorithms 1 and 2.
    """

    def __init__(
        self,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        axis: int = -1,
        center: bool = True,
        scale: bool = True,
        unbiased: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            axis=axis,
            momentum=momentum,
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            **kwargs,
        )
        if self.renorm or self.synchronized:
            raise ValueError(
                "BatchNormalization of steadygan has neither renorm nor synchronized; take that of keras.layers"
            )
        self.unbiased = unbiased

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise by the batch's statistics in training mode, and by the running ones otherwise.

        Raises:
            ValueError: when there is a mask.
        """
        if mask is not None:
            raise ValueError("BatchNormalization of steadygan takes no mask; take that of keras.layers")
        dtype = keras.backend.result_type(inputs.dtype, "float32")
        wide = in_dtype(inputs, dtype)
        if training and self.trainable and self._fits_pytorch(wide):
            return in_dtype(self._by_pytorch(wide), self.compute_dtype)
        if training and self.trainable:
            centred, variance = self._of_batch(wide)
        else:
            centred = wide - self._spread(in_dtype(self.moving_mean.value, dtype))
            variance = in_dtype(self.moving_variance.value, dtype)
        factor = ops.rsqrt(variance + self.epsilon)
        if self.scale:
            factor = factor * in_dtype(self.gamma.value, dtype)
        normal = centred * self._spread(factor)
        if self.center:
            normal = normal + self._spread(in_dtype(self.beta.value, dtype))
        return in_dtype(normal, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {**super().get_config(), "unbiased": self.unbiased}

    def _of_batch(self, x: Any) -> tuple[Any, Any]:
        """The batch less its mean, and its variance; the running statistics take their part of both."""
        axes = [axis for axis in range(x.ndim) if axis != self.axis % x.ndim]
        mean = ops.mean(x, axes)
        centred = x - self._spread(mean)
        variance = ops.mean(ops.square(centred), axes)
        kept = variance
        if self.unbiased:
            kept = variance * self._bessel(x, axes)
        for running, now in ((self.moving_mean, mean), (self.moving_variance, kept)):
            part = in_dtype(ops.stop_gradient(now), running.dtype)
            running.assign(running.value * self.momentum + part * (1.0 - self.momentum))
        return centred, variance

    def _fits_pytorch(self, x: Any) -> bool:
        """Whether PyTorch's function does the same: it wants features in the axis after the batch, and two of each."""
        axis = self.axis % x.ndim
        return not NEEDS_VIEWS and axis in (1, x.ndim - 1) and x.numel() > x.shape[axis]

    def _by_pytorch(self, x: Any) -> Any:
        """What the rest of this class computes, by PyTorch's own function, where that is the backend.

        It takes half the time of the same in small steps, and its derivative can be differentiated, too.
        """
        dtype = keras.backend.standardize_dtype(x.dtype)
        lines = x if self.axis % x.ndim == 1 else x.reshape(-1, x.shape[-1])
        features = lines.shape[1]
        mean, variance = lines.new_zeros(2, features).unbind()  # of the batch: a momentum of 1 keeps nothing else
        scale, shift = (
            in_dtype(each.value, dtype) if used else None
            for each, used in ((self.gamma, self.scale), (self.beta, self.center))
        )
        normal = functional.batch_norm(
            lines, mean, variance, scale, shift, training=True, momentum=1.0, eps=self.epsilon
        )
        if not self.unbiased:
            count = lines.numel() // features
            variance = variance * ((count - 1) / count)
        for running, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            running.assign(running.value.lerp(in_dtype(now, running.dtype), 1.0 - self.momentum))
        return normal.reshape(x.shape)

    def _bessel(self, x: Any, axes: list[int]) -> Any:
        """N / (n - 1), by which the variance of n numbers becomes that of n - 1; a plain number where n is known."""
        sizes = [ops.shape(x)[axis] for axis in axes]
        if all(isinstance(each, int) for each in sizes):
            return math.prod(sizes) / max(math.prod(sizes) - 1, 1)
        count = ops.cast(math.prod(sizes), x.dtype)
        return count / ops.maximum(count - 1, 1)

    def _spread(self, values: Any) -> Any:
        """Numbers of the features [C], shaped so that they multiply the inputs."""
        after = self.input_spec.ndim - 1 - self.axis % self.input_spec.ndim
        return ops.reshape(values, (-1, *[1] * after)) if after else values

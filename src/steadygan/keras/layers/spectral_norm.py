"""Spectral normalisation."""

from typing import Any

import keras
from keras import ops

from steadygan.keras.layers.kinds import layers_within
from steadygan.keras.layers.rescaled import RescaledKernel

_FIRST_ITERATIONS = 15
_LEAST_LENGTH = 1e-12


@keras.saving.register_keras_serializable("steadygan")
class SpectralNormalization(RescaledKernel):
    """Divide a layer's kernel by its largest singular value σ = uᵀ W v whenever it is used.

    W is the kernel as a matrix of outputs × everything else. In training mode each call first moves u and v by power
    iteration; in inference mode they stand still. The kernel itself is never overwritten, and gradients also flow
    through σ, with u and v constant. The values are those of
    :func:`torch.nn.utils.parametrizations.spectral_norm`, whose u and v can be copied to and fro.

    Args:
        layer: dense, a convolution, a transposed or depthwise convolution of any dimension, or an embedding.
        iterations: of the power method for each use in training mode, at least 1.

    Raises:
        ValueError: when the layer is another, or there are no iterations.

    Source: Miyato et al. 2018, section 2.1 and algorithm 1; embeddings as in Miyato and Koyama 2018.
    """

    def __init__(self, layer: Any, iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        if iterations < 1:
            raise ValueError(f"SpectralNormalization needs at least 1 iteration and was given {iterations}")
        self.iterations = iterations

    def build(self, input_shape: Any = None) -> None:
        """Build the layer, and estimate the singular value of its first kernel."""
        super().build(input_shape)
        rows, columns = self._where.matrix(ops.zeros(self.trained.shape)).shape
        self.u = self._vector("u", rows, self._first_u)
        self.v = self._vector("v", columns, self._first_v)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Run the layer with its kernel / σ."""
        kernel = ops.convert_to_tensor(self.trained)
        matrix = self._where.matrix(kernel)
        if training:
            u, v = _iterate(ops.stop_gradient(matrix), ops.convert_to_tensor(self.v), self.iterations)
            self.u.assign(u)
            self.v.assign(v)
        else:
            # Copies, for a later call in training mode changes the variables before gradients are taken.
            u, v = ops.copy(self.u), ops.copy(self.v)
        sigma = ops.sum(u * ops.matmul(matrix, v))
        return self._run(inputs, kernel / sigma)

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {**super().get_config(), "iterations": self.iterations}

    def refresh(self, iterations: int = 30) -> None:
        """Estimate the singular value anew.

        Args:
            iterations: of the power method.
        """
        matrix = self._where.matrix(ops.stop_gradient(ops.convert_to_tensor(self.trained)))
        u, v = _iterate(matrix, ops.convert_to_tensor(self.v), iterations)
        self.u.assign(u)
        self.v.assign(v)

    def _vector(self, name: str, size: int, initializer: Any) -> Any:
        return self.add_weight(shape=(size,), initializer=initializer, trainable=False, autocast=False, name=name)

    # These are called when the variables get their values, which may be after build; kernels get theirs before.

    def _first_u(self, shape: Any, dtype: Any = None) -> Any:
        matrix = self._where.matrix(ops.stop_gradient(ops.convert_to_tensor(self.trained)))
        start = keras.initializers.RandomNormal(stddev=1.0)((matrix.shape[1],), dtype=dtype)
        return _iterate(matrix, _unit(start), _FIRST_ITERATIONS)[0]

    def _first_v(self, shape: Any, dtype: Any = None) -> Any:
        matrix = self._where.matrix(ops.stop_gradient(ops.convert_to_tensor(self.trained)))
        return _unit(ops.matmul(ops.convert_to_tensor(self.u), matrix))


def refresh(model: Any, iterations: int = 30) -> None:
    """Estimate the singular values of spectral normalisation anew, after weights such as an average were put in.

    In inference mode the estimates do not move, and the average of estimates is not that of averaged weights.

    Args:
        model: a Keras model or layer; its :class:`SpectralNormalization` layers must be built.
        iterations: of the power method, for every kernel.
    """
    for layer in layers_within(model, SpectralNormalization):
        layer.refresh(iterations)


def _iterate(matrix: Any, v: Any, iterations: int) -> tuple[Any, Any]:
    """The power method, from a right singular vector."""
    for _ in range(iterations):
        u = _unit(ops.matmul(matrix, v))
        v = _unit(ops.matmul(u, matrix))
    return u, v


def _unit(vector: Any) -> Any:
    return vector / ops.maximum(ops.sqrt(ops.sum(ops.square(vector))), _LEAST_LENGTH)

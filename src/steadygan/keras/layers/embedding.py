"""Ways for class labels to enter a network: beside the latent, as an image channel, or in the logit.

Labels are whole numbers [N]; -1 says that the class of an image is unknown.
"""

from typing import Any

import keras
from keras import ops

from steadygan.keras.layers.rescaling import rescaled


class _Embedding(keras.layers.Layer):
    """A table with a row for each class.

    Args:
        classes: how many there are.
        dimension: length of a row.
        spectral: power iterations of the table's spectral normalisation; 0 for none.
        embeddings_initializer: of the table.
    """

    def __init__(
        self, classes: int, dimension: int, spectral: int = 0, embeddings_initializer: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.classes = classes
        self.dimension = dimension
        self.spectral = spectral
        default = keras.initializers.RandomNormal(0.0, 1.0)
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer or default)
        table = keras.layers.Embedding(classes, dimension, self.embeddings_initializer, name="table")
        self.table = rescaled(table, spectral=spectral)

    def _build_table(self) -> None:
        self.table.build((None,))

    def _rows(self, labels: Any, training: bool) -> Any:
        """The rows of labels, [N, dimension]; that of the first class where a label is unknown."""
        return self.table(ops.maximum(labels, 0), training=training)

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {
            **super().get_config(),
            "classes": self.classes,
            "dimension": self.dimension,
            "spectral": self.spectral,
            "embeddings_initializer": keras.initializers.serialize(self.embeddings_initializer),
        }


@keras.saving.register_keras_serializable("steadygan")
class LabelEmbedding(_Embedding):
    """Turn labels [N] into learnt vectors [N, dimension], which are 0 where a label is unknown.

    Concatenated to the latents they make a conditional generator.

    Args:
        classes: how many there are.
        dimension: of a vector.
        spectral: power iterations of the table's spectral normalisation; 0 for none.
        embeddings_initializer: of the table; N(0, 1) when None.

    Source: Mirza and Osindero 2014, section 3.2; ganhacks, item 16.
    """

    def build(self, input_shape: Any) -> None:
        """Make the table."""
        self._build_table()

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the vectors of labels, int [N]."""
        return _where_known(inputs, self._rows(inputs, training))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """[N, dimension]."""
        return (input_shape[0], self.dimension)


@keras.saving.register_keras_serializable("steadygan")
class LabelChannel(_Embedding):
    """Turn labels [N] into a channel [N, size, size, 1] by an embedding and a dense layer; 0 where one is unknown.

    Concatenated to the images it makes a conditional discriminator.

    Args:
        classes: how many there are.
        dimension: of the embedding.
        size: height and width of the channel.
        equalised: whether the dense layer has the equalised learning rate.
        spectral: power iterations of the spectral normalisation of both; 0 for none.
        embeddings_initializer: of the table; N(0, 1) when None.
        kernel_initializer: of the dense layer.
        bias_initializer: of the dense layer.

    Source: ganhacks, item 16.
    """

    def __init__(
        self,
        classes: int,
        dimension: int,
        size: int,
        equalised: bool = False,
        spectral: int = 0,
        embeddings_initializer: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **kwargs: Any,
    ) -> None:
        super().__init__(classes, dimension, spectral, embeddings_initializer, **kwargs)
        self.size = size
        self.equalised = equalised
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        dense = keras.layers.Dense(
            size**2,
            kernel_initializer=self.kernel_initializer,
            bias_initializer=self.bias_initializer,
            name="dense",
        )
        self.dense = rescaled(dense, equalised, spectral)

    def build(self, input_shape: Any) -> None:
        """Make the table and the dense layer."""
        self._build_table()
        self.dense.build((None, self.dimension))

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the channels of labels, int [N]."""
        lines = self.dense(self._rows(inputs, training), training=training)
        return ops.reshape(_where_known(inputs, lines), (-1, self.size, self.size, 1))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """[N, size, size, 1]."""
        return (input_shape[0], self.size, self.size, 1)

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {
            **super().get_config(),
            "size": self.size,
            "equalised": self.equalised,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }


@keras.saving.register_keras_serializable("steadygan")
class Projection(_Embedding):
    """The part of a discriminator's logit that depends on the class: the inner product of features and an embedding.

    It is called with features and labels and added to the part that does not depend on the class. Where several images
    are packed, they share one row of features, and the mean of their embeddings counts.

    Args:
        classes: how many there are.
        dimension: length F of the features.
        spectral: power iterations of the table's spectral normalisation; 0 for none.
        embeddings_initializer: of the table; Glorot's uniform when None.

    Shapes: float [M, F] and int [N] to [M]; N is a multiple of M.

    Source: Miyato and Koyama 2018, equation 3; initial weights as in the authors' code.
    """

    def __init__(
        self, classes: int, dimension: int, spectral: int = 0, embeddings_initializer: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(classes, dimension, spectral, embeddings_initializer or "glorot_uniform", **kwargs)

    def build(self, input_shape: Any) -> None:
        """Make the table."""
        self._build_table()

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the inner products of features and the classes' vectors; an unknown class adds 0."""
        features, labels = inputs
        vectors = _where_known(labels, self._rows(labels, training))
        of_pack = ops.mean(ops.reshape(vectors, (ops.shape(features)[0], -1, self.dimension)), axis=1)
        return ops.sum(of_pack * features, axis=1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """[M]."""
        return (input_shape[0][0],)


def _where_known(labels: Any, vectors: Any) -> Any:
    return ops.where(ops.expand_dims(labels < 0, 1), ops.zeros_like(vectors), vectors)

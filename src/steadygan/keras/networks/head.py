"""The output layers of every discriminator, from the last hidden layer to logits and class logits."""

from typing import Any, NamedTuple

import keras

from steadygan.blueprint import Blueprint
from steadygan.keras.layers.answers import FirstOf, SemiSupervisedLogit, Unpacking
from steadygan.keras.layers.embedding import Projection
from steadygan.keras.layers.minibatch import MinibatchDiscrimination
from steadygan.keras.networks.making import Draw, Maker, glorot

FEATURES, CLASS_LOGITS, LOGITS = "features", "class_logits", "logits"
"""Names of the layers whose outputs :func:`outputs_of` finds again."""


class Head(NamedTuple):
    """Computes logits and class logits from the last hidden layer; see :class:`steadygan.networks.head.Head`.

    Attributes:
        make: makes the layers of the network.
        blueprint: how it is built.
        bias: whether the logit has one.
        unconditional: whether the logit has a part that does not depend on the class in any case.
        judging: initial weights of that part; PyTorch's when None.
        classifying: initial weights of the class logits; PyTorch's when None.
        embedding: initial rows of the projection; Glorot's when None.
    """

    make: Maker
    blueprint: Blueprint
    bias: bool = True
    unconditional: bool = True
    judging: Draw | None = None
    classifying: Draw | None = None
    embedding: Draw | None = None

    def __call__(self, features: Any, labels: Any) -> Any:
        """Logits [M] of features [M, F] and labels, int32 [N] or None."""
        length = features.shape[-1]
        features = keras.layers.Identity(name=FEATURES)(features)
        seen = features
        kernels = self.blueprint.minibatch_kernels
        if kernels:
            seen = MinibatchDiscrimination(kernels, self.blueprint.minibatch_dimension, name="head_minibatch")(seen)
        class_logits = self._class_logits(features, seen, length)
        parts = []
        if self.blueprint.class_answer == "semi-supervised":
            parts.append(SemiSupervisedLogit(name="semi_supervised")(class_logits))
        elif self.unconditional or kernels or not self.blueprint.projection:
            judge = self.make.dense("head_judge", length + kernels, 1, self.bias, self.judging)
            parts.append(keras.layers.Reshape((), name="judged")(judge(seen)))
        if self.blueprint.projection:
            table = (self.embedding or glorot())()
            embed = Projection(self.blueprint.classes, length, self.make.spectral, table, name="head_embed")
            parts.append(embed([features, labels]))
        logits = parts[0] if len(parts) == 1 else keras.layers.Add(name="summed")(parts)
        # A model holds what its output is computed from, and class logits would be no part of it.
        return FirstOf(name=LOGITS)([logits] if class_logits is None else [logits, class_logits])

    def _class_logits(self, features: Any, seen: Any, length: int) -> Any:
        answer, classes = self.blueprint.class_answer, self.blueprint.classes
        if answer == "none":
            return None
        if answer == "semi-supervised":
            length += self.blueprint.minibatch_kernels
            classify = self.make.dense("head_classify", length, classes, weights=self.classifying)
            return keras.layers.Identity(name=CLASS_LOGITS)(classify(seen))
        packing = self.blueprint.packing
        classify = self.make.dense("head_classify", length, packing * classes, weights=self.classifying)
        return Unpacking(packing, name=CLASS_LOGITS)(classify(features))

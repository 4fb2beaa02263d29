"""A network of a blueprint that runs a reference batch before each batch, if its normalisation has one."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from steadygan.blueprint import Norm
from steadygan.keras.layers.reference_batch import WithReferenceBatch
from steadygan.keras.networks.inputs import Entrance


def after_reference(name: str, norm: Norm | None, given: Entrance, compute: Callable[[Any, Any], Any]) -> Any:
    """What a part of a network computes from its inputs, after the reference batch has gone through that part.

    Args:
        name: of the layer that holds the part and the reference batch.
        norm: of the hidden layers; without a reference batch the part is no layer of its own.
        given: the network's inputs.
        compute: from inputs and labels (None if there are none) to the part's output.
    """
    if norm is None or not norm.has_reference:
        return compute(given.given[0], given.labels)
    # What is held until the training fills it: see steadygan.layers.reference_batch.
    first = np.random.default_rng(0).standard_normal((norm.reference, *given.given[0].shape[1:])).astype("float32")
    inner = [keras.Input(each.shape[1:], dtype=each.dtype, name=each.name) for each in given.given]
    model = keras.Model(inner[0] if len(inner) == 1 else inner, compute(inner[0], inner[1] if len(inner) > 1 else None))
    reference = first if len(inner) == 1 else [first, np.full(norm.reference, -1, "int32")]
    # A network for the smallest images may have no layer that is normalised.
    return WithReferenceBatch(model, reference, is_needed=False, name=name)(given.inputs)

"""What a discriminator computes on its way to the logits, found again in any Keras model."""

from typing import Any

import keras

from steadygan.errors import SteadyganError
from steadygan.keras.layers.answers import FirstOf
from steadygan.keras.networks.head import CLASS_LOGITS, FEATURES, LOGITS

HIDDEN = (FEATURES, CLASS_LOGITS)
"""Names of layers whose outputs are given beside the logits."""


def outputs_of(discriminator: Any) -> Any:
    """A model with the weights of a discriminator that gives all that heuristics may ask of it.

    Args:
        discriminator: a functional model, made here, loaded from a file, or anyone's: its layers called ``features``
            and ``class_logits`` are found by their names.

    Returns:
        A model with the same inputs whose output is a dictionary with ``logits``, and ``features`` and
        ``class_logits`` where there are layers of these names. Logits are [N] or [N, 1].

    Raises:
        SteadyganError: when the model is no functional or sequential one.
    """
    try:
        inputs, (logits,) = discriminator.inputs, discriminator.outputs
    except (AttributeError, ValueError):
        raise SteadyganError(
            f"The discriminator '{discriminator.name}' is a subclass of keras.Model, whose hidden layers cannot be "
            "found; build it with keras.Sequential or the functional interface"
        ) from None
    found = {layer.name: layer.output for layer in discriminator.layers if layer.name in HIDDEN}
    computed = {name: _computed(output, discriminator) for name, output in {LOGITS: logits, **found}.items()}
    given = inputs[0] if len(inputs) == 1 else inputs
    return keras.Model(given, computed, name=f"{discriminator.name}_outputs")


def _computed(output: Any, discriminator: Any) -> Any:
    """The same numbers before the layers that only pass them on: uncompiled, each call of a layer costs time."""
    made_by = {id(layer.output): layer for layer in discriminator.layers}
    while id(output) in made_by and _passes_on(made_by[id(output)]):
        given = made_by[id(output)].input
        output = given[0] if isinstance(given, list | tuple) else given
    return output


def _passes_on(layer: Any) -> bool:
    """Whether a layer gives its first input as it is, or without its only column."""
    drops_column = (
        type(layer) is keras.layers.Reshape and layer.output.shape[1:] == () and layer.input.shape[1:] == (1,)
    )
    return drops_column or type(layer) in (keras.layers.Identity, FirstOf)

"""Layers whose weights are rescaled whenever they are used."""

from typing import Any

from steadygan.keras.layers.equalised import EqualisedLearningRate
from steadygan.keras.layers.spectral_norm import SpectralNormalization


def rescaled(layer: Any, equalised: bool = False, spectral: int = 0) -> Any:
    """Give a layer the equalised learning rate, or else spectral normalisation; what is rescaled stays as it is.

    Args:
        layer: a convolution, a transposed convolution, a dense layer or an embedding.
        equalised: whether it has the equalised learning rate.
        spectral: power iterations of spectral normalisation; 0 for none.

    Returns:
        The layer itself, or one of the same name that wraps it.
    """
    if equalised:
        return EqualisedLearningRate(layer, name=layer.name)
    if spectral:
        return SpectralNormalization(layer, iterations=spectral, name=layer.name)
    return layer

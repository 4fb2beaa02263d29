"""Self-attention in a network of a blueprint."""

from typing import Any

from steadygan.keras.layers.attention import SelfAttention
from steadygan.keras.networks.making import Maker


def attended(make: Maker, name: str, x: Any) -> Any:
    """Maps [N, H, W, C] to which what each pixel attends to was added.

    Args:
        make: makes the layers of the network.
        name: of the layer.
        x: the maps.
    """
    return SelfAttention(make.equalised, make.spectral, make.kernel(), name=name)(x)

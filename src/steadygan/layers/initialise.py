"""Initial weights of anyone's networks."""

from typing import TypeVar

from torch import nn

from steadygan.layers.norms import VirtualBatchNorm
from steadygan.layers.resample import Upsample

Network = TypeVar("Network", bound=nn.Module)

_WEIGHTED = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


def normal_init(network: Network, std: float = 0.02) -> Network:
    """Draw weights from N(0, std²) and scales of (virtual) batch norm from N(1, std²), and set biases to 0.

    Embeddings and the scales and shifts of classes stay as they are.

    Args:
        network: anyone's, or a single layer; it is changed in place.
        std: standard deviation, above 0.

    Returns:
        The network.

    Source: Radford et al. 2015, section 4; the scales follow their code.
    """
    for module in network.modules():
        if isinstance(module, _WEIGHTED):
            nn.init.normal_(module.weight, 0.0, std)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.modules.batchnorm._BatchNorm) and module.affine:
            nn.init.normal_(module.weight, 1.0, std)
            nn.init.zeros_(module.bias)
        elif isinstance(module, VirtualBatchNorm) and module.weight is not None:
            nn.init.normal_(module.weight, 1.0, std)
    return network


def icnr_init(network: Network) -> Network:
    """Change the initial weights of layers that double maps so that they begin as nearest-neighbour upsampling.

    Args:
        network: whose :class:`steadygan.layers.Upsample` layers are changed in place, after their weights were drawn.

    Returns:
        The network.

    Source: Aitken et al. 2017, section on initialisation.
    """
    for module in network.modules():
        if isinstance(module, Upsample):
            module.icnr_init_()
    return network

"""Initial weights."""

from torch import nn

from steadygan.layers.norms import VirtualBatchNorm
from steadygan.layers.resample import Upsample

_WEIGHTED = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


def normal_init(network: nn.Module, std: float) -> None:
    """Weights ~ N(0, std²), scales of (virtual) batch norm ~ N(1, std²), biases 0; in place.

    Embeddings and the scales and shifts of classes stay as they are.

    Args:
        network: whose weights are drawn anew.
        std: standard deviation, above 0.

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


def icnr_init(network: nn.Module) -> None:
    """Let every layer that doubles maps begin as nearest neighbours before a convolution; in place.

    Args:
        network: whose weights are drawn already.

    Source: Aitken et al. 2017, section on initialisation.
    """
    for module in network.modules():
        if isinstance(module, Upsample):
            module.begin_evenly()

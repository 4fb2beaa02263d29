"""Weights that are rescaled whenever they are used: spectral normalisation, and the equalised learning rate."""

import math
from collections.abc import Iterator
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize

_SPECTRAL = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear, nn.Embedding)
_EQUALISED = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)

Network = TypeVar("Network", bound=nn.Module)


def plain_layers(network: nn.Module, kinds: tuple[type[nn.Module], ...] = _SPECTRAL) -> Iterator[nn.Module]:
    """The layers of some kinds whose weights nothing rescales yet.

    Args:
        network: any network, or a single layer.
        kinds: their classes.
    """
    for module in network.modules():
        # Whatever rescales a weight keeps what is trained under another name.
        if isinstance(module, kinds) and "weight" in module._parameters:
            yield module


def spectral_norm(network: Network, iterations: int = 1) -> Network:
    """Divide every weight of a network, or of a single layer, by its largest singular value whenever it is used.

    It registers PyTorch's own :func:`torch.nn.utils.parametrizations.spectral_norm`, which is made for one layer, on
    every layer of the network. A weight is seen as a matrix of outputs × everything else. The singular value follows
    the weights by power iteration, whenever the network is used in training mode. Initialise the weights before: an
    assignment to ``weight`` does not reach what is trained afterwards. Layers whose weights are rescaled already, by
    this function or another, stay as they are.

    Args:
        network: whose convolutions, transposed convolutions, dense layers and embeddings are changed in place.
        iterations: of the power method for each use, at least 1.

    Returns:
        The network, as PyTorch's function does, so that it can stand in a sequence.

    Source: Miyato et al. 2018, section 2.1 and algorithm 1; embeddings as in Miyato and Koyama 2018.
    """
    for module in list(plain_layers(network, _SPECTRAL)):
        # PyTorch takes the outputs of a transposed convolution from its second dimension by itself.
        parametrizations.spectral_norm(module, "weight", n_power_iterations=iterations)
    return network


def refresh_spectral_norm(network: nn.Module, iterations: int = 30) -> None:
    """Estimate the singular values of spectral normalisation anew, after weights such as an average were put in.

    In evaluation mode the estimates do not move, and the average of estimates is not that of averaged weights.

    Args:
        network: a copy that is about to be used in evaluation mode; its mode stays as it is.
        iterations: of the power method, for every weight.
    """
    for module in network.modules():
        if not parametrize.is_parametrized(module, "weight"):
            continue
        rescaling = module.get_submodule("parametrizations.weight")
        training = rescaling.training
        rescaling.train()
        with torch.no_grad():
            for _ in range(iterations):
                rescaling()
        rescaling.train(training)


class HeScale(nn.Module):
    """Multiplies a weight by √(2 / fan-in).

    Args:
        constant: the factor.

    Source: Karras et al. 2017, section 4.1.
    """

    def __init__(self, constant: float) -> None:
        super().__init__()
        self.constant = constant

    def forward(self, weight: Tensor) -> Tensor:
        """Return the weight as it is used."""
        return weight * self.constant


def equalised_lr(network: Network) -> Network:
    """Draw the weights of a network, or of a single layer, from N(0, 1) and rescale them whenever they are used.

    The factor is He's constant √(2 / fan-in) of each layer, so that all weights learn at the same speed under Adam.
    Biases become 0; embeddings, and layers whose weights are rescaled already, stay as they are.

    Args:
        network: whose convolutions, transposed convolutions and dense layers are changed in place.

    Returns:
        The network, so that it can stand in a sequence.

    Source: Karras et al. 2017, section 4.1; He et al. 2015, equation 10.
    """
    for module in list(plain_layers(network, _EQUALISED)):
        assert isinstance(module, _EQUALISED)
        nn.init.normal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
        parametrize.register_parametrization(module, "weight", HeScale(math.sqrt(2.0 / fan_in(module))))
    return network


def fan_in(module: nn.Conv2d | nn.ConvTranspose2d | nn.Linear) -> float:
    """Count the inputs that one output of a layer is a sum of, on average where a stride makes them differ."""
    shape: torch.Size = module.weight.shape
    if isinstance(module, nn.ConvTranspose2d):
        per_pixel = math.prod(shape[2:]) / math.prod(module.stride)
        return shape[0] / module.groups * per_pixel
    return float(math.prod(shape[1:]))

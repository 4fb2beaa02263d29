"""Weights that are rescaled whenever they are used: spectral normalisation, and the equalised learning rate."""

import math

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize

_SPECTRAL = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear, nn.Embedding)
_EQUALISED = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


def spectral_norm_(network: nn.Module, iterations: int = 1) -> None:
    """Divide every weight of a network by its largest singular value from now on; in place.

    A weight is seen as a matrix of outputs × everything else. The singular value follows the weights by power
    iteration, whenever the network is used in training mode. Draw initial weights before: an assignment to ``weight``
    does not reach what is trained afterwards.

    Args:
        network: whose convolutions, transposed convolutions, dense layers and embeddings are normalised.
        iterations: of the power method for each use, at least 1.

    Source: Miyato et al. 2018, section 2.1 and algorithm 1; embeddings as in Miyato and Koyama 2018.
    """
    for module in [each for each in network.modules() if isinstance(each, _SPECTRAL)]:
        # PyTorch takes the outputs of a transposed convolution from its second dimension by itself.
        parametrizations.spectral_norm(module, "weight", n_power_iterations=iterations)


def initialise_statistics_(network: nn.Module, uses: int = 30) -> None:
    """Let spectral normalisation find the singular values of weights that were put in, such as an average; in place.

    In evaluation the estimates stand still, and an average of estimates belongs to no weight.

    Args:
        network: a copy that is about to be used in evaluation mode; its mode stays as it is.
        uses: how often every weight's power iteration is continued.
    """
    for module in network.modules():
        if not parametrize.is_parametrized(module, "weight"):
            continue
        rescaling = module.get_submodule("parametrizations.weight")
        training = rescaling.training
        rescaling.train()
        with torch.no_grad():
            for _ in range(uses):
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
        """The weight as it is used."""
        return weight * self.constant


def equalise_(network: nn.Module) -> None:
    """Draw all weights from N(0, 1) and multiply them by He's constant whenever they are used; biases 0; in place.

    The constant is √(2 / fan-in) for every layer; embeddings stay as they are.

    Args:
        network: whose convolutions, transposed convolutions and dense layers are changed.

    Source: Karras et al. 2017, section 4.1; He et al. 2015, equation 10.
    """
    for module in [each for each in network.modules() if isinstance(each, _EQUALISED)]:
        nn.init.normal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
        parametrize.register_parametrization(module, "weight", HeScale(math.sqrt(2.0 / fan_in(module))))


def fan_in(module: nn.Conv2d | nn.ConvTranspose2d | nn.Linear) -> float:
    """Inputs that one output of a layer is a sum of, on average where a stride makes them differ."""
    shape: torch.Size = module.weight.shape
    if isinstance(module, nn.ConvTranspose2d):
        per_pixel = math.prod(shape[2:]) / math.prod(module.stride)
        return shape[0] / module.groups * per_pixel
    return float(math.prod(shape[1:]))

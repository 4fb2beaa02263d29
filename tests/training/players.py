"""Plain networks and games of them, so that steps can be followed by hand."""

from typing import Any

import torch
from torch import Tensor, nn

from steadygan.feeding.scaling import Scaling
from steadygan.networks import Networks
from steadygan.recipe import Recipe
from steadygan.training.state import TrainingState, new_training_state
from tests import tiny

LATENT = 5
SIZE = 8


def generator(channels: int = 1, norm: bool = True) -> nn.Module:
    """From latents to images of 8x8."""
    return nn.Sequential(
        nn.Linear(LATENT, 6 * 16, bias=not norm),
        nn.Unflatten(1, (6, 4, 4)),
        nn.BatchNorm2d(6) if norm else nn.Identity(),
        nn.ReLU(),
        nn.ConvTranspose2d(6, channels, 4, 2, 1),
        nn.Tanh(),
    )


def discriminator(channels: int = 1, norm: bool = True) -> nn.Module:
    """From images of 8x8 to logits [N, 1]."""
    return nn.Sequential(
        nn.Conv2d(channels, 4, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(4, 8, 4, 2, 1, bias=not norm),
        nn.BatchNorm2d(8) if norm else nn.Identity(),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(32, 1),
    )


def patches(channels: int = 1) -> nn.Module:
    """From images of 8x8 to maps of logits [N, 1, 2, 2]."""
    return nn.Sequential(nn.Conv2d(channels, 4, 4, 2, 1), nn.Tanh(), nn.Conv2d(4, 1, 4, 2, 1))


def play(recipe: Recipe, made: nn.Module, judge: nn.Module, precision: str = "fp32", seed: int = 0) -> TrainingState:
    """A game of these networks on tiny images."""
    data = tiny.images()
    scaling = Scaling(image_range=(-1.0, 1.0))
    return new_training_state(recipe, data, Networks(made, judge), scaling, torch.device("cpu"), precision, seed)


class Witness(nn.Module):
    """Passes on to a network and remembers what it was given and what it answered."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.given: list[Tensor] = []
        self.answered: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.network(x)
        self.given.append(x.detach().clone())
        self.answered.append(answer.detach().clone())
        return answer

    def __deepcopy__(self, memo: dict[int, Any]) -> "Witness":
        import copy

        return Witness(copy.deepcopy(self.network, memo))


def weights(network: nn.Module) -> dict[str, Tensor]:
    """Copies of parameters and buffers."""
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def unchanged(network: nn.Module, before: dict[str, Tensor]) -> bool:
    """Whether every tensor is as it was, bit for bit."""
    return all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())

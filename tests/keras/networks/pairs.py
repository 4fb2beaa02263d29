"""The same networks in PyTorch and in Keras, with the same weights."""

from typing import Any, NamedTuple

import keras
import numpy as np
import torch
from torch import Tensor, nn

import steadygan as sg
from steadygan.arrays import Array
from steadygan.blueprint import Blueprint
from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.keras.gradients import BACKEND
from steadygan.keras.networks import Networks, build, outputs_of
from steadygan.keras.weights import from_torch
from steadygan.networks import build as build_torch
from tests.keras.twins import compiled

LATENT, WIDTH, CLASSES = 6, 3, 3
SHAPES: dict[str, tuple[int, ...]] = {"dcgan": (9, 9, 1), "resnet": (9, 9, 1), "r3gan": (9, 9, 1), "mlp": (5,)}
"""Small, and odd at every size of the maps."""
RECIPES = {"dcgan": "dcgan-hacks", "resnet": "sngan", "r3gan": "r3gan", "mlp": "dcgan-hacks"}


def blueprint_of(network: str) -> Blueprint:
    """A common blueprint for a network, with classes."""
    return sg.recipe(RECIPES[network]).blueprint.changed(classes=CLASSES)


class Pair(NamedTuple):
    """Networks of one blueprint.

    Attributes:
        blueprint: theirs.
        torch: in PyTorch.
        keras: in Keras, with the same weights.
        shape: of an item.
    """

    blueprint: Blueprint
    torch: Any
    keras: Networks
    shape: tuple[int, ...]

    def latents(self, count: int) -> Array:
        return np.random.default_rng(1).standard_normal((count, LATENT)).astype("float32")

    def items(self, count: int) -> Array:
        return np.random.default_rng(2).uniform(-1, 1, (count, *self.shape)).astype("float32")

    def made(self, count: int, training: bool) -> tuple[Array, Array]:
        """What both generators make of the same latents, channels last."""
        z, labels = self.latents(count), classes(count)
        takes = self.blueprint.generator_takes_labels
        with torch.no_grad():
            given = (torch.tensor(z), torch.tensor(labels)) if takes else (torch.tensor(z),)
            theirs = channels_last(self.torch.generator.train(training)(*given))
        mine = _answer(self.keras.generator, [z, labels] if takes else z, training)
        return array(mine), theirs.numpy()

    def judged(self, count: int, training: bool) -> tuple[dict[str, Array], DiscriminatorOutput]:
        """What both discriminators say of the same images."""
        x, labels = self.items(count), classes(count)
        takes = self.blueprint.discriminator_takes_labels
        with torch.no_grad():
            given = channels_first(torch.tensor(x))
            discriminator = self.torch.discriminator.train(training)
            theirs = discriminator.discriminate(given, torch.tensor(labels) if takes else None)
        mine = _answer(outputs_of(self.keras.discriminator), [x, labels] if takes else x, training)
        found = {name: array(value) for name, value in mine.items()}
        if found["logits"].shape[1:] == (1,):  # a column is as good as a vector, see outputs_of
            found["logits"] = found["logits"][:, 0]
        return found, theirs


def pair(
    network: str,
    blueprint: Blueprint,
    shape: tuple[int, ...] | None = None,
    width: int = WIDTH,
    scrambled: bool = True,
) -> Pair:
    """Build networks twice, whose weights are far from their initial values unless they are not scrambled."""
    shape = shape or SHAPES[network]
    torch.manual_seed(0)
    theirs = build_torch(network, blueprint, shape, LATENT, width)
    for each in (theirs.generator, theirs.discriminator):
        if scrambled:
            scramble(each)
    mine = build(network, blueprint, shape, LATENT, width)
    from_torch(theirs.generator, mine.generator)
    from_torch(theirs.discriminator, mine.discriminator)
    return Pair(blueprint, theirs, mine, shape)


def _answer(model: Any, given: Any, training: bool) -> Any:
    """What a model answers; compiled where each operation would else be compiled by itself."""
    if BACKEND == "jax":
        return compiled(lambda: model(given, training=training), model.variables)
    return model(given, training=training)


def scramble(module: nn.Module) -> None:
    """Give every weight another value, so that none is 0 or 1 by chance, as some are at the start."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            scale = 0.05 if "bias" in name or "shift" in name else 0.2 * max(1.0, float(parameter.std(correction=0)))
            parameter.add_(scale * torch.randn_like(parameter))
        for name, buffer in module.named_buffers():
            if "running" in name:
                buffer.add_(0.2 * torch.rand_like(buffer))


def classes(count: int) -> Array:
    """Labels, of which some are unknown."""
    return (np.arange(count) % (CLASSES + 1) - 1).astype("int32")


def array(tensor: Any) -> Array:
    found: Array = np.asarray(keras.ops.convert_to_numpy(tensor))
    return found


def channels_first(x: Tensor) -> Tensor:
    return x.permute(0, 3, 1, 2) if x.ndim == 4 else x


def channels_last(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1) if x.ndim == 4 else x

"""Keras models among the user's own networks: found without importing Keras, and made into modules of PyTorch.

Whoever gives a Keras model has imported Keras; nobody else waits for that import.
"""

import sys
from typing import Any

from torch import nn

from steadygan.errors import SteadyganError
from steadygan.recipe import Recipe
from steadygan.runs.export import read_config
from steadygan.runs.folder import RunFolder
from steadygan.runs.manifest import CUSTOM
from steadygan.training.session import CustomNetworks
from steadygan.vocabulary import Player


def with_modules(custom: CustomNetworks, shape: tuple[int, ...], recipe: Recipe, labels: bool) -> CustomNetworks:
    """The user's own networks, with a module in the place of each Keras model; the module trains that model.

    Args:
        custom: networks as the user gave them.
        shape: of one item of the data: (H, W, C), or (F,).
        recipe: the recipe of the run.
        labels: whether the user's own networks take labels.

    Raises:
        SteadyganError: when a Keras model cannot be trained.
    """
    generator, discriminator = custom.generator, custom.discriminator
    if is_keras_model(generator):
        refuse_other_backends(Player.GENERATOR)
        from steadygan.keras.as_module import generator_module

        generator = generator_module(generator, shape, recipe.latent.dimension, labels)
    if is_keras_model(discriminator):
        refuse_other_backends(Player.DISCRIMINATOR)
        from steadygan.keras.as_module import discriminator_module

        discriminator = discriminator_module(discriminator, shape, labels, recipe.blueprint.packing)
    return CustomNetworks(generator, discriminator)


def generator_for(folder: RunFolder, generator: Any) -> nn.Module:
    """A generator of the user's own that a run is to be loaded into, as a module if it is a Keras model.

    Args:
        folder: the run folder.
        generator: as the user gave it.

    Raises:
        SteadyganError: when a Keras model does not fit the run.
    """
    network: nn.Module = generator
    if not is_keras_model(generator):
        return network
    refuse_other_backends(Player.GENERATOR)
    config = read_config(folder)
    if config.network != CUSTOM:
        return network  # which is refused for being any
    from steadygan.keras.as_module import generator_module

    return generator_module(generator, config.shape, config.latent_heuristic().dimension, bool(config.class_shares))


def is_keras_model(network: object) -> bool:
    """Whether a network is a Keras model, or a layer, on any backend."""
    keras = sys.modules.get("keras")
    layer = getattr(keras, "Layer", None)  # it is missing while Keras is being imported
    return isinstance(layer, type) and isinstance(network, layer)


def refuse_other_backends(player: Player) -> None:
    """Refuse a Keras model of a backend on which it is no module of PyTorch.

    Raises:
        SteadyganError: when Keras runs on another backend.
    """
    backend = sys.modules["keras"].backend.backend()
    if backend != "torch":
        raise SteadyganError(
            f"The {player} is a Keras model on the backend '{backend}', and PyTorch trains here; train it with "
            "steadygan.keras.GAN, or set the environment variable KERAS_BACKEND=torch before Keras is imported"
        )

"""The generator of a GAN that Keras trains as one of PyTorch, which the rest of the package samples from."""

from typing import Any

import torch

from steadygan.errors import SteadyganError
from steadygan.feeding.scaling import Scaling
from steadygan.heuristics.catalogue import reference
from steadygan.keras.weights import to_torch
from steadygan.networks import Networks, build
from steadygan.recipe import Recipe
from steadygan.runs.export import GeneratorConfig, TrainedGenerator
from steadygan.runs.sampling import sampling_generator


def networks_like(model: Any) -> Networks | None:
    """Networks of PyTorch that are built like those of a GAN, with its weights.

    Args:
        model: the GAN.

    Returns:
        The networks; None where those of the model are no networks of its recipe.
    """
    recipe: Recipe = model.recipe
    settings = recipe.settings
    try:
        networks = build(
            recipe.network, _blueprint(model), model.shape, recipe.latent.dimension, settings.width, settings.blocks
        )
        to_torch(model.generator, networks.generator)
        to_torch(model.discriminator, networks.discriminator)
    except SteadyganError:
        return None
    return networks


def trained_generator(model: Any, like: torch.nn.Module) -> TrainedGenerator:
    """The averaged generator of a GAN, with the standing statistics of its batch normalisation.

    Args:
        model: the GAN.
        like: a generator that is built like its own, from :func:`networks_like`; it is changed.
    """
    recipe: Recipe = model.recipe
    to_torch(model.averaged, like)
    labelled = _blueprint(model).generator_takes_labels
    shares = (1 / model.classes,) * model.classes if labelled else ()
    device = torch.device("cpu")
    config = GeneratorConfig(
        network=recipe.network,
        blueprint=_blueprint(model),
        width=recipe.settings.width,
        blocks=recipe.settings.blocks,
        shape=tuple(model.shape),
        latent=reference(type(recipe.latent)),
        latent_parameters=recipe.latent.parameters(),
        scaling=Scaling(image_range=_blueprint(model).image_range),
        class_names=tuple(str(each) for each in range(model.classes or 0)),
        class_shares=shares,
        images_seen=int(model.images_seen),
    )
    sampler = sampling_generator(like, recipe.latent, device, class_shares=shares)
    return TrainedGenerator(sampler, config, device)


def _blueprint(model: Any) -> Any:
    return model.recipe.blueprint.changed(classes=int(model.classes or 0))

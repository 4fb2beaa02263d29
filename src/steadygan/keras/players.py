"""The networks of a GAN of Keras: built from its recipe, or the user's own."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import keras

from steadygan.keras.networks import Networks, build
from steadygan.recipe import Recipe
from steadygan.vocabulary import Player


class Players(NamedTuple):
    """The networks of a GAN.

    Attributes:
        generator: latents, and labels if it takes any, to images.
        discriminator: images, and labels if it takes any, to logits.
        companions: networks that move with the generator, by name.
        averaged: the generator with averaged weights; the generator itself if the recipe has no average.
        output: the generator's last activation, which says in what range images lie.
    """

    generator: Any
    discriminator: Any
    companions: dict[str, Any]
    averaged: Any
    output: str


def make_players(
    recipe: Recipe, shape: tuple[int, ...], classes: int, seed: int, own: Mapping[str, Any], output: str | None
) -> Players:
    """Build what a GAN needs and was not given.

    Args:
        recipe: that fits the data.
        shape: of one item of the data.
        classes: of the labels; 0 for none.
        seed: of the initial weights.
        own: networks that are given: ``generator``, ``discriminator``, ``companions`` and ``averaged``, None for none.
        output: the last activation of a generator that is given; ``tanh`` when None.
    """
    generator, discriminator, averaged = own["generator"], own["discriminator"], own["averaged"]
    built = Networks(generator, discriminator)
    if generator is None or discriminator is None:
        blueprint, settings = recipe.blueprint.changed(classes=classes), recipe.settings
        built = build(recipe.network, blueprint, shape, recipe.latent.dimension, settings.width, settings.blocks, seed)
    last = recipe.blueprint.output if generator is None else output or "tanh"
    generator = built.generator if generator is None else generator
    encoder = {} if built.encoder is None else {"encoder": built.encoder}
    if recipe.average is None:
        averaged = generator
    elif averaged is None:
        averaged = keras.models.clone_model(generator)
        averaged.set_weights(generator.get_weights())
    if averaged is not generator:
        averaged.trainable = False
    discriminator = built.discriminator if discriminator is None else discriminator
    return Players(generator, discriminator, dict(own["companions"] or encoder), averaged, last)


def labelled_players(recipe: Recipe) -> frozenset[Player]:
    """The players whose networks take labels."""
    blueprint = recipe.blueprint
    takes = {
        Player.GENERATOR: blueprint.generator_takes_labels,
        Player.DISCRIMINATOR: blueprint.discriminator_takes_labels,
    }
    return frozenset(player for player, labelled in takes.items() if labelled)

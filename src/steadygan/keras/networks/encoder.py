"""The network from images to latents in Keras layers; see :mod:`steadygan.networks.encoder`."""

from typing import Any

import keras

from steadygan.blueprint import Blueprint
from steadygan.keras.networks import dcgan, mlp
from steadygan.keras.networks.making import Maker


def encoder(make: Maker, blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int) -> Any:
    """A model from images [N, H, W, C] or vectors [N, F] to means and log variances of latents, [N, 2 D].

    Args:
        make: makes its layers.
        blueprint: how the discriminator is built.
        shape: of one item: (H, W, C), H = W, or (F,).
        latent: length D of a latent.
        width: channels after the first halving, or half the width of hidden layers.
    """
    blueprint = _plain(blueprint)
    images = keras.Input(shape, name="images")
    trunk = mlp.trunk if len(shape) == 1 else dcgan.trunk
    seen = trunk(make, blueprint, images, width)
    return keras.Model(images, make.dense("latents", seen.shape[-1], 2 * latent)(seen), name="encoder")


def _plain(blueprint: Blueprint) -> Blueprint:
    """The blueprint without what looks at several images at once, for an encoder looks at one."""
    norm = blueprint.discriminator_norm
    if norm is not None:
        norm = norm.model_copy(update={"kind": "batch" if norm.has_reference else norm.kind, "conditional": False})
    return blueprint.changed(discriminator_norm=norm, minibatch_stddev=0, attention=0)

"""Dense networks for vectors in Keras layers; see :mod:`steadygan.networks.mlp`."""

from typing import Any

import keras

from steadygan.blueprint import Blueprint
from steadygan.keras.layers.minibatch import MinibatchStddev
from steadygan.keras.networks.dcgan import generator_hidden
from steadygan.keras.networks.head import Head
from steadygan.keras.networks.hidden import Hidden
from steadygan.keras.networks.inputs import entrance, images_with_labels, latents_with_labels
from steadygan.keras.networks.making import Maker
from steadygan.keras.networks.reference import after_reference
from steadygan.networks.inputs import unconditional
from steadygan.networks.mlp import HIDDEN, HIDDEN_LAYERS


def generator(make: Maker, blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int) -> Any:
    """A model from latents [N, D] to vectors [N, F] of any range.

    Args:
        make: makes its layers.
        blueprint: how it is built.
        shape: (F,).
        latent: length D of a latent.
        width: half the width of hidden layers.
    """
    given = entrance("latents", (latent,), blueprint.generator_takes_labels)
    hidden = generator_hidden(make, blueprint)

    def vectors(latents: Any, labels: Any) -> Any:
        x = latents_with_labels(make, blueprint, latents, labels)
        for level in range(HIDDEN_LAYERS):
            x = make.dense(f"blocks_{2 * level}", x.shape[-1], HIDDEN * width, bias=hidden.norm is None)(x)
            x = hidden(f"blocks_{2 * level + 1}", x, labels)
        return make.dense("output", HIDDEN * width, shape[0])(x)

    made = after_reference("network", blueprint.generator_norm, given, vectors)
    return keras.Model(given.inputs, made, name="generator")


def discriminator(make: Maker, blueprint: Blueprint, shape: tuple[int, ...], width: int) -> Any:
    """A model from vectors [N, F] to logits [N / packing].

    Args:
        make: makes its layers.
        blueprint: how it is built; its normalisation is never conditional.
        shape: (F,).
        width: half the width of hidden layers, before the blueprint's factor.
    """
    blueprint = unconditional(blueprint)
    width = max(1, round(width * blueprint.discriminator_width))
    given = entrance("images", shape, blueprint.discriminator_takes_labels)

    def features(vectors: Any, labels: Any) -> Any:
        x = images_with_labels(make, blueprint, vectors, labels)
        return trunk(make, blueprint, x, width)

    seen = after_reference("network", blueprint.discriminator_norm, given, features)
    return keras.Model(given.inputs, Head(make, blueprint)(seen, given.labels), name="discriminator")


def trunk(make: Maker, blueprint: Blueprint, x: Any, width: int) -> Any:
    """The last hidden layer [N, F] of vectors.

    Args:
        make: makes the layers of the network.
        blueprint: how it is built.
        x: vectors.
        width: half the width of hidden layers.
    """
    hidden = Hidden(make, blueprint.discriminator_norm, blueprint.discriminator_slope)
    place = 0
    for level in range(HIDDEN_LAYERS):
        within = hidden if level else hidden.without_norm()
        if level == HIDDEN_LAYERS - 1 and blueprint.minibatch_stddev:
            x = MinibatchStddev(blueprint.minibatch_stddev, name=f"trunk_blocks_{place}")(x)
            place += 1
        x = make.dense(f"trunk_blocks_{place}", x.shape[-1], HIDDEN * width, bias=within.norm is None)(x)
        x = within(f"trunk_blocks_{place + 1}", x)
        place += 2
    return x

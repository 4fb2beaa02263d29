"""The networks of DCGAN in Keras layers; see :mod:`steadygan.networks.dcgan`."""

from typing import Any

import keras

from steadygan.blueprint import Blueprint
from steadygan.keras.layers.minibatch import MinibatchStddev
from steadygan.keras.networks.attention import attended
from steadygan.keras.networks.head import Head
from steadygan.keras.networks.hidden import Hidden
from steadygan.keras.networks.inputs import entrance, images_with_labels, latents_with_labels
from steadygan.keras.networks.making import Maker
from steadygan.keras.networks.reference import after_reference
from steadygan.keras.networks.resampling import doubled, halved
from steadygan.networks.dcgan import HIDDEN, channels
from steadygan.networks.inputs import unconditional
from steadygan.networks.sizes import nearest_size, sizes


def generator(make: Maker, blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int) -> Any:
    """A model from latents [N, D] to images [N, H, W, C] in the blueprint's range.

    Args:
        make: makes its layers.
        blueprint: how it is built.
        shape: (H, W, C), H = W.
        latent: length D of a latent.
        width: channels of the largest hidden maps.
    """
    given = entrance("latents", (latent,), blueprint.generator_takes_labels)

    def images(latents: Any, labels: Any) -> Any:
        return _images(make, blueprint, shape, width, latents, labels)

    made = after_reference("network", blueprint.generator_norm, given, images)
    return keras.Model(given.inputs, made, name="generator")


def _images(make: Maker, blueprint: Blueprint, shape: tuple[int, ...], width: int, latents: Any, labels: Any) -> Any:
    chain = sizes(shape[0])
    depth = (shape[2], *channels(width, len(chain) - 1))
    hidden = generator_hidden(make, blueprint)
    x = latents_with_labels(make, blueprint, latents, labels)
    if blueprint.hidden_dense:
        x = make.dense("hidden_0", x.shape[-1], HIDDEN * width)(x)
        x = hidden.without_norm()("hidden_1", x)
    base, deepest = chain[-1], depth[-1]
    x = make.dense("project", x.shape[-1], deepest * base**2, bias=blueprint.generator_norm is None)(x)
    x = keras.layers.Reshape((base, base, deepest), name="maps")(x)
    x = hidden("first", x, labels)
    watched = nearest_size(chain[1:], blueprint.attention)
    place = 0
    for level in range(len(chain) - 2, -1, -1):
        if chain[level + 1] == watched:
            x = attended(make, f"blocks_{place}", x)
            place += 1
        bias = level == 0 or blueprint.generator_norm is None
        x = doubled(make, blueprint, f"blocks_{place}", x, depth[level], chain[level], bias)
        if level:
            x = hidden(f"blocks_{place + 1}", x, labels)
        place += 2
    return keras.layers.Activation(blueprint.output, name="images")(x)


def generator_hidden(make: Maker, blueprint: Blueprint) -> Hidden:
    """What the blueprint wants of the generator's hidden layers."""
    return Hidden(
        make,
        blueprint.generator_norm,
        blueprint.generator_slope,
        blueprint.generator_dropout,
        blueprint.generator_noise,
        blueprint.classes,
    )


def discriminator(make: Maker, blueprint: Blueprint, shape: tuple[int, ...], width: int) -> Any:
    """A model from images [N, H, W, C] to logits [N / packing].

    Args:
        make: makes its layers.
        blueprint: how it is built; its normalisation is never conditional.
        shape: (H, W, C), H = W.
        width: channels after the first halving, before the blueprint's factor.
    """
    blueprint = unconditional(blueprint)
    width = max(1, round(width * blueprint.discriminator_width))
    given = entrance("images", shape, blueprint.discriminator_takes_labels)

    def features(images: Any, labels: Any) -> Any:
        x = images_with_labels(make, blueprint, images, labels)
        return trunk(make, blueprint, x, width)

    seen = after_reference("network", blueprint.discriminator_norm, given, features)
    return keras.Model(given.inputs, Head(make, blueprint)(seen, given.labels), name="discriminator")


def trunk(make: Maker, blueprint: Blueprint, x: Any, width: int) -> Any:
    """The last hidden layer [N, F] of images.

    Args:
        make: makes the layers of the network.
        blueprint: how it is built.
        x: images [N, H, W, C].
        width: channels after the first halving.
    """
    chain = sizes(x.shape[1])
    hidden = Hidden(make, blueprint.discriminator_norm, blueprint.discriminator_slope)
    watched = nearest_size(chain[1:], blueprint.attention)
    place = 0
    for level, outputs in enumerate(channels(width, len(chain) - 1)):
        within = hidden if level else hidden.without_norm()
        if level == len(chain) - 2 and blueprint.minibatch_stddev:
            x = MinibatchStddev(blueprint.minibatch_stddev, name=f"trunk_blocks_{place}")(x)
            place += 1
        x = halved(make, blueprint, f"trunk_blocks_{place}", x, outputs, bias=within.norm is None)
        x = within(f"trunk_blocks_{place + 1}", x)
        place += 2
        if chain[level + 1] == watched:
            x = attended(make, f"trunk_blocks_{place}", x)
            place += 1
    x = keras.layers.Flatten(name="trunk_lines")(x)
    if blueprint.hidden_dense:
        x = make.dense("trunk_hidden_0", x.shape[-1], HIDDEN * width)(x)
        x = hidden.without_norm()("trunk_hidden_1", x)
    return x

"""The residual networks of SNGAN in Keras layers; see :mod:`steadygan.networks.resnet`."""

import math
from typing import Any, NamedTuple

import keras

from steadygan.blueprint import Blueprint, Norm
from steadygan.keras.layers.maps import PixelSum
from steadygan.keras.layers.minibatch import MinibatchStddev
from steadygan.keras.networks.attention import attended
from steadygan.keras.networks.dcgan import generator_hidden
from steadygan.keras.networks.head import Head
from steadygan.keras.networks.hidden import Hidden
from steadygan.keras.networks.inputs import entrance, images_with_labels, latents_with_labels
from steadygan.keras.networks.making import Maker, glorot
from steadygan.keras.networks.reference import after_reference
from steadygan.keras.networks.resampling import cropped, nearest, pooled
from steadygan.networks.inputs import unconditional
from steadygan.networks.resnet import SMALL, discriminator_plan, generator_channels
from steadygan.networks.sizes import nearest_size, sizes

BRANCH = glorot(math.sqrt(2))
"""Initial weights of the convolutions of 3x3."""
PLAIN = glorot()
"""Initial weights of all other layers."""


def generator(make: Maker, blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int) -> Any:
    """A model from latents [N, D] to images [N, H, W, C] in the blueprint's range.

    Args:
        make: makes its layers.
        blueprint: how it is built; the last normalisation is never conditional.
        shape: (H, W, C), H = W.
        latent: length D of a latent.
        width: see :class:`steadygan.networks.resnet.ResnetGenerator`.
    """
    given = entrance("latents", (latent,), blueprint.generator_takes_labels)

    def images(latents: Any, labels: Any) -> Any:
        return _images(make, blueprint, shape, width, latents, labels)

    made = after_reference("network", blueprint.generator_norm, given, images)
    return keras.Model(given.inputs, made, name="generator")


def _images(make: Maker, blueprint: Blueprint, shape: tuple[int, ...], width: int, latents: Any, labels: Any) -> Any:
    chain = sizes(shape[0])
    depth = generator_channels(shape[0], width)
    base, deepest = chain[-1], depth[-1]
    hidden = generator_hidden(make, blueprint)
    x = latents_with_labels(make, blueprint, latents, labels)
    x = make.dense("project", x.shape[-1], deepest * base**2, weights=PLAIN)(x)
    x = keras.layers.Reshape((base, base, deepest), name="maps")(x)
    watched = nearest_size(chain[:-1], blueprint.attention)
    place = 0
    for level in range(len(chain) - 2, -1, -1):
        x = _generator_block(make, hidden, f"blocks_{place}", x, depth[level], chain[level], labels)
        place += 1
        if chain[level] == watched:
            x = attended(make, f"blocks_{place}", x)
            place += 1
    x = hidden._replace(norm=_plain(blueprint.generator_norm))("last", x)
    x = make.convolution("image", depth[0], shape[2], 3, weights=PLAIN)(x)
    return keras.layers.Activation(blueprint.output, name="images")(x)


def _plain(norm: Norm | None) -> Norm | None:
    return None if norm is None else norm.model_copy(update={"conditional": False})


def _generator_block(make: Maker, hidden: Hidden, name: str, x: Any, outputs: int, size: int, labels: Any) -> Any:
    """A residual block that doubles maps to that size: two convolutions with nearest neighbours, and a shortcut."""
    inputs = x.shape[-1]
    branch = hidden(f"{name}_before1", x, labels)
    branch = cropped(f"{name}_crop", nearest(f"{name}_nearest", branch), size)
    branch = make.convolution(f"{name}_convolution1", inputs, outputs, 3, weights=BRANCH)(branch)
    branch = hidden(f"{name}_before2", branch, labels)
    branch = make.convolution(f"{name}_convolution2", outputs, outputs, 3, weights=BRANCH)(branch)
    # A convolution of 1x1 before doubling gives what it gives after it, at a quarter of the work.
    shortcut = make.convolution(f"{name}_shortcut", inputs, outputs, 1, weights=PLAIN)(x)
    shortcut = cropped(f"{name}_shortcut_crop", nearest(f"{name}_shortcut_nearest", shortcut), size)
    return keras.layers.Add(name=f"{name}_sum")([branch, shortcut])


def discriminator(make: Maker, blueprint: Blueprint, shape: tuple[int, ...], width: int) -> Any:
    """A model from images [N, H, W, C] to logits [N / packing].

    Args:
        make: makes its layers.
        blueprint: how it is built; its normalisation is never conditional.
        shape: (H, W, C), H = W.
        width: see :class:`steadygan.networks.resnet.ResnetDiscriminator`, before the blueprint's factor.
    """
    blueprint = unconditional(blueprint)
    width = max(1, round(width * blueprint.discriminator_width))
    given = entrance("images", shape, blueprint.discriminator_takes_labels)

    def features(images: Any, labels: Any) -> Any:
        x = images_with_labels(make, blueprint, images, labels)
        return _trunk(make, blueprint, x, width)

    seen = after_reference("network", blueprint.discriminator_norm, given, features)
    head = Head(make, blueprint, bias=shape[0] > SMALL, judging=PLAIN, classifying=PLAIN)
    return keras.Model(given.inputs, head(seen, given.labels), name="discriminator")


def _trunk(make: Maker, blueprint: Blueprint, x: Any, width: int) -> Any:
    """The last maps summed over their pixels, [N, F]."""
    hidden = Hidden(make, blueprint.discriminator_norm, blueprint.discriminator_slope)
    size = x.shape[1]
    plan = discriminator_plan(size, width)
    made = [sizes(size)[sum(halves for _, halves in plan[: index + 1])] for index in range(len(plan))]
    watched = made.index(nearest_size(made, blueprint.attention)) if blueprint.attention else -1
    place = 0
    for index, (outputs, halves) in enumerate(plan):
        if index == len(plan) - 1 and blueprint.minibatch_stddev:
            x = MinibatchStddev(blueprint.minibatch_stddev, name=f"trunk_blocks_{place}")(x)
            place += 1
        block = _Block(make, hidden, f"trunk_blocks_{place}", outputs, halves)
        x = block.of_image(x) if index == 0 else block.of_maps(x)
        place += 1
        if index == watched:
            x = attended(make, f"trunk_blocks_{place}", x)
            place += 1
    x = hidden.without_norm()("trunk_last", x)
    return PixelSum(name="trunk_sum")(x)


class _Block(NamedTuple):
    """A residual block that may halve maps: two convolutions with average pooling, and a shortcut."""

    make: Maker
    hidden: Hidden
    name: str
    outputs: int
    halves: bool

    def of_image(self, x: Any) -> Any:
        """No activation comes before the first convolution, and no normalisation before the second."""
        return self._sum(x, x, self.outputs, self.hidden.without_norm())

    def of_maps(self, x: Any) -> Any:
        """Activations come before both convolutions."""
        return self._sum(x, self.hidden(f"{self.name}_before1", x), x.shape[-1], self.hidden)

    def _sum(self, x: Any, branch: Any, inside: int, hidden: Hidden) -> Any:
        make, name, inputs = self.make, self.name, x.shape[-1]
        branch = make.convolution(f"{name}_convolution1", inputs, inside, 3, weights=BRANCH)(branch)
        branch = hidden(f"{name}_before2", branch)
        branch = make.convolution(f"{name}_convolution2", inside, self.outputs, 3, weights=BRANCH)(branch)
        # Averages and a convolution of 1x1 may change places; this order is the cheaper one.
        x = self._pooled("shortcut", x)
        if self.halves or inputs != self.outputs:
            x = make.convolution(f"{name}_shortcut", inputs, self.outputs, 1, weights=PLAIN)(x)
        return keras.layers.Add(name=f"{name}_sum")([self._pooled("branch", branch), x])

    def _pooled(self, which: str, x: Any) -> Any:
        return pooled(f"{self.name}_{which}_pool", x) if self.halves else x

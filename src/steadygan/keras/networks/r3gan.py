"""The networks of R3GAN in Keras layers; see :mod:`steadygan.networks.r3gan`."""

import math
from typing import Any, NamedTuple

import keras

from steadygan.blueprint import Blueprint
from steadygan.keras.layers.maps import MapBasis
from steadygan.keras.layers.minibatch import MinibatchStddev
from steadygan.keras.layers.resample import BilinearResize
from steadygan.keras.layers.stochastic import GaussianNoise, GeneratorDropout
from steadygan.keras.networks.attention import attended
from steadygan.keras.networks.head import Head
from steadygan.keras.networks.inputs import entrance, images_with_labels, latents_with_labels
from steadygan.keras.networks.making import Draw, Maker, normal
from steadygan.networks.r3gan import EXPANSION, GAIN, KERNEL, SLOPE, cardinality, stage_widths
from steadygan.networks.sizes import nearest_size, sizes


def _he(fan_in: int, gain: float = 1.0) -> Draw:
    return normal(gain / math.sqrt(fan_in)) if gain else keras.initializers.Zeros


class _Blocks(NamedTuple):
    """Makes residual blocks: x + W3 f(W2 f(W1 x)), W2 a grouped convolution; each begins as x, since W3 = 0.

    Attributes:
        make: makes the layers of the network.
        depth: blocks in the whole network, with which the variance of the initial weights falls.
        dropout: share of activations that become 0.
        noise: standard deviation of the noise that is added to activations.
    """

    make: Maker
    depth: int
    dropout: float = 0.0
    noise: float = 0.0

    def __call__(self, name: str, x: Any) -> Any:
        """Add the branch to maps [N, H, W, C]."""
        channels = x.shape[-1]
        inside = channels * EXPANSION
        gain = GAIN * self.depth ** (-1 / 4)  # depth^(-1 / (2m - 2)) for branches of m = 3 layers
        step = 2 + (self.noise > 0) + (self.dropout > 0)  # modules from one convolution to the next, in PyTorch
        names = [f"{name}_branch_{place * step}" for place in range(3)]
        groups = cardinality(inside)
        fan_in = inside // groups * KERNEL**2
        branch = self.make.convolution(names[0], channels, inside, 1, weights=_he(channels, gain))(x)
        branch = self._activated(names[0], branch)
        branch = self.make.convolution(names[1], inside, inside, KERNEL, groups=groups, weights=_he(fan_in, gain))(
            branch
        )
        branch = self._activated(names[1], branch)
        branch = self.make.convolution(names[2], inside, channels, 1, bias=False, weights=_he(inside, 0.0))(branch)
        return keras.layers.Add(name=f"{name}_sum")([x, branch])

    def _activated(self, name: str, x: Any) -> Any:
        x = keras.layers.LeakyReLU(SLOPE, name=f"{name}_activation")(x)
        x = GaussianNoise(self.noise, name=f"{name}_noise")(x) if self.noise > 0 else x
        return GeneratorDropout(self.dropout, name=f"{name}_dropout")(x) if self.dropout > 0 else x


def _resampled(make: Maker, name: str, x: Any, outputs: int, size: int = 0) -> Any:
    """Maps doubled to that size, or halved where it is 0; a convolution of 1x1 changes channels on the smaller ones."""
    inputs = x.shape[-1]
    x = x if size else BilinearResize(name=f"{name}_halved")(x)
    if inputs != outputs:
        x = make.convolution(f"{name}_convolution", inputs, outputs, 1, bias=False, weights=_he(inputs))(x)
    return BilinearResize(size, name=f"{name}_doubled")(x) if size else x


def generator(make: Maker, blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int, blocks: int) -> Any:
    """A model from latents [N, D] to images [N, H, W, C], whose last layer is linear.

    Args:
        make: makes its layers.
        blueprint: how it is built.
        shape: (H, W, C), H = W.
        latent: length D of a latent.
        width: channels of the stages up to 32x32.
        blocks: residual blocks in each stage.
    """
    chain, widths = sizes(shape[0]), stage_widths(shape[0], width)
    labelled = blueprint.generator_takes_labels
    if labelled and not blueprint.generator_embedding:
        blueprint = blueprint.changed(generator_embedding=latent)
    given = entrance("latents", (latent,), labelled)
    rows = normal(blueprint.classes**-0.5) if labelled else None
    x = latents_with_labels(make, blueprint, given.given[0], given.labels, rows)
    x = make.dense("project", x.shape[-1], widths[-1], bias=False, weights=_he(x.shape[-1]))(x)
    x = MapBasis(chain[-1], normal(1.0)(), name="basis")(x)
    watched = nearest_size(chain, blueprint.attention)
    block = _Blocks(make, blocks * len(chain), blueprint.generator_dropout, blueprint.generator_noise)
    place = 0
    for level in range(len(chain) - 1, -1, -1):
        if level < len(chain) - 1:
            x = _resampled(make, f"stages_{place}", x, widths[level], chain[level])
            place += 1
        for _ in range(blocks):
            x = block(f"stages_{place}", x)
            place += 1
        if chain[level] == watched:
            x = attended(make, f"stages_{place}", x)
            place += 1
    images = make.convolution("image", widths[0], shape[2], 1, bias=False, weights=_he(widths[0]))(x)
    return keras.Model(given.inputs, images, name="generator")


def discriminator(make: Maker, blueprint: Blueprint, shape: tuple[int, ...], width: int, blocks: int) -> Any:
    """A model from images [N, H, W, C] to logits [N / packing].

    Args:
        make: makes its layers.
        blueprint: how it is built; labels enter as in :class:`steadygan.networks.r3gan.R3ganDiscriminator`.
        shape: (H, W, C), H = W.
        width: channels of the stages up to 32x32, before the blueprint's factor.
        blocks: residual blocks in each stage.
    """
    width = max(1, round(width * blueprint.discriminator_width))
    labelled = blueprint.discriminator_takes_labels
    mixed = (blueprint.discriminator_embedding or stage_widths(shape[0], width)[-1]) if labelled else 0
    blueprint = blueprint.changed(discriminator_embedding=0, projection=labelled)
    given = entrance("images", shape, labelled)
    x = images_with_labels(make, blueprint, given.given[0], given.labels)
    x = _trunk(make, blueprint, x, width, blocks)
    length = x.shape[-1]
    if mixed:
        x = make.dense("trunk_mix", length, mixed, bias=False, weights=_he(length))(x)
    head = Head(
        make,
        blueprint,
        bias=False,
        unconditional=not labelled,
        judging=_he(x.shape[-1] + blueprint.minibatch_kernels),
        embedding=normal((blueprint.classes * mixed) ** -0.5) if labelled else None,
    )
    return keras.Model(given.inputs, head(x, given.labels), name="discriminator")


def _trunk(make: Maker, blueprint: Blueprint, x: Any, width: int, blocks: int) -> Any:
    """Each map of the last stage weighted by a basis of its own, summed: [N, F]."""
    size = x.shape[1]
    chain, widths = sizes(size), stage_widths(size, width)
    watched = nearest_size(chain, blueprint.attention)
    x = make.convolution("trunk_image", x.shape[-1], widths[0], 1, bias=False, weights=_he(x.shape[-1]))(x)
    block = _Blocks(make, blocks * len(chain))
    place = 0
    for level in range(len(chain)):
        for _ in range(blocks):
            x = block(f"trunk_stages_{place}", x)
            place += 1
        if chain[level] == watched:
            x = attended(make, f"trunk_stages_{place}", x)
            place += 1
        if level == len(chain) - 2 and blueprint.minibatch_stddev:
            x = MinibatchStddev(blueprint.minibatch_stddev, name=f"trunk_stages_{place}")(x)
            place += 1
        if level < len(chain) - 1:
            x = _resampled(make, f"trunk_stages_{place}", x, widths[level + 1])
            place += 1
    weights = _he(chain[-1] ** 2)()
    basis = keras.layers.DepthwiseConv2D(
        chain[-1], use_bias=False, depthwise_initializer=weights, data_format="channels_last", name="trunk_basis"
    )
    return keras.layers.Flatten(name="trunk_lines")(basis(x))

"""From a blueprint to a pair of Keras models, as :mod:`steadygan.networks.build` makes PyTorch modules."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from steadygan.blueprint import Blueprint
from steadygan.errors import SteadyganError
from steadygan.keras.networks import dcgan, mlp, r3gan, resnet
from steadygan.keras.networks.encoder import encoder
from steadygan.keras.networks.making import Maker, maker_for
from steadygan.networks import check_shape, network_family
from steadygan.networks.build import BLOCKS
from steadygan.vocabulary import Player


class Networks(NamedTuple):
    """The models of the two players, and the encoder if the blueprint has one.

    Attributes:
        generator: latents [N, D], and labels int [N] if it takes any, to images [N, H, W, C] or vectors [N, F].
        discriminator: these, and labels if it takes any, to logits [N / packing].
        encoder: images to means and log variances of latents, [N, 2 D]; None where there is none.
    """

    generator: Any
    discriminator: Any
    encoder: Any = None


class _Family(NamedTuple):
    generator: Callable[[Maker, Blueprint, tuple[int, ...], int, int], Any]
    discriminator: Callable[[Maker, Blueprint, tuple[int, ...], int], Any]


def _families(blocks: int) -> dict[str, _Family]:
    return {
        "dcgan": _Family(dcgan.generator, dcgan.discriminator),
        "mlp": _Family(mlp.generator, mlp.discriminator),
        "resnet": _Family(resnet.generator, resnet.discriminator),
        "r3gan": _Family(partial(r3gan.generator, blocks=blocks), partial(r3gan.discriminator, blocks=blocks)),
    }


def build(
    name: str,
    blueprint: Blueprint,
    shape: tuple[int, ...],
    latent: int,
    width: int,
    blocks: int = BLOCKS,
    seed: int | None = None,
) -> Networks:
    """Build and initialise a generator, a discriminator, and an encoder if the blueprint asks for one.

    Args:
        name: one of :data:`steadygan.networks.NETWORKS`.
        blueprint: how they are built.
        shape: of one item of the data: (H, W, C) for images, (F,) for vectors.
        latent: length of a latent.
        width: channels next to the image, as in :func:`steadygan.networks.build`.
        blocks: residual blocks in each stage of ``r3gan``, at least 1; the others have no such number.
        seed: of the initial weights; None for Keras' global seed.

    Raises:
        SteadyganError: when the network is PyTorch's alone or does not fit the shape, or labels are wanted and there
            are no classes.
    """
    family, ignored = _checked(name, blueprint, shape, blocks)
    with _drawn_from(seed):
        return Networks(
            family.generator(maker_for(Player.GENERATOR, blueprint, ignored), blueprint, shape, latent, width),
            family.discriminator(maker_for(Player.DISCRIMINATOR, blueprint, ignored), blueprint, shape, width),
            # The weights of an encoder are never rescaled.
            encoder(Maker(std=blueprint.init_std), blueprint, shape, latent, width) if blueprint.encoder else None,
        )


def build_generator(
    name: str, blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int, blocks: int = BLOCKS
) -> Any:
    """Build the generator alone; see :func:`build`."""
    family, ignored = _checked(name, blueprint, shape, blocks)
    return family.generator(maker_for(Player.GENERATOR, blueprint, ignored), blueprint, shape, latent, width)


def _checked(name: str, blueprint: Blueprint, shape: tuple[int, ...], blocks: int) -> tuple[_Family, frozenset[str]]:
    """What builds a network, and which fields it ignores, unless it cannot be built."""
    ignored = network_family(name).ignored
    families = _families(blocks)
    if name not in families:
        raise SteadyganError(
            f"The network '{name}' is made of PyTorch modules and cannot be built in Keras; "
            f"choose one of {', '.join(families)}, or give generator= and discriminator= of your own"
        )
    check_shape(name, shape)
    labelled = blueprint.generator_takes_labels or blueprint.discriminator_takes_labels
    if blueprint.classes < 1 and (labelled or blueprint.class_answer != "none"):
        raise SteadyganError("The networks need classes and there are none; give classes= and labels of the images")
    return families[name], ignored


@contextmanager
def _drawn_from(seed: int | None) -> Iterator[None]:
    """Let Keras draw the seeds of initial weights from this one inside the block."""
    if seed is None:
        yield
        return
    # That is where Keras takes every seed from that it is not given.
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)

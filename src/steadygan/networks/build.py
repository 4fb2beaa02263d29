"""From a blueprint to a pair of networks."""

from typing import NamedTuple

from torch import nn

from steadygan.blueprint import Blueprint
from steadygan.errors import SteadyganError
from steadygan.layers.initialise import icnr_init, normal_init
from steadygan.layers.weights import equalised_lr, spectral_norm
from steadygan.networks.catalogue import check_shape, network_family
from steadygan.networks.encoder import Encoder
from steadygan.vocabulary import Player

BLOCKS = 2
"""Residual blocks in each stage of R3GAN's networks, as in its paper."""


class Companion(NamedTuple):
    """A network beside the two players' own.

    Attributes:
        network: any module.
        player: the player with whom it moves.
    """

    network: nn.Module
    player: Player = Player.GENERATOR


class Networks(NamedTuple):
    """The two players' networks, and the others that heuristics need.

    Attributes:
        generator: latents [N, D], and labels if it takes any, to images.
        discriminator: images, and labels if it takes any, to logits.
        companions: by name; ``encoder`` goes from images to means and log variances of latents.
    """

    generator: nn.Module
    discriminator: nn.Module
    companions: dict[str, Companion] = {}  # noqa: RUF012  # nobody writes into it


def build(
    name: str, blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int, blocks: int = BLOCKS
) -> Networks:
    """Build and initialise a generator, a discriminator, and the other networks that the blueprint asks for.

    Args:
        name: one of :func:`steadygan.networks.network_names`, or ``package.module:attribute``.
        blueprint: how they are built.
        shape: of one item of the data: (H, W, C) for images, (F,) for vectors.
        latent: length of a latent.
        width: channels next to the image; what ``resnet``, ``r3gan`` and ``mlp`` make of it their classes say.
        blocks: residual blocks in each stage of ``r3gan``, at least 1; the others have no such number.

    Raises:
        SteadyganError: when the network does not fit the shape, or labels are wanted and there are no classes.
    """
    family = network_family(name)
    check_shape(name, shape)
    _check_classes(blueprint)
    generator, discriminator = family.make(blueprint, shape, latent, width, blocks)
    companions: dict[str, Companion] = {}
    if blueprint.encoder:
        companions["encoder"] = Companion(Encoder(blueprint, shape, latent, width))
    if blueprint.init_std is not None:
        chosen = [] if "init_std" in family.ignored else [generator, discriminator]
        for network in (*chosen, *(companion.network for companion in companions.values())):
            normal_init(network, blueprint.init_std)
    if blueprint.icnr_init and "icnr_init" not in family.ignored:
        icnr_init(generator)
    # Last, because weights that are rescaled wherever they are used can no longer be drawn.
    _rescale(blueprint, family.ignored, generator, discriminator)
    return Networks(generator, discriminator, companions)


def _rescale(blueprint: Blueprint, ignored: frozenset[str], generator: nn.Module, discriminator: nn.Module) -> None:
    if blueprint.equalised and "equalised" not in ignored:
        equalised_lr(generator)
        equalised_lr(discriminator)
    if blueprint.generator_spectral and "generator_spectral" not in ignored:
        spectral_norm(generator, blueprint.generator_spectral)
    if blueprint.discriminator_spectral and "discriminator_spectral" not in ignored:
        spectral_norm(discriminator, blueprint.discriminator_spectral)


def _check_classes(blueprint: Blueprint) -> None:
    labelled = blueprint.generator_takes_labels or blueprint.discriminator_takes_labels
    if blueprint.classes < 1 and (labelled or blueprint.class_answer != "none"):
        raise SteadyganError("The networks need classes and the data have no labels; give data with --labels")

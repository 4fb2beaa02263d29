"""From a blueprint to a pair of networks."""

from collections.abc import Callable
from typing import NamedTuple

from torch import nn

from steadygan.blueprint import Blueprint
from steadygan.errors import SteadyganError
from steadygan.layers.weights import equalise_, spectral_norm_
from steadygan.networks import dcgan, mlp, r3gan, resnet
from steadygan.networks.encoder import Encoder
from steadygan.networks.initialise import icnr_init, normal_init
from steadygan.networks.sizes import LARGEST, SMALLEST

BLOCKS = 2
"""Residual blocks in each stage of R3GAN's networks, as in its paper."""

Pair = tuple[nn.Module, nn.Module]


class Networks(NamedTuple):
    """The two players' networks, and others beside them.

    Attributes:
        generator: latents [N, D], and labels if it takes any, to images.
        discriminator: images, and labels if it takes any, to logits.
        companions: by name; ``encoder`` goes from images to means and log variances of latents.
    """

    generator: nn.Module
    discriminator: nn.Module
    companions: dict[str, nn.Module] = {}  # noqa: RUF012  # nobody writes into it


class _Kind(NamedTuple):
    make: Callable[[Blueprint, tuple[int, ...], int, int, int], Pair]
    ignored: frozenset[str]
    vectors: bool = False


def _dcgan(blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int, blocks: int) -> Pair:
    image = _image(shape)
    return dcgan.DcganGenerator(blueprint, image, latent, width), dcgan.DcganDiscriminator(blueprint, image, width)


def _resnet(blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int, blocks: int) -> Pair:
    image = _image(shape)
    return resnet.ResnetGenerator(blueprint, image, latent, width), resnet.ResnetDiscriminator(blueprint, image, width)


def _r3gan(blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int, blocks: int) -> Pair:
    image = _image(shape)
    generator = r3gan.R3ganGenerator(blueprint, image, latent, width, blocks)
    return generator, r3gan.R3ganDiscriminator(blueprint, image, width, blocks)


def _mlp(blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int, blocks: int) -> Pair:
    return mlp.MlpGenerator(blueprint, shape[0], latent, width), mlp.MlpDiscriminator(blueprint, shape[0], width)


_KINDS = {
    "dcgan": _Kind(_dcgan, dcgan.IGNORED),
    "mlp": _Kind(_mlp, mlp.IGNORED, vectors=True),
    "resnet": _Kind(_resnet, resnet.IGNORED),
    "r3gan": _Kind(_r3gan, r3gan.IGNORED),
}
NETWORKS = tuple(_KINDS)
"""Names of the networks."""


def ignored_fields(name: str) -> frozenset[str]:
    """The blueprint's fields that change nothing in a network.

    Args:
        name: one of :data:`NETWORKS`.
    """
    return _KINDS[name].ignored


def check_shape(name: str, shape: tuple[int, ...]) -> None:
    """Refuse data that a network is not made for.

    Args:
        name: one of :data:`NETWORKS`.
        shape: of one item of the data: (H, W, C) for images, (F,) for vectors.

    Raises:
        SteadyganError: when the network does not fit the shape.
    """
    kind = _KINDS[name]
    if kind.vectors and len(shape) != 1:
        raise SteadyganError(f"The network '{name}' makes vectors and the data are images; use --set network=dcgan")
    if kind.vectors:
        return
    if len(shape) != 3:
        raise SteadyganError(
            f"The network '{name}' makes images and the data are vectors of {shape[0]} numbers; use mlp"
        )
    height, breadth, channels = shape
    if height != breadth or not SMALLEST <= height <= LARGEST or channels not in (1, 3):
        raise SteadyganError(
            f"The network '{name}' makes square images of {SMALLEST} to {LARGEST} pixels with 1 or 3 channels, "
            f"and the data are {height}x{breadth}x{channels}; choose another --resolution"
        )


def build(
    name: str, blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int, blocks: int = BLOCKS
) -> Networks:
    """Build and initialise a generator and a discriminator, and what the blueprint wants beside them.

    Args:
        name: one of :data:`NETWORKS`.
        blueprint: how they are built.
        shape: of one item of the data: (H, W, C) for images, (F,) for vectors.
        latent: length of a latent.
        width: channels next to the image; what ``resnet``, ``r3gan`` and ``mlp`` make of it their classes say.
        blocks: residual blocks in each stage of ``r3gan``, at least 1; the others have no such number.

    Raises:
        SteadyganError: when the network does not fit the shape, or labels are wanted and there are no classes.
    """
    check_shape(name, shape)
    kind = _KINDS[name]
    _check_classes(blueprint)
    generator, discriminator = kind.make(blueprint, shape, latent, width, blocks)
    companions: dict[str, nn.Module] = {}
    if blueprint.encoder:
        companions["encoder"] = Encoder(blueprint, shape, latent, width)
    if blueprint.init_std is not None:
        chosen = [] if "init_std" in kind.ignored else [generator, discriminator]
        for network in (*chosen, *companions.values()):
            normal_init(network, blueprint.init_std)
    if blueprint.even_init and "even_init" not in kind.ignored:
        icnr_init(generator)
    # Last, because weights that are rescaled wherever they are used can no longer be drawn.
    _rescale(blueprint, kind.ignored, generator, discriminator)
    return Networks(generator, discriminator, companions)


def _rescale(blueprint: Blueprint, ignored: frozenset[str], generator: nn.Module, discriminator: nn.Module) -> None:
    if blueprint.equalised and "equalised" not in ignored:
        equalise_(generator)
        equalise_(discriminator)
    if blueprint.generator_spectral and "generator_spectral" not in ignored:
        spectral_norm_(generator, blueprint.generator_spectral)
    if blueprint.discriminator_spectral and "discriminator_spectral" not in ignored:
        spectral_norm_(discriminator, blueprint.discriminator_spectral)


def _image(shape: tuple[int, ...]) -> tuple[int, int, int]:
    height, breadth, channels = shape
    return height, breadth, channels


def _check_classes(blueprint: Blueprint) -> None:
    labelled = blueprint.generator_takes_labels or blueprint.discriminator_takes_labels
    if blueprint.classes < 1 and (labelled or blueprint.class_answer != "none"):
        raise SteadyganError("The networks are to know classes and the data have no labels; give data with --labels")

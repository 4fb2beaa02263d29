"""From a blueprint to a pair of networks."""

from typing import NamedTuple

from torch import nn

from steadygan.errors import SteadyganError
from steadygan.heuristics.blueprint import Blueprint
from steadygan.networks.dcgan import LARGEST, SMALLEST, DcganDiscriminator, DcganGenerator
from steadygan.networks.initialise import normal_init
from steadygan.networks.mlp import MlpDiscriminator, MlpGenerator

NETWORKS = ("dcgan", "mlp")


class Networks(NamedTuple):
    """The two players' networks."""

    generator: nn.Module
    discriminator: nn.Module


def build(name: str, blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int) -> Networks:
    """Build and initialise a generator and a discriminator.

    Args:
        name: one of :data:`NETWORKS`.
        blueprint: how they are built.
        shape: of one item of the data: (H, W, C) for images, (F,) for vectors.
        latent: length of a latent.
        width: channels next to the image.

    Raises:
        SteadyganError: when the network does not fit the shape.
    """
    networks = (
        _build_mlp(blueprint, shape, latent, width) if name == "mlp" else _build_dcgan(blueprint, shape, latent, width)
    )
    if blueprint.init_std is not None:
        normal_init(networks.generator, blueprint.init_std)
        normal_init(networks.discriminator, blueprint.init_std)
    return networks


def _build_dcgan(blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int) -> Networks:
    if len(shape) != 3:
        raise SteadyganError(
            f"The network 'dcgan' makes images and the data are vectors of {shape[0]} numbers; use mlp"
        )
    height, breadth, channels = shape
    if height != breadth or not SMALLEST <= height <= LARGEST or channels not in (1, 3):
        raise SteadyganError(
            f"The network 'dcgan' makes square images of {SMALLEST} to {LARGEST} pixels with 1 or 3 channels, "
            f"and the data are {height}x{breadth}x{channels}; choose another --resolution"
        )
    return Networks(
        DcganGenerator(blueprint, (height, breadth, channels), latent, width),
        DcganDiscriminator(blueprint, (height, breadth, channels), width),
    )


def _build_mlp(blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int) -> Networks:
    if len(shape) != 1:
        raise SteadyganError("The network 'mlp' makes vectors and the data are images; use --set network=dcgan")
    return Networks(MlpGenerator(blueprint, shape[0], latent, width), MlpDiscriminator(blueprint, shape[0], width))

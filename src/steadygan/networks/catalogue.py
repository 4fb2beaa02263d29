"""The kinds of network by name: those of the package, and those from outside."""

from steadygan.amounts import things
from steadygan.blueprint import Blueprint
from steadygan.errors import SteadyganError, nearest
from steadygan.networks import dcgan, mlp, r3gan, resnet
from steadygan.networks.family import NetworkFamily, Pair
from steadygan.networks.sizes import LARGEST, SMALLEST
from steadygan.plugins import entry_point_names, resolve

GROUP = "steadygan.networks"
"""The entry point group in which other packages declare a :class:`NetworkFamily`."""


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


_BUILT_IN = {
    "dcgan": NetworkFamily(_dcgan, dcgan.IGNORED),
    "mlp": NetworkFamily(_mlp, mlp.IGNORED, vectors=True),
    "resnet": NetworkFamily(_resnet, resnet.IGNORED),
    "r3gan": NetworkFamily(_r3gan, r3gan.IGNORED),
}
NETWORKS = tuple(_BUILT_IN)
"""Names of the networks that come with the package."""


def network_names() -> tuple[str, ...]:
    """Names of all networks: the package's, then those that installed packages declare."""
    return (*NETWORKS, *(name for name in entry_point_names(GROUP) if name not in NETWORKS))


def network_family(name: str) -> NetworkFamily:
    """A kind of network.

    Args:
        name: one of :func:`network_names`, or ``package.module:attribute``.

    Raises:
        SteadyganError: when there is none of that name, with the nearest one; or when it is no family of networks.
    """
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    found = resolve(name, GROUP)
    if found is None:
        raise SteadyganError(f"There is no network '{name}'; {nearest(name, network_names())}")
    if not isinstance(found, NetworkFamily):
        raise SteadyganError(f"'{name}' is no network; name a steadygan.networks.NetworkFamily")
    return found


def ignored_fields(name: str) -> frozenset[str]:
    """The blueprint's fields that change nothing in a network.

    Args:
        name: as in :func:`network_family`.
    """
    return network_family(name).ignored


def check_shape(name: str, shape: tuple[int, ...]) -> None:
    """Refuse data that a network is not made for.

    Args:
        name: as in :func:`network_family`.
        shape: of one item of the data: (H, W, C) for images, (F,) for vectors.

    Raises:
        SteadyganError: when the network does not fit the shape.
    """
    vectors = network_family(name).vectors
    if vectors and len(shape) != 1:
        raise SteadyganError(f"The network '{name}' makes vectors and the data are images; use --set network=dcgan")
    if vectors:
        return
    if len(shape) != 3:
        raise SteadyganError(
            f"The network '{name}' makes images and the data are vectors of {things(shape[0], 'number')}; use mlp"
        )
    height, breadth, channels = shape
    if height != breadth or not SMALLEST <= height <= LARGEST or channels not in (1, 3):
        raise SteadyganError(
            f"The network '{name}' makes square images of {SMALLEST} to {LARGEST} pixels with 1 or 3 channels, "
            f"and the data are {height}x{breadth}x{channels}; choose another --resolution"
        )


def _image(shape: tuple[int, ...]) -> tuple[int, int, int]:
    height, breadth, channels = shape
    return height, breadth, channels

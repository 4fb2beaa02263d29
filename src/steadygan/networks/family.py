"""What the package must know of a kind of network to build a pair of it."""

from collections.abc import Callable
from typing import NamedTuple

from torch import nn

from steadygan.blueprint import Blueprint

Pair = tuple[nn.Module, nn.Module]
Make = Callable[[Blueprint, tuple[int, ...], int, int, int], Pair]
"""From a blueprint, the shape of one item, the length of a latent, a width and a number of blocks to a generator and a
discriminator.
"""


class NetworkFamily(NamedTuple):
    """A kind of network, of the package or of anyone.

    Attributes:
        make: builds the pair. The shape is (H, W, C) for images, (F,) for vectors. The generator maps latents [N, D] to
            images [N, C, H, W] in the blueprint's range, the discriminator these to logits [N].
        ignored: fields of the blueprint that change nothing in it; heuristics that set only these are named as idle.
        vectors: whether it is made for vectors instead of images.
    """

    make: Make
    ignored: frozenset[str] = frozenset()
    vectors: bool = False

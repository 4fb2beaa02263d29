"""Which real images the encoder learns from and measures refer to, and which are held out from both."""

from steadygan.arrays import Indices
from steadygan.data.labels import split_held_out

SHARE, MOST = 0.2, 10_000
"""Part of the images that is held out, and its upper limit."""


def split_indices(count: int, seed: int = 0) -> tuple[Indices, Indices]:
    """Divides real images into those to refer to and those held out, at random but always alike.

    A fifth of the images, at most 10,000, is held out; of a single image nothing is.

    Args:
        count: N, how many images there are, at least 1.
        seed: any whole number from 0 on.

    Returns:
        The indices of the images to refer to, on which encoders are trained, and those of the images held out: int64,
        ascending, together 0..N - 1, each once.
    """
    return split_held_out(count, None, SHARE, MOST, seed)

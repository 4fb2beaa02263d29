"""The sizes of images and maps that every image network shares."""

import math
from collections.abc import Sequence

SMALLEST, LARGEST = 8, 256
"""Height and width of images that the image networks make."""
BASE = 4
"""Maps are halved until they are this small."""


def sizes(resolution: int) -> tuple[int, ...]:
    """The sizes of the maps, from the image to the smallest: each is half of the one before, rounded up.

    Args:
        resolution: height and width of the images.

    Returns:
        For example (28, 14, 7, 4) or (64, 32, 16, 8, 4).
    """
    chain = [resolution]
    while chain[-1] > BASE:
        chain.append((chain[-1] + 1) // 2)
    return tuple(chain)


def nearest_size(available: Sequence[int], wanted: int) -> int:
    """Which of the sizes that a network has comes closest, as a ratio, to the one asked for.

    Args:
        available: sizes of its hidden maps, each above 0.
        wanted: the size asked for; 0 for none.

    Returns:
        One of them, the larger of two that are equally far; 0 if none was asked for.
    """
    if not wanted:
        return 0
    return min(sorted(available, reverse=True), key=lambda size: abs(math.log(size / wanted)))

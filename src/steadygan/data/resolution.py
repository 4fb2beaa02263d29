"""Chooses a resolution when the user gives none."""

from collections.abc import Sequence

import numpy as np

from steadygan.arrays import Array
from steadygan.settings import SMALLEST_RESOLUTION, DataSettings

DEFAULT_SETTINGS = DataSettings()


def choose_resolution(sizes: Sequence[tuple[int, int]] | Array, largest_kept_size: int) -> int:
    """Chooses a resolution for images of these sizes.

    Args:
        sizes: (width, height) of every usable image, at least one; int64 [N, 2] or a list.
        largest_kept_size: if all images are square and of one size, that size is kept, unless it is larger than this.

    Returns:
        A whole number from 8 to 256; see ``DataSettings.resolution`` for the rule.
    """
    found = np.asarray(sizes, dtype=np.int64)
    if (found == found[0]).all():
        width, height = (int(length) for length in found[0])
        if width == height and SMALLEST_RESOLUTION <= width <= largest_kept_size:
            return width
    sides = np.sort(found.min(axis=1))[::-1]
    reached_by_most = int(sides[-(-len(sides) * 9 // 10) - 1])
    return min(64, max(SMALLEST_RESOLUTION, reached_by_most // 8 * 8))

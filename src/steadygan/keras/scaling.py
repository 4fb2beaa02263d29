"""Pixels to the numbers that networks see, and back."""

from typing import Any

import numpy as np
from keras import ops

_GREATEST_PIXEL = 255
_FAR_OUTSIDE = 2.0
"""A generator without tanh may leave [-1, 1]; beyond this its images are of another range."""


def scaled(images: Any) -> Any:
    """Scale pixels to [-1, 1], where the tanh of a generator ends.

    Args:
        images: whole numbers, or floats, in 0..255; a NumPy array or a Keras tensor of any shape.

    Returns:
        float32 of the same shape and kind: x / 127.5 - 1.

    Raises:
        ValueError: when an array is obviously of another range; tensors may have no values yet, and are trusted.

    Source: Radford et al. 2015, section 4; ganhacks, item 1.
    """
    if not ops.is_tensor(images):
        pixels = np.asarray(images)
        _check_pixels(pixels)
        return (pixels.astype(np.float32) / np.float32(127.5)) - np.float32(1)
    return ops.cast(images, "float32") / 127.5 - 1.0


def unscaled(images: Any) -> Any:
    """Undo :func:`scaled`, rounding to the nearest of 256 levels.

    Args:
        images: float in [-1, 1]; values a little outside are clipped.

    Returns:
        uint8 of the same shape and kind.

    Raises:
        ValueError: when an array is obviously of another range; tensors may have no values yet, and are trusted.
    """
    if not ops.is_tensor(images):
        numbers = np.asarray(images)
        _check_scaled(numbers)
        levels = np.rint((numbers.astype(np.float32) + np.float32(1)) * np.float32(127.5))
        return np.clip(levels, 0, _GREATEST_PIXEL).astype(np.uint8)
    levels = ops.round((ops.cast(images, "float32") + 1.0) * 127.5)
    return ops.cast(ops.clip(levels, 0, _GREATEST_PIXEL), "uint8")


def _check_pixels(pixels: Any) -> None:
    if pixels.dtype == np.uint8 or pixels.size == 0:
        return
    least, greatest = float(pixels.min()), float(pixels.max())
    came = f"The images are {pixels.dtype} from {least:g} to {greatest:g}"
    if not (least >= 0 and greatest <= _GREATEST_PIXEL):
        raise ValueError(f"{came}; scaled takes 0..255, and images that lie in [-1, 1] already are left as they are")
    if pixels.dtype.kind in "fb" and 0 < greatest <= 1:
        raise ValueError(f"{came}; scaled takes 0..255, so multiply images in 0..1 by 2 and subtract 1 instead")


def _check_scaled(numbers: Any) -> None:
    if numbers.size == 0:
        return
    least, greatest = float(numbers.min()), float(numbers.max())
    if numbers.dtype.kind != "f" or not (least >= -_FAR_OUTSIDE and greatest <= _FAR_OUTSIDE):
        raise ValueError(
            f"The images are {numbers.dtype} from {least:g} to {greatest:g}; unscaled takes floats in [-1, 1]"
        )
